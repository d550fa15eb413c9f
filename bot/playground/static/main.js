// The chat: keeps what is known of the conversation, and shows it. Everything else is told to the other modules.

import { lightbox } from "./box.js";
import { ask, complain, composer, toast } from "./composer.js";
import { fillMenu, theme } from "./menu.js";
import { act, chat, listen, own, spoken, state, user } from "./net.js";
import { bubble, el, rich, summary } from "./render.js";
import { day, label, language, learn, say } from "./words.js";

const $ = (id) => document.getElementById(id);
const QUICK = ["👍", "👎", "❤", "🔥", "🤔"];
const ACTION_MS = 5000;
const DRAFT_MS = 30000;
const NEAR = 120; // pixels from the end that still count as its being in view

const messages = new Map();
const facts = { user: null, bot: null, commands: [], fault: "", faults: [], languages: [], names: {}, blocked: false };
const log = $("log");
const answered = new Set(); // presses whose answer came before the page knew their number
let loads = 0;
let news = null; // what happens while the chat so far is on its way; null: nothing is
let action = null;
let connected = true;
let unread = 0;
let moved = false; // whether the reader has left the end by herself

// What is shown

const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

const toEnd = (smooth = false) => {
  log.scrollTo({ top: log.scrollHeight, behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant" });
  unread = 0;
  mark();
};

const mark = () => {
  $("down").hidden = nearEnd();
  $("unread").hidden = !unread;
  $("unread").textContent = unread;
  document.title = unread && document.hidden ? `(${unread}) ${say("title")}` : say("title");
};

const keyOf = (message) => (message.media_group_id ? `album-${message.media_group_id}` : `one-${message.message_id}`);

const groupOf = (key) => [...messages.values()].filter((message) => keyOf(message) === key).sort((a, b) => a.message_id - b.message_id);

const draw = (key) => {
  const group = groupOf(key);
  const old = $("messages").querySelector(`[data-group="${key}"]`);
  if (!group.length) {
    old?.remove();
    return;
  }
  const fresh = bubble(group);
  fresh.dataset.group = key;
  fresh.dataset.date = day(group[0].date);
  fresh.dataset.from = group[0].from.id;
  if (old) {
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset : null;
    fresh.classList.add("still");
    fresh.setAttribute("aria-live", "off");
    old.replaceWith(fresh);
    if (focused?.key) fresh.querySelector(`[data-key="${focused.key}"]`)?.focus();
  } else {
    const after = [...$("messages").querySelectorAll("[data-id]")].find((node) => Number(node.dataset.id) > group[0].message_id);
    $("messages").insertBefore(fresh, after ?? null);
  }
};

/** Days between messages, and which of a sender's messages begin and end a run. */
const arrange = () => {
  const list = $("messages");
  for (const node of list.querySelectorAll(".day")) node.remove();
  let before = null;
  for (const node of [...list.querySelectorAll(".item")]) {
    const same = before && before.dataset.from === node.dataset.from && before.dataset.date === node.dataset.date;
    node.classList.toggle("first", !same);
    node.classList.add("last");
    if (same) before.classList.remove("last");
    if (before?.dataset.date !== node.dataset.date) node.before(el("li", { class: "day", role: "separator" }, el("span", {}, node.dataset.date)));
    before = node;
  }
  $("welcome").hidden = messages.size > 0;
  $("local").hidden = messages.size === 0;
  const begin = messages.size === 0 && !facts.blocked && !chat;
  $("start").hidden = !begin;
  $("barred").hidden = !facts.blocked;
  $("composer").hidden = facts.blocked;
};

const put = (message, fresh) => {
  const known = messages.has(message.message_id);
  const stay = !moved || nearEnd() || (fresh && own(message));
  messages.set(message.message_id, message);
  draw(keyOf(message));
  arrange();
  if (fresh && !known && message.from.is_bot) {
    clearAction();
    dropDraft();
    if (!stay || document.hidden) unread++;
  }
  if (stay) toEnd(fresh && !known);
  else mark();
};

const showStatus = () => {
  const busy = action && (["typing", "upload_photo", "upload_document"].includes(action.name) ? `action_${action.name}` : "action_other");
  const word = !connected ? "subtitle_lost" : busy ? busy : facts.bot?.listening ? "subtitle_online" : "subtitle_waking";
  if ($("status").textContent !== say(word)) $("status").textContent = say(word);
  $("status").className = busy ? "busy" : word === "subtitle_online" ? "on" : "";
  const stay = nearEnd();
  $("typing").hidden = !action;
  if (stay) toEnd();
};

const clearAction = () => {
  if (action) clearTimeout(action.timer);
  action = null;
  showStatus();
};

const dropDraft = () => {
  const node = $("messages").querySelector(".draft");
  if (node) {
    clearTimeout(node.timer);
    node.remove();
  }
};

const showFault = () => {
  $("fault").hidden = !facts.fault;
  $("fault").querySelector("span").textContent = say("fault_on", { fault: say(`fault_${facts.fault || "none"}`) });
  menu();
};

const menu = () => fillMenu({ ...facts, language }, { language: speak });

const redraw = () => {
  label();
  $("bot-name").textContent = chat ? facts.title : facts.bot.first_name;
  $("me").textContent = facts.user.first_name;
  $("description").textContent = facts.description || say("welcome_text");
  $("tries").replaceChildren(...[1, 2, 3].map((n) => el("button", { type: "button", class: "try", onclick: () => write.send((chat ? `@${facts.bot.username} ` : "") + say(`try_${n}`)) }, say(`try_${n}`))));
  $("messages").setAttribute("aria-label", say("log"));
  $("messages").replaceChildren();
  for (const key of new Set([...messages.values()].sort((a, b) => a.message_id - b.message_id).map(keyOf))) draw(key);
  for (const node of $("messages").children) node.classList.add("still");
  arrange();
  showStatus();
  showFault();
};

// What the user does

const speak = async (wanted) => {
  await learn(wanted);
  try {
    await act("person", { language: wanted });
    await load();
  } catch (error) {
    redraw();
    complain(error);
  }
};

const press = async (button, node) => {
  const message = messages.get(Number(node.dataset.key.split(":")[0]));
  try {
    if (button.callback_data !== undefined) {
      node.classList.add("waiting");
      const { query } = await act("press", { message_id: message.message_id, data: button.callback_data });
      node.dataset.query = query;
      if (answered.delete(query)) node.classList.remove("waiting");
      setTimeout(() => node.classList.remove("waiting"), 15000);
    } else if (button.url) {
      if (await ask(say("link", { url: button.url }), say("open"))) window.open(button.url, "_blank", "noopener");
    } else if (button.copy_text) {
      await navigator.clipboard.writeText(button.copy_text.text);
      toast(say("copied"));
    } else if (button.pay) await pay(message);
    else {
      const query = button.switch_inline_query_current_chat ?? button.switch_inline_query ?? "";
      $("text").value = `@${facts.bot.username} ${query}`;
      $("text").dispatchEvent(new Event("input"));
      $("text").focus();
    }
  } catch (error) {
    node.classList.remove("waiting");
    complain(error);
  }
};

const pay = async (message) => {
  const { total_amount: amount, title } = message.invoice;
  if (await ask(say("pay_ask", { amount, title }), say("pay", { amount }))) await act("pay", { message_id: message.message_id }).catch(complain);
};

const react = (message, emoji) => {
  const mine = message.reactions?.some((each) => each.user === facts.user.id && each.emoji === emoji);
  act("react", { message_id: message.message_id, emoji: mine ? null : emoji }).catch(complain);
};

const jump = (id) => {
  const target = messages.get(id) && $("messages").querySelector(`[data-group="${keyOf(messages.get(id))}"]`);
  if (!target) return;
  target.scrollIntoView({ block: "center" });
  target.classList.remove("lit");
  requestAnimationFrame(() => target.classList.add("lit"));
};

const actions = (id, x, y) => {
  const message = messages.get(id);
  const box = $("actions");
  const text = message.text ?? message.caption;
  const item = (word, run) => el("button", { type: "button", role: "menuitem", onclick: () => (box.hidePopover(), run()) }, say(word));
  box.replaceChildren(
    el("div", { class: "quick" }, ...QUICK.map((emoji) => el("button", { type: "button", role: "menuitem", "aria-label": say("react", { emoji }), onclick: () => (box.hidePopover(), react(message, emoji)) }, emoji))),
    item("reply", () => write.replyTo(message)),
    ...(text ? [item("copy", () => navigator.clipboard.writeText(text).then(() => toast(say("copied")), () => {}))] : []),
    ...(own(message) && text ? [item("edit", () => write.edit(message))] : []),
  );
  box.showPopover();
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  box.querySelector("button").focus();
};

$("messages").addEventListener("click", (event) => {
  const hit = (name) => event.target.closest(`[data-${name}]`);
  let node;
  if ((node = hit("picture"))) {
    if (node.classList.contains("veiled")) node.classList.remove("veiled");
    else open(Number(node.dataset.picture));
  } else if ((node = hit("key"))) {
    const [id, row, column] = node.dataset.key.split(":").map(Number);
    press(messages.get(id).reply_markup.inline_keyboard[row][column], node);
  } else if ((node = hit("jump"))) jump(Number(node.dataset.jump));
  else if ((node = hit("command"))) write.send(node.dataset.command);
  else if ((node = hit("pay"))) pay(messages.get(Number(node.dataset.pay)));
  else if ((node = hit("emoji"))) react(messages.get(Number(node.dataset.of)), node.dataset.emoji);
  else if ((node = hit("actions"))) {
    const { left, bottom } = node.getBoundingClientRect();
    actions(Number(node.dataset.actions), left, bottom);
  }
});
$("messages").addEventListener("contextmenu", (event) => {
  const node = event.target.closest("[data-id]");
  if (!node || event.target.closest("a") || String(getSelection())) return;
  event.preventDefault();
  actions(Number(node.dataset.id), event.clientX, event.clientY);
});
$("messages").addEventListener("dblclick", (event) => {
  const node = event.target.closest("[data-id]");
  if (node && !event.target.closest("button, a")) write.replyTo(messages.get(Number(node.dataset.id)));
});
for (const box of ["menu", "actions"])
  $(box).addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.type === "radio") return;
    const items = [...$(box).querySelectorAll("button, a")];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
    event.preventDefault();
  });
