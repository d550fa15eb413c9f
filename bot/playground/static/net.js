// The way to the playground: what the user does goes there, what happens comes back. Knows no element.

const asked = new URLSearchParams(location.search);
export const user = asked.get("user") ?? "1";
export const chat = asked.get("chat") ?? "";
/** The language that the address asks for, or that of the browser. */
export const spoken = asked.get("lang") ?? navigator.language.slice(0, 2);

export const own = (message) => message.from.id === Number(user);

export class Trouble extends Error {
  /** status 0: there was no answer at all. */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const answer = async (path, options) => {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Trouble("", 0);
  }
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { error: text };
  }
  if (!response.ok) throw new Trouble(body.error ?? response.statusText, response.status);
  return body;
};

// Whatever comes first introduces the user, with her language.
const query = () => new URLSearchParams({ user, lang: spoken, ...(chat ? { chat } : {}) });

export const state = () => answer(`/chat/state?${query()}`);

export const act = (name, body) =>
  answer(`/chat/${name}?${query()}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export const upload = (form) => answer(`/chat/photo?${query()}`, { method: "POST", body: form });

export const fileUrl = (id, download = false) =>
  `/chat/file/${encodeURIComponent(id)}${download ? "?download" : ""}`;

/** Call handlers[kind](data) for what happens; handlers.ready once connected, handlers.lost when not. */
export const listen = (handlers) => {
  const source = new EventSource(`/chat/events?${query()}`);
  source.addEventListener("error", () => handlers.lost());
  for (const [kind, handler] of Object.entries(handlers)) {
    if (kind !== "lost") source.addEventListener(kind, (event) => handler(JSON.parse(event.data)));
  }
  addEventListener("pagehide", () => source.close());
};
