// The wire of the bridge, host side: frames, their messages and events.
//
// The protocol is the one that pages of apps speak when they load the real all.js: a frame finds
// the API in its `name`, says `init`, sends `req` and gets `resp`, and is sent `evt`.
// Nothing is believed but what comes from the frame's own window and origin.

const setup = JSON.parse(document.getElementById("sandbox-setup").textContent);

// Extension id -> frame.
const frames = new Map();

// Events for frames that are not listening yet; they live as long as the real host keeps them.
const waiting = [];
const WAITING_MS = 30_000;

function addFrame(frame) {
  frames.set(frame.id, {
    ...frame,
    source: null,
    listening: false,
    instances: new Map(),
    keys: new Map(),
    options: {},
    onReady: [],
  });
  setTimeout(() => explainSilence(frames.get(frame.id)), SILENCE_MS);
  return frames.get(frame.id);
}

// A frame that has not said `init` by then has something wrong with it; the sandbox finds out what.
const SILENCE_MS = 5_000;

async function explainSilence(frame) {
  if (!frame || frame.source || frame.greeted) return;
  const found = await ask(frame, "check", { module: frame.module, part: frame.part }).catch(() => null);
  if (!found || frame.source) return;
  log(`${frame.module}: ${found.problem}`, "bad");
  const note = make("div", "frame-problem");
  note.setAttribute("role", "status");
  const line = (tag, label, text) => {
    const element = make(tag);
    // What is between backticks is code.
    element.append(make("span", "quiet", label), ...text.split("`").map((part, at) => (at % 2 ? make("code", "", part) : part)));
    return element;
  };
  note.append(
    line("strong", "", found.problem),
    line("p", "On a real site people see ", found.seen),
    line("p", "What to do ", found.hint),
  );
  elementOf(frame)?.after(note);
}

function removeFrame(frame) {
  frames.delete(frame.id);
}

function elementOf(frame) {
  return document.getElementById(frame.id);
}

function post(frame, message) {
  frame.source?.postMessage(message, frame.origin);
}

window.addEventListener("message", (event) => {
  const data = event.data;
  if (typeof data !== "object" || data === null || typeof data.type !== "string") return;
  const frame = frames.get(data.eid);
  if (!frame || event.origin !== frame.origin || event.source !== elementOf(frame)?.contentWindow) return;
  if (data.type !== "init" && !frame.source) return;
  const handle = Object.hasOwn(messages, data.type) ? messages[data.type] : null;
  if (handle) handle(frame, data, event.source);
});

const messages = {
  init(frame, _data, source) {
    frame.source = source;
    frame.greeted = true;
    post(frame, { type: "init_received" });
    elementOf(frame).parentElement.classList.add("is-ready");
    elementOf(frame).parentElement.querySelector(":scope > .frame-problem")?.remove();
    frame.onReady.splice(0).forEach((ready) => ready());
  },
  req(frame, data) {
    call(frame, data);
  },
  // What a frame answers to an event is of no interest to us.
  resp() {},
  broadcast(frame, data) {
    const others = [...frames.values()].filter((other) => other.app === frame.app && other !== frame);
    others.forEach((other) => sendEvent(other, data.etyp, data.evnt));
  },
  event_query(frame) {
    frame.listening = true;
    const now = Date.now();
    for (const item of waiting) {
      if (now - item.at <= WAITING_MS && item.fits(frame)) sendEvent(frame, item.type, item.event);
    }
    const keep = waiting.filter((item) => now - item.at <= WAITING_MS && !item.fits(frame));
    waiting.splice(0, waiting.length, ...keep);
  },
  key_triggered(frame, data) {
    const modifiers = Array.isArray(data.modifiers) ? data.modifiers : [];
    frame.keys.get([data.keycode, ...modifiers].join("+"))?.();
  },
  addon_clicked() {
    closePopups();
  },
  unload(frame) {
    frame.source = null;
    frame.listening = false;
    frame.instances.clear();
  },
};

