// What the user writes and attaches: the text field, the reply, the command menu, offers, photos on their way.

import { act, fileUrl, Trouble, upload } from "./net.js";
import { el, sender, summary } from "./render.js";
import { say } from "./words.js";

const $ = (id) => document.getElementById(id);
const PHOTO_SIDE = 1280; // to which Telegram's own apps reduce a photo before they send it
const PHOTO_QUALITY = 0.87;

const REASONS = [
  [/too long/, "error_too_long"],
  [/IMAGE_PROCESS_FAILED/, "error_picture"],
  [/PHOTO_INVALID_DIMENSIONS/, "error_shape"],
  [/too big|Too Large/, "error_size"],
];

export const toast = (text, kind = "") => {
  const node = el("div", { class: `toast ${kind}` }, text);
  $("toasts").append(node);
  setTimeout(() => node.classList.add("gone"), 3600 + text.length * 40);
  setTimeout(() => node.remove(), 4000 + text.length * 40);
};

export const complain = (error) => {
  if (!(error instanceof Trouble)) throw error;
  if (error.status === 0) return toast(say("error_network"), "bad");
  const known = REASONS.find(([pattern]) => pattern.test(error.message));
  toast(known ? say(known[1]) : say("error_other", { reason: error.message }), "bad");
};

/** Ask yes or no; a promise of the answer. yes: the word on the button. */
export const ask = (text, yes) =>
  new Promise((resolve) => {
    const dialog = $("ask");
    dialog.querySelector("p").textContent = text;
    dialog.querySelector(".plain").hidden = !yes;
    dialog.querySelector(".main").textContent = yes ?? say("close");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.returnValue = "";
    dialog.showModal();
  });

