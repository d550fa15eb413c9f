// Messages as elements: text with its entities, pictures, albums, files, buttons. Knows no network but addresses.

import { fileUrl, own } from "./net.js";
import { bytes, clock, moment, say } from "./words.js";

export const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
};

const link = (href) => ({ href, target: "_blank", rel: "noopener noreferrer" });

const SHAPES = {
  bold: () => el("strong"),
  italic: () => el("em"),
  underline: () => el("u"),
  strikethrough: () => el("s"),
  code: () => el("code"),
  pre: (entity) => el("pre", { "data-language": entity.language }),
  blockquote: () => el("blockquote"),
  expandable_blockquote: () =>
    el("blockquote", { class: "folded", tabindex: 0, onclick: (event) => event.currentTarget.classList.remove("folded") }),
  spoiler: () => {
    const show = (event) => event.currentTarget.classList.add("shown");
    return el("span", { class: "spoiler", tabindex: 0, role: "button", onclick: show, onkeydown: show });
  },
  text_link: (entity) => el("a", link(entity.url)),
  url: (entity, text) => el("a", link(text)),
  mention: () => el("span", { class: "mention" }),
  hashtag: () => el("span", { class: "mention" }),
  bot_command: (entity, text) => el("button", { type: "button", class: "command", "data-command": text }),
};

/** Telegram counts in UTF-16 units, as JavaScript does; entities nest or follow one another. */
export const rich = (text, entities = []) => {
  const build = (from, to, list) => {
    const out = [];
    let at = from;
    while (list.length) {
      const [entity, ...rest] = list;
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      if (start > at) out.push(text.slice(at, start));
      const inside = rest.filter((other) => other.offset < end);
      const shape = SHAPES[entity.type];
      const children = build(start, end, inside);
      if (shape) {
        const node = shape(entity, text.slice(start, end));
        node.append(...children);
        out.push(node);
      } else out.push(...children);
      list = rest.filter((other) => other.offset >= end);
      at = end;
    }
    if (at < to) out.push(text.slice(at, to));
    return out;
  };
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(0, text.length, sorted);
};

const largest = (message) => message.photo.at(-1);

/** What stands for a message where there is room for a line only. */
export const summary = (message) =>
  message.text ??
  message.caption ??
  (message.photo && say("photo")) ??
  (message.document && message.document.file_name) ??
  (message.sticker && `${message.sticker.emoji ?? ""} ${say("sticker")}`) ??
  (message.voice && say("voice")) ??
  (message.invoice && message.invoice.title) ??
  say("message");

export const sender = (message) => (own(message) ? say("you") : message.from.first_name);

const quoted = (reply, jump) => {
  const thumb = reply.photo && el("img", { src: fileUrl(reply.photo[0].file_id), alt: "" });
  return el(
    "button",
    { type: "button", class: "quoted", "data-jump": reply.message_id, "aria-label": say("replying_to", { name: summary(reply) }) },
    thumb || null,
    el("span", {}, el("b", {}, sender(reply)), el("span", {}, summary(reply))),
  );
};

const picture = (message, number, count) => {
  const size = largest(message);
  const what = count > 1 ? say("picture_of", { n: number, count }) : say("picture");
  const caption = message.caption ? `${what}: ${message.caption}` : what;
  const shown = count > 1 ? (message.photo.find((each) => Math.max(each.width, each.height) >= 320) ?? size) : size;
  const image = el("img", { src: fileUrl(shown.file_id), alt: caption, width: size.width, height: size.height, draggable: "false" });
  image.style.setProperty("--ratio", size.width / size.height);
  const classes = message.has_media_spoiler ? "picture veiled" : "picture";
  return el("button", { type: "button", class: classes, "data-picture": message.message_id, "aria-label": `${caption}. ${say("open_picture")}` }, image);
};

const file = (document) =>
  el(
    "a",
    { class: "file", href: fileUrl(document.file_id, true), download: document.file_name, "aria-label": `${say("download")}: ${document.file_name}` },
    el("i", { "aria-hidden": "true" }, (document.file_name.split(".").at(-1) ?? "").slice(0, 4)),
    el("span", {}, el("b", {}, document.file_name), el("span", {}, bytes(document.file_size ?? 0))),
  );

// As in Telegram's apps: a bot changes its messages all the time, and nobody needs to be told.
const changed = (message) => message.edit_date && !message.from.is_bot;

const stamped = (message) => `${changed(message) ? `${say("edited")} ` : ""}${clock(message.date)}`;

const stamp = (message) => el("time", { class: "stamp", datetime: new Date(message.date * 1000).toISOString(), title: moment(message.date) }, stamped(message));


