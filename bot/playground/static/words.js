// The page's own sentences, in the chosen language. Knows none of them by heart.

let words = {};
export let language = "en";

export const say = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const learn = async (wanted) => {
  words = await (await fetch(`/words/${wanted}.json`)).json();
  language = wanted;
  document.documentElement.lang = wanted;
  document.title = say("title");
};

/** Put the sentences into everything in `root` that asks for one by data-word, data-label or data-hint. */
export const label = (root = document) => {
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
    if (node.matches("button, a")) node.title = say(node.dataset.label);
  }
};

export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString(language, { timeStyle: "short" });

export const day = (seconds) => {
  const date = new Date(seconds * 1000);
  const today = new Date();
  const days = Math.round((new Date(today.toDateString()) - new Date(date.toDateString())) / 86400000);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  const year = date.getFullYear() === today.getFullYear() ? {} : { year: "numeric" };
  return date.toLocaleDateString(language, { day: "numeric", month: "long", ...year });
};

export const moment = (seconds) =>
  new Date(seconds * 1000).toLocaleString(language, { dateStyle: "long", timeStyle: "medium" });

export const bytes = (count) => {
  const [size, unit] = count < 1e6 ? [count / 1e3, "kilobyte"] : [count / 1e6, "megabyte"];
  const format = { style: "unit", unit, maximumFractionDigits: size < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, format).format(size);
};