function sendEvent(frame, type, event) {
  post(frame, { type: "evt", etyp: type, evnt: clean(event) });
}

// Sends an event to every frame that fits; keeps it for a while when none of them listens.
function dispatch(type, fits, event) {
  const targets = [...frames.values()].filter(fits);
  if (targets.some((frame) => frame.listening)) {
    targets.forEach((frame) => sendEvent(frame, type, event));
  } else if (waiting.length < 500) {
    waiting.push({ type, fits, event, at: Date.now() });
  }
}

// Asks a frame to tell us of a key, as long as it has the focus.
function listenForKey(frame, keycode, callback) {
  frame.keys.set(String(keycode), callback);
  post(frame, { type: "key_listen", keycode, action: "add" });
}

async function call(frame, data) {
  const name = data._cls ? `${data.mod}.${data._cls}.${data.fn}` : data.mod === "_globals" ? data.fn : `${data.mod}.${data.fn}`;
  const answer = (...args) => {
    if (data.mid) post(frame, { type: "resp", mid: data.mid, forPlugin: true, args: args.map(clean) });
  };
  const args = Array.isArray(data.args) ? data.args : [];
  note(frame, name, args);
  // A promise method answers [error, result], the others call back with whatever they have.
  const promised = own(own(setup.api, data.mod), data.fn)?.returnsPromise === true;
  const method = data._cls ? instanceMethod(frame, data) : own(own(methods, data.mod), data.fn);
  if (!method) {
    const text = `AP.${name} is not supported by the sandbox`;
    fail(frame, text);
    if (promised) answer(text);
    return;
  }
  try {
    const result = await method({ frame, id: data._id, answer }, ...args);
    if (promised) answer(undefined, result);
  } catch (error) {
    fail(frame, `AP.${name} failed: ${error?.message ?? error?.err ?? error}`);
    if (promised) answer(error instanceof Error ? error.message : error);
  }
}

function instanceMethod(frame, data) {
  const make = own(own(classes, data.mod), data._cls);
  if (!make) return null;
  const key = `${data.mod}.${data._cls}.${data._id}`;
  if (data.fn === "constructor") {
    return async (context, ...args) => {
      frame.instances.set(key, await make(context, ...args));
    };
  }
  const instance = frame.instances.get(key);
  const method = instance && own(instance, data.fn);
  return method ? (context, ...args) => method(context, ...args) : null;
}

function own(object, key) {
  return object && typeof key === "string" && Object.hasOwn(object, key) ? object[key] : undefined;
}

// What can be sent to another window: plain data, without functions and without cycles.
function clean(value) {
  try {
    return structuredClone(value);
  } catch {
    try {
      return JSON.parse(JSON.stringify(value) ?? "null");
    } catch {
      return null;
    }
  }
}

// Asks the sandbox on behalf of a frame.
async function ask(frame, path, body) {
  const response = await fetch(`/_sandbox/bridge/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-sandbox-page": frame.ticket },
    body: JSON.stringify(body ?? {}),
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? `the sandbox answered ${response.status}`);
  return answer;
}

// Calls that tell nothing.
const QUIET = new Set(["env.resize", "_analytics.trackWebVitals", "_analytics.trackIframePerformanceMetrics", "env.hideFooter"]);

function note(frame, name, args) {
  if (QUIET.has(name)) return;
  log(`AP.${name}(${args.map(brief).join(", ")})`, "");
  ask(frame, "call", { call: name }).catch(() => {});
}

function fail(frame, text) {
  console.error(`[sandbox] ${frame.app}: ${text}`);
  log(text, "bad");
}

function brief(value) {
  let text;
  try {
    text = JSON.stringify(value) ?? "";
  } catch {
    text = "…";
  }
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function log(text, className) {
  const list = document.getElementById("bridge-log");
  if (!list) return;
  list.querySelector(".quiet")?.remove();
  const item = document.createElement("li");
  item.textContent = text;
  item.className = className;
  list.append(item);
  while (list.children.length > 200) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}