const buttons = (message) => {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  const one = (button, row, column) => {
    const marks = { class: `key ${button.style ?? ""}`, type: "button", "data-key": `${message.message_id}:${row}:${column}` };
    const sign = button.url ? " ↗" : button.copy_text ? " ⧉" : "";
    return el("button", marks, el("span", {}, button.text + sign));
  };
  return el(
    "div",
    { class: "keys", role: "group" },
    ...rows.map((row, r) => el("div", { class: "keyrow" }, ...row.map((button, c) => one(button, r, c)))),
  );
};

const reactions = (message) => {
  if (!message.reactions?.length) return null;
  const counted = new Map();
  for (const { emoji } of message.reactions) counted.set(emoji, (counted.get(emoji) ?? 0) + 1);
  return el(
    "div",
    { class: "reactions" },
    ...[...counted].map(([emoji, count]) => el("button", { type: "button", class: "reaction", "data-emoji": emoji, "data-of": message.message_id }, count > 1 ? `${emoji} ${count}` : emoji)),
  );
};

const invoice = (message) =>
  el(
    "div",
    { class: "invoice" },
    el("b", {}, message.invoice.title),
    el("p", {}, message.invoice.description),
    message.reply_markup ? null : el("button", { type: "button", class: "key", "data-pay": message.message_id }, say("pay", { amount: message.invoice.total_amount })),
  );

/** The element of one message, or of the messages of one album. */
export const bubble = (messages) => {
  const [first] = messages;
  const mine = own(first);
  const captioned = messages.find((message) => message.caption);
  const text = first.text ?? captioned?.caption;
  const entities = first.text ? first.entities : captioned?.caption_entities;
  const pictures = messages.filter((message) => message.photo);
  const body = el("div", { class: "body" });
  const head = [];
  const shared = first.chat.type !== "private" && !mine;
  if (shared) body.append(el("p", { class: `name hue${first.from.is_bot ? 0 : 1 + (first.from.id % 5)}`, "aria-hidden": "true" }, first.from.first_name));
  if (first.forward_origin) {
    const origin = first.forward_origin;
    const name = origin.chat?.title ?? origin.sender_user?.first_name ?? "";
    head.push(el("p", { class: "from" }, say("forwarded", { name })));
  }
  if (first.via_bot) head.push(el("p", { class: "from" }, say("via", { name: first.via_bot.username })));
  if (first.reply_to_message) head.push(quoted(first.reply_to_message));
  body.append(...head);
  if (pictures.length) {
    const grid = el("div", { class: `album n${Math.min(pictures.length, 10)}` });
    grid.append(...pictures.map((message, index) => picture(message, index + 1, pictures.length)));
    body.append(grid);
  }
  for (const message of messages) if (message.document) body.append(file(message.document));
  if (first.sticker) body.append(el("div", { class: "sticker", role: "img", "aria-label": say("sticker") }, first.sticker.emoji ?? "▢"));
  if (first.voice) body.append(el("div", { class: "file" }, el("i", {}, "♪"), el("span", {}, el("b", {}, say("voice")), el("span", {}, `0:${String(first.voice.duration).padStart(2, "0")}`))));
  if (first.invoice) body.append(invoice(first));
  if (first.successful_payment) body.append(el("p", { class: "text" }, say("paid", { amount: first.successful_payment.total_amount })));
  if (first.refunded_payment) body.append(el("p", { class: "text" }, say("refunded", { amount: first.refunded_payment.total_amount })));
  if (text) body.append(el("div", { class: "text" }, ...rich(text, entities), el("span", { class: "room", "aria-hidden": "true", "data-as": stamped(messages.at(-1)) })));
  body.append(stamp(messages.at(-1)));
  const bare = !text && !head.length && !shared && (pictures.length > 0 || first.sticker);
  const kind = [
    "item",
    mine ? "out" : "in",
    pictures.length ? "pictured" : "",
    pictures.length > 1 ? "grouped" : "",
    bare ? "bare" : "",
    first.text && [...first.text].length <= 2 && /^\p{Extended_Pictographic}\ufe0f?$/u.test(first.text) ? "big" : "",
  ];
  const who = el("span", { class: "spoken" }, `${sender(first)}:`);
  const more = el("button", { type: "button", class: "round more", "aria-label": say("actions"), title: say("actions"), "data-actions": first.message_id, "aria-haspopup": "menu" });
  more.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6"/></svg>';
  const box = el("div", { class: "bubble" }, who, body, buttons(first), ...messages.map(reactions));
  return el("li", { class: kind.filter(Boolean).join(" "), "data-id": first.message_id, tabindex: -1 }, box, more);
};