log.addEventListener("scroll", () => {
  moved = !nearEnd();
  if (!moved) unread = 0;
  mark();
});
const settle = new ResizeObserver(() => requestAnimationFrame(() => !moved && toEnd()));
settle.observe($("messages"));
settle.observe(log);
$("down").addEventListener("click", () => {
  moved = false;
  toEnd(true);
});
$("start").addEventListener("click", () => {
  write.send("/start");
  $("text").focus();
});
$("fault").querySelector("button").addEventListener("click", () => act("fault", { name: "" }).catch(complain));
$("barred").querySelector("button").addEventListener("click", () => act("block", { blocked: false }).catch(complain));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !moved) unread = 0;
  mark();
});

// What happens

/** The chat so far. What is told meanwhile may be newer than the answer, so it waits and comes after it. */
const load = async () => {
  const mine = ++loads;
  news ??= [];
  try {
    const now = await state();
    if (mine === loads) show(now);
  } finally {
    if (mine === loads) {
      const waiting = news;
      news = null;
      for (const [kind, data] of waiting) happenings[kind](data);
    }
  }
};

const show = (now) => {
  messages.clear();
  for (const message of now.messages) messages.set(message.message_id, message);
  Object.assign(facts, { user: now.user, bot: now.bot, commands: now.commands, description: now.description });
  Object.assign(facts, { fault: now.fault, faults: now.faults, languages: now.languages, blocked: now.chat.blocked, title: now.chat.title });
  redraw();
  write.refresh();
  if (!moved) toEnd();
};

