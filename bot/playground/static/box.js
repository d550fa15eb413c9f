// The picture at full size: arrow keys and buttons go through all pictures of the chat.

import { fileUrl } from "./net.js";

export const lightbox = (pictures) => {
  const box = document.getElementById("box");
  const image = box.querySelector("img");
  const caption = box.querySelector("figcaption");
  const [save, back, on] = [".save", ".back", ".on"].map((name) => box.querySelector(name));
  let at = 0;

  const show = (index) => {
    const list = pictures();
    if (!list.length) return box.close();
    at = Math.max(0, Math.min(index, list.length - 1));
    const message = list[at];
    const file = message.photo.at(-1).file_id;
    image.src = fileUrl(file);
    const album = list.filter((each) => each === message || (message.media_group_id && each.media_group_id === message.media_group_id));
    const said = album.find((each) => each.caption)?.caption ?? "";
    image.alt = said;
    caption.textContent = said;
    save.href = fileUrl(file, true);
    save.setAttribute("download", "lekalo.jpg");
    back.disabled = at === 0;
    on.disabled = at === list.length - 1;
  };

  back.addEventListener("click", () => show(at - 1));
  on.addEventListener("click", () => show(at + 1));
  box.querySelector(".close").addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target.tagName === "FIGURE") box.close();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  });

  return (id) => {
    show(pictures().findIndex((message) => message.message_id === id));
    box.showModal();
  };
};