export const composer = (app) => {
  const text = $("text");
  let reply = null;
  let editing = null;
  let chosen = -1;
  let listed = ""; // which commands are asked for: "all", those that begin as "typed", or none
  let asking = 0;
  let offered = null; // what the bot offered last

  const grow = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 180)}px`;
    $("composer").classList.toggle("empty", !text.value.trim());
  };

  const quote = () => {
    const about = editing ?? reply;
    $("quote").hidden = !about;
    if (!about) return;
    $("quote").querySelector("b").textContent = editing ? say("editing") : say("replying_to", { name: sender(reply) });
    $("quote").querySelector("div span").textContent = summary(about);
  };

  const clear = () => {
    reply = editing = null;
    quote();
  };

  const replyTo = (message) => {
    if (editing) text.value = "";
    editing = null;
    reply = message;
    quote();
    text.focus();
  };

  const edit = (message) => {
    reply = null;
    editing = message;
    text.value = message.text ?? message.caption ?? "";
    grow();
    quote();
    text.focus();
  };

  const send = async (value = text.value) => {
    if (!value.trim()) return;
    const [about, old] = [reply, editing];
    const typed = text.value === value;
    if (typed) {
      text.value = "";
      grow();
    }
    clear();
    suggest();
    inline();
    try {
      if (old) await act("edit", { message_id: old.message_id, text: value });
      else await act("write", { text: value, reply_to: about?.message_id });
      app.sent();
    } catch (error) {
      if (typed && !text.value) {
        text.value = value; // nothing that was written is lost
        [reply, editing] = [about, old];
        quote();
        grow();
      }
      complain(error);
    }
  };

  // The command menu

  const suggest = (all = false) => {
    const typed = /^\/(\w*)$/.exec(text.value);
    const list = $("commands");
    listed = all ? "all" : typed ? "typed" : "";
    const fitting = all ? app.commands() : typed ? app.commands().filter((each) => each.command.startsWith(typed[1].toLowerCase())) : [];
    chosen = fitting.length && !all ? 0 : -1;
    list.replaceChildren(
      ...fitting.map((each, index) =>
        el("li", { role: "option", id: `command-${index}`, "data-command": `/${each.command}`, "aria-selected": String(index === chosen) }, el("b", {}, `/${each.command}`), el("span", {}, each.description)),
      ),
    );
    list.hidden = !fitting.length;
    text.setAttribute("aria-expanded", String(!list.hidden));
    point();
  };

  const point = () => {
    const rows = [...$("commands").children];
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === chosen)));
    rows[chosen]?.scrollIntoView({ block: "nearest" });
    if (rows[chosen]) text.setAttribute("aria-activedescendant", rows[chosen].id);
    else text.removeAttribute("aria-activedescendant");
  };

  const close = () => {
    listed = "";
    $("commands").hidden = true;
    text.setAttribute("aria-expanded", "false");
    text.removeAttribute("aria-activedescendant");
  };

  const command = (value) => {
    text.value = value;
    send();
    text.focus();
  };

  $("commands").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row) command(row.dataset.command);
  });
  $("slash").addEventListener("click", () => {
    const open = $("commands").hidden;
    if (open && !app.commands().length) return toast(say("no_commands"));
    if (open) suggest(true);
    else close();
    text.focus();
  });

  // @bot and a query: the bot's own pictures to choose from

  const inline = async () => {
    const start = `@${app.bot()?.username} `;
    const mine = ++asking;
    if (!app.bot() || !text.value.toLowerCase().startsWith(start.toLowerCase())) {
      $("offers").hidden = true;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 350));
    if (mine !== asking) return;
    $("offers").hidden = false;
    $("offers").replaceChildren(el("p", {}, say("inline_wait")));
    try {
      const { query } = await act("inline", { text: text.value.slice(start.length) });
      $("offers").dataset.query = query;
      if (offered?.query === query) offer(offered); // it was quicker
    } catch (error) {
      complain(error);
    }
  };

  const offer = (told) => {
    const { query, results } = told;
    offered = told;
    if (query !== $("offers").dataset.query) return;
    const choose = async (result) => {
      $("offers").hidden = true;
      text.value = "";
      grow();
      await act("choose", { query, result: result.id }).catch(complain);
    };
    const shown = results.map((result) =>
      el("button", { type: "button", onclick: () => choose(result) }, el("img", { src: fileUrl(result.content.photo.at(-1).file_id), alt: result.title ?? result.content.caption ?? say("picture") })),
    );
    $("offers").replaceChildren(...(shown.length ? shown : [el("p", {}, say("inline_none"))]));
  };

  // Photos and files

  const reduced = async (file) => {
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
      if (scale === 1 && file.size < 4e6) return file;
      const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: PHOTO_QUALITY });
      return new File([jpeg], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" });
    } catch {
      return file; // not a picture that this browser knows: let the playground judge
    }
  };

  const attach = (files) => {
    let list = [...files];
    if (!list.length) return;
    const dialog = $("sheet");
    const asFile = dialog.querySelector("[type=checkbox]");
    const caption = dialog.querySelector("[type=text]");
    const onlyFiles = list.some((file) => !file.type.startsWith("image/"));
    asFile.checked = onlyFiles;
    asFile.disabled = onlyFiles;
    caption.value = text.value;
    const show = () => {
      const pictures = asFile.checked ? "sheet_file" : list.length > 1 ? "sheet_many" : "sheet_one";
      dialog.querySelector("h2").textContent = say(pictures, { count: list.length });
      dialog.querySelector(".previews").replaceChildren(
        ...list.map((file) => {
          const image = file.type.startsWith("image/");
          const view = image ? el("img", { src: URL.createObjectURL(file), alt: file.name }) : el("i", {}, file.name);
          const drop = () => {
            list = list.filter((other) => other !== file);
            if (list.length) show();
            else dialog.close("no");
          };
          const away = el("button", { type: "button", class: "round", "aria-label": say("remove", { name: file.name }), onclick: drop }, "×");
          return el("div", { class: "preview" }, view, away);
        }),
      );
    };
    show();
    asFile.onchange = show;
    dialog.onclose = async () => {
      if (dialog.returnValue !== "yes") return;
      const form = new FormData();
      for (const file of list) form.append("file", asFile.checked ? file : await reduced(file));
      form.append("caption", caption.value);
      if (asFile.checked) form.append("as_file", "1");
      if (reply) form.append("reply_to", reply.message_id);
      const about = reply;
      clear();
      text.value = "";
      grow();
      try {
        await upload(form);
        app.sent();
      } catch (error) {
        text.value = caption.value;
        if (about) replyTo(about);
        grow();
        complain(error);
      }
    };
    dialog.returnValue = "";
    dialog.showModal();
    caption.focus();
  };

  $("attach").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => {
    attach($("files").files);
    $("files").value = "";
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    attach(files);
  });
  let depth = 0;
  const dragged = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (dragged(event)) $("drop").hidden = ++depth === 0;
  });
  addEventListener("dragleave", (event) => {
    if (dragged(event)) $("drop").hidden = --depth <= 0;
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    $("drop").hidden = true;
    if (!$("sheet").open) attach(event.dataTransfer.files);
  });

  // Keys

  text.addEventListener("input", () => {
    grow();
    suggest();
    inline();
  });
  text.addEventListener("keydown", (event) => {
    const rows = $("commands").children.length;
    const open = !$("commands").hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : rows - 1 + (chosen < 0 ? 1 : 0))) % rows;
      point();
    } else if (open && (event.key === "Tab" || event.key === "Enter") && chosen >= 0 && !event.shiftKey) {
      event.preventDefault();
      command($("commands").children[chosen].dataset.command);
    } else if (event.key === "Escape") {
      if (open) close();
      else {
        if (editing) text.value = "";
        clear();
        grow();
      }
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && !text.value) {
      const last = app.lastOwn();
      if (last) {
        event.preventDefault();
        edit(last);
      }
    }
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    text.focus();
  });
  $("quote").querySelector("button").addEventListener("click", () => {
    if (editing) text.value = "";
    clear();
    grow();
    text.focus();
  });
  grow();

  const refresh = () => listed && suggest(listed === "all");

  return { replyTo, edit, send, offer, refresh, gone: (id) => (reply?.message_id === id || editing?.message_id === id) && clear() };
};
