"use strict";

// The key is behind `#`, so that it is sent to nobody; every question shows it.
const key = location.hash.slice(1);
const list = document.getElementById("list");
const one = document.getElementById("one");
const state = document.getElementById("state");
const known = new Map();
let shown = 0;

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

async function ask(path, options) {
  const answer = await fetch(path, { ...options, headers: { Authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

// Text goes in as text: what came to the app is never markup here.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

function mood(entry) {
  return entry.status < 400 ? "good" : "bad";
}

function alg(auth) {
  return (auth.header && auth.header.alg) || "token";
}

function word(auth) {
  const algorithm = alg(auth);
  return { none: "no token", ok: `${algorithm} ok`, refused: auth.code, unknown: `${algorithm} not checked` }[auth.verdict];
}

function user(auth) {
  return auth.verdict === "ok" && auth.claims && auth.claims.sub ? ` · ${auth.claims.sub}` : "";
}

function add(entry) {
  known.set(entry.id, entry);
  const path = entry.target.split("?")[0];
  const button = make("button", { type: "button", "data-id": entry.id },
    make("span", { class: "method" }, entry.method),
    make("span", { class: "path mono", title: path }, path),
    make("span", { class: `status ${mood(entry)}` }, String(entry.status)),
    make("span", { class: "under" },
      make("span", entry.auth.verdict === "refused" ? { class: "bad" } : {}, word(entry.auth) + user(entry.auth)),
      make("span", {}, `${entry.at.slice(11, 19)} · ${entry.ms} ms · #${entry.id}`)));
  button.addEventListener("click", () => show(entry.id));
  list.prepend(make("li", {}, button));
}

// Two texts side by side, with what differs marked.
function marked(text, other) {
  let start = 0;
  while (start < text.length && start < other.length && text[start] === other[start]) start += 1;
  let end = 0;
  const most = Math.min(text.length, other.length) - start;
  while (end < most && text[text.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const middle = text.slice(start, text.length - end);
  return [text.slice(0, start), middle ? make("mark", {}, middle) : "", text.slice(text.length - end)];
}

function box(title, ...content) {
  return make("div", { class: "box" }, make("h2", {}, title), make("pre", {}, ...content));
}

function verdict(auth) {
  const text = {
    none: ["No token", "Nobody signed this request."],
    ok: ["The token holds", `${alg(auth)}, for ${auth.kind} routes.`],
    refused: [auth.code, auth.reason],
    unknown: ["Not checked", auth.reason],
  }[auth.verdict];
  const look = { ok: " good", refused: " bad" }[auth.verdict] || "";
  const parts = [make("strong", {}, text[0]), make("span", {}, text[1])];
  if (auth.hint) parts.push(make("span", { class: "quiet" }, auth.hint));
  return make("div", { class: `verdict${look}` }, ...parts);
}

function lived(claims) {
  if (!claims || !claims.exp) return "";
  const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString();
  return `\n\nissued ${claims.iat ? time(claims.iat) : "at no time"}, expires ${time(claims.exp)}`;
}

async function show(id) {
  shown = id;
  for (const button of list.querySelectorAll("button")) {
    if (Number(button.dataset.id) === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const { entry, curl } = await ask(`/api/requests/${id}`);
  if (shown !== id) return;
  const { auth } = entry;
  const [path, ...query] = entry.target.split("?");
  const again = make("button", { type: "button" }, "Send again");
  again.addEventListener("click", () => ask(`/api/requests/${id}/replay`, { method: "POST" })
    .then(({ status }) => say(`Sent #${id} again: ${status}`), (error) => say(error.message)));
  const copy = make("button", { type: "button" }, "Copy as curl");
  copy.addEventListener("click", () => navigator.clipboard.writeText(curl)
    .then(() => say("Copied, token included"), () => say("The browser does not let us copy")));
  const parts = [
    make("div", { class: "head" },
      make("span", { class: `status ${mood(entry)}` }, String(entry.status)),
      make("span", { class: "mono" }, `${entry.method} ${path}`),
      make("span", { class: "buttons" }, again, copy)),
    make("p", { class: "mono quiet query", ...(query.length ? {} : { hidden: "" }) }, `?${query.join("?")}`),
    verdict(auth),
    ...(auth.verdict === "refused" && entry.status < 400
      ? [make("p", { class: "verdict" }, `The app answered ${entry.status} all the same. Is this a route for everybody?`)] : []),
  ];
  if (auth.received) {
    const made = auth.expected;
    parts.push(make("div", { class: "sides" },
      made ? box("The token was made for", ...marked(made, auth.received))
        : box("The token was made for", "something else, which cannot be guessed"),
      box("What came", ...(made ? marked(auth.received, made) : [auth.received]))));
  }
  if (auth.claims) {
    parts.push(make("div", { class: "sides" },
      box("Token: header", JSON.stringify(auth.header, null, 2)),
      box("Token: claims", JSON.stringify(auth.claims, null, 2) + lived(auth.claims))));
  }
  parts.push(box("Request", entry.head.trimEnd()));
  if (entry.bodyLength) parts.push(box(`Body, ${entry.bodyLength} bytes`, pretty(entry.body)));
  one.replaceChildren(...parts);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function follow() {
  let last = 0;
  let live = false;
  for (;;) {
    try {
      const { requests } = await ask(`/api/requests?after=${last}`);
      if (!live) say("Live");
      live = true;
      for (const entry of requests) {
        last = entry.id;
        add(entry);
      }
      document.getElementById("none").hidden = known.size > 0;
    } catch (error) {
      say(error instanceof TypeError ? "The session has ended." : `Refused: ${error.message}`);
      return;
    }
  }
}

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const next = step && event.target.closest("li")[step];
  if (!next) return;
  event.preventDefault();
  next.firstElementChild.focus();
  next.firstElementChild.click();
});

follow();
