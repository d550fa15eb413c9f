// The playground's own settings: language, appearance, people, rehearsed trouble, blocking.

import { act, chat, user } from "./net.js";
import { complain } from "./composer.js";
import { el } from "./render.js";
import { say } from "./words.js";

const PEOPLE = 4;

export const theme = (name = localStorage.getItem("theme") ?? "auto") => {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  localStorage.setItem("theme", name);
};

const choice = (name, title, options, value, pick) =>
  el(
    "fieldset",
    {},
    el("legend", {}, title),
    ...options.map(([key, word]) => {
      const input = el("input", { type: "radio", name, value: key, checked: key === value, onchange: () => pick(key) });
      return el("label", {}, input, el("span", {}, word));
    }),
  );

export const fillMenu = (facts, change) => {
  const menu = document.getElementById("menu");
  const people = Array.from({ length: PEOPLE }, (_, index) => String(index + 1));
  const who = (number) =>
    number === user
      ? el("b", {}, say("person_now", { name: facts.user.first_name }))
      : el("a", { href: `/?user=${number}${chat && "&chat=group"}` }, say("person", { n: number }));
  menu.replaceChildren(
    choice("language", say("interface"), facts.languages.map((code) => [code, facts.names[code]]), facts.language, change.language),
    choice("theme", say("theme"), ["auto", "light", "dark"].map((name) => [name, say(`theme_${name}`)]), localStorage.getItem("theme") ?? "auto", theme),
    el(
      "fieldset",
      { class: "links" },
      el("legend", {}, say("people")),
      ...people.map(who),
      chat ? el("a", { href: `/?user=${user}` }, say("alone")) : el("a", { href: `/?user=${user}&chat=group` }, say("together")),
      el("a", { href: `/?user=${user},${user === "2" ? 1 : 2}${chat && "&chat=group"}`, target: "_top" }, say("beside")),
    ),
    choice("fault", say("rehearse"), ["", ...facts.faults].map((name) => [name, say(`fault_${name || "none"}`)]), facts.fault, (name) => act("fault", { name }).catch(complain)),
    chat ? "" : el("button", { type: "button", class: "plain", onclick: () => act("block", { blocked: !facts.blocked }).catch(complain) }, say(facts.blocked ? "unblock" : "block")),
  );
};
