// `?user=1,2`: people side by side, each a page of her own.

import { chat, user } from "./net.js";

const MOST = 3;

for (const each of user.split(",").filter((part) => /^\d+$/.test(part)).slice(0, MOST)) {
  const frame = document.createElement("iframe");
  frame.src = `/?user=${each}${chat && "&chat=group"}`;
  frame.title = each;
  document.body.append(frame);
}