const happenings = {
  message: (message) => put(message, true),
  edit: (message) => messages.has(message.message_id) && put(message, false),
  delete: ({ message_id: id }) => {
    const message = messages.get(id);
    if (!message) return;
    messages.delete(id);
    draw(keyOf(message));
    arrange();
    write.gone(id);
    if (!moved) toEnd();
  },
  action: (told) => {
    clearAction();
    action = { name: told.action, timer: setTimeout(clearAction, ACTION_MS) };
    showStatus();
  },
  draft: (draft) => {
    dropDraft();
    const text = draft.text ? rich(draft.text, draft.entities) : [say("thinking")];
    const node = el("li", { class: "item in first last draft still", "aria-live": "off" }, el("div", { class: "bubble" }, el("div", { class: "body" }, el("div", { class: "text" }, ...text))));
    node.timer = setTimeout(() => node.remove(), DRAFT_MS);
    $("messages").append(node);
    if (!moved) toEnd();
  },
  answer: (answer) => {
    const pressed = document.querySelectorAll(`[data-query="${answer.query}"]`);
    for (const node of pressed) node.classList.remove("waiting");
    if (!pressed.length) answered.add(answer.query);
    if (answer.text && answer.show_alert) ask(answer.text, null);
    else if (answer.text) toast(answer.text);
    if (answer.url) toast(answer.url);
  },
  offers: (told) => write.offer(told),
  commands: ({ commands }) => {
    facts.commands = commands;
    write.refresh();
  },
  bot: ({ listening }) => {
    facts.bot = { ...facts.bot, listening };
    showStatus();
  },
  chat: (told) => {
    facts.blocked = told.chat.blocked;
    facts.user = told.user;
    $("me").textContent = told.user.first_name;
    arrange();
    menu();
  },
  fault: ({ fault }) => {
    facts.fault = fault;
    showFault();
  },
};

const told = {
  ready: () => {
    connected = true;
    load().catch(complain);
  },
  lost: () => {
    connected = false;
    showStatus();
  },
};
for (const [kind, happen] of Object.entries(happenings)) told[kind] = (data) => (news ? news.push([kind, data]) : happen(data));

const write = composer({
  commands: () => facts.commands,
  bot: () => facts.bot,
  lastOwn: () => [...messages.values()].filter((message) => own(message) && message.text).at(-1),
  sent: () => {
    moved = false;
    toEnd();
  },
});
const open = lightbox(() => [...messages.values()].filter((message) => message.photo).sort((a, b) => a.message_id - b.message_id));

const begin = async () => {
  theme();
  const now = await state();
  facts.languages = now.languages;
  const wanted = new URLSearchParams(location.search).has("lang") ? spoken : now.user.language_code;
  if (wanted !== now.user.language_code) await act("person", { language: wanted });
  await learn(facts.languages.includes(wanted) ? wanted : "en");
  label();
  for (const code of now.languages) facts.names[code] = (await (await fetch(`/words/${code}.json`)).json()).language;
  listen(told);
  if (matchMedia("(pointer: fine)").matches) $("text").focus();
};

begin().catch(complain);
