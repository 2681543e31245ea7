// The app's side of the bridge, for pages of apps: defines `AP`.
//
// It speaks the protocol of the real all.js, so it also works inside the real host, and the real
// one works inside the sandbox. It is small because it does what apps need and no more.
"use strict";
(() => {
  const data = (() => {
    try {
      return JSON.parse(window.name) ?? {};
    } catch {
      return {};
    }
  })();
  const frameOptions = data.options ?? {};
  const hasHost = typeof data.origin === "string" && window.parent !== window;
  const callbacks = new Map();
  let counter = 0;

  const AP = { _data: { ...data, options: frameOptions }, _version: "connect-sandbox", version: "connect-sandbox" };
  window.AP = AP;
  if (!hasHost) console.warn("AP: this page is not in a host; open it through the product to use the bridge");

  const uid = () => `${(counter += 1).toString(16)}${Math.random().toString(16).slice(2)}`;

  function post(message) {
    if (hasHost) window.parent.postMessage({ eid: data.extension_id, ...message }, data.origin);
  }

  // What can be sent to another window; functions are left out.
  function clean(value) {
    try {
      return structuredClone(value);
    } catch {
      if (typeof value === "function") return null;
      try {
        return JSON.parse(JSON.stringify(value) ?? "null");
      } catch {
        return null;
      }
    }
  }

  // ---- Methods of the host, as its frame name lists them.

  function method(mod, fn, { returnsPromise }) {
    return function (...args) {
      const message = { type: "req", mod, fn };
      if (this && this._cls) Object.assign(message, { _cls: this._cls, _id: this._id });
      let promise;
      // It stands last, or first where options follow it.
      const at = args.findLastIndex((value) => typeof value === "function");
      const callback = at < 0 ? null : args.splice(at, 1)[0];
      if (callback) {
        message.mid = uid();
        // A promise method answers [error, result]; a callback wants the result only.
        callbacks.set(message.mid, returnsPromise ? (_, ...rest) => callback(...rest) : callback);
      } else if (returnsPromise) {
        message.mid = uid();
        promise = new Promise((resolve, reject) => {
          callbacks.set(message.mid, (error, result) => {
            if (error || (error === undefined && result === undefined)) reject(error);
            else resolve(result);
          });
        });
      }
      message.args = args.map(clean);
      post(message);
      return promise;
    };
  }

  function constructorOf(mod, cls, members) {
    const construct = method(mod, "constructor", {});
    function Instance(...args) {
      if (!new.target) return new Instance(...args);
      this._cls = cls;
      this._id = uid();
      construct.apply(this, args);
    }
    for (const [name, member] of Object.entries(members)) {
      if (name !== "constructor") Instance.prototype[name] = method(mod, name, member);
    }
    return Instance;
  }

  const modules = {};
  for (const [mod, members] of Object.entries(data.api ?? {})) {
    modules[mod] = {};
    for (const [name, member] of Object.entries(members)) {
      modules[mod][name] = Object.hasOwn(member, "constructor") ? constructorOf(mod, name, member) : method(mod, name, member);
    }
  }
  const { _globals: globals = {}, ...named } = modules;
  Object.assign(AP, named, globals, { _hostModules: modules });

  // ---- Messages of the host.

  const eventHandlers = new Map();
  const keys = new Set();
  let greeted = false;

  const incoming = {
    init_received() {
      greeted = true;
    },
    resp(message) {
      const callback = message.forPlugin && callbacks.get(message.mid);
      if (!callback) return;
      callbacks.delete(message.mid);
      callback(...(message.args ?? []));
    },
    evt(message) {
      for (const name of [message.etyp, "_any"]) {
        for (const handler of eventHandlers.get(name) ?? []) handler(message.evnt, message.etyp);
      }
      if (message.mid) post({ type: "resp", mid: message.mid, args: [] });
    },
    key_listen(message) {
      const key = [message.keycode, ...[message.modifiers ?? []].flat()].join("+");
      if (message.action === "remove") keys.delete(key);
      else keys.add(key);
    },
  };

  window.addEventListener("message", (event) => {
    if (!hasHost || event.source !== window.parent || event.origin !== data.origin) return;
    const type = event.data?.type;
    if (typeof type === "string" && Object.hasOwn(incoming, type)) incoming[type](event.data);
  });
  window.addEventListener("click", () => post({ type: "addon_clicked" }));
  window.addEventListener("pagehide", () => post({ type: "unload" }));
  window.addEventListener("keydown", (event) => {
    const modifiers = ["ctrl", "shift", "alt", "meta"].filter((name) => event[`${name}Key`]);
    if (keys.has([event.keyCode, ...modifiers].join("+"))) post({ type: "key_triggered", keycode: event.keyCode, modifiers });
  });

  AP.register = (handlers) => {
    for (const [name, handler] of Object.entries(handlers)) {
      eventHandlers.set(name, [...(eventHandlers.get(name) ?? []), handler]);
    }
    post({ type: "event_query", args: Object.keys(handlers) });
  };
  AP.registerAny = (handler) => AP.register({ _any: handler });
  AP.broadcast = (etyp, evnt) => post({ type: "broadcast", etyp, evnt: clean(evnt) });

  // ---- Events: private ones carry a list of arguments, public ones also who sent them.

  const listeners = { private: [], public: [] };
  const passes = (filter, sender) => {
    if (typeof filter === "function") return Boolean(filter(sender));
    return Object.entries(filter ?? {}).every(([name, value]) => sender?.[name] === value);
  };

  function deliver(evnt, name) {
    const isPublic = Boolean(evnt && evnt.event && evnt.sender);
    const args = [isPublic ? evnt.event : evnt].flat();
    // Listeners may come and go while we call them.
    for (const entry of [...listeners[isPublic ? "public" : "private"]]) {
      if (entry.name !== null && entry.name !== name) continue;
      if (isPublic && !passes(entry.filter, evnt.sender)) continue;
      if (entry.once) remove(isPublic ? "public" : "private", (other) => other === entry);
      try {
        if (entry.name === null) entry.listener(name, ...args, { args, name });
        else entry.listener(...args, { args, name });
      } catch (error) {
        console.error(`AP: a listener of "${name}" failed`, error);
      }
    }
  }

  function remove(kind, matches) {
    listeners[kind] = listeners[kind].filter((entry) => !matches(entry));
  }

  const events = AP.events ?? {};
  for (const [kind, suffix] of [["private", ""], ["public", "Public"]]) {
    const add = (name, listener, filter, once) => listeners[kind].push({ name, listener, filter, once });
    Object.assign(events, {
      [`on${suffix}`]: (name, listener, filter) => add(name, listener, filter, false),
      [`once${suffix}`]: (name, listener, filter) => add(name, listener, filter, true),
      [`onAny${suffix}`]: (listener, filter) => add(null, listener, filter, false),
      [`off${suffix}`]: (name, listener) => remove(kind, (entry) => entry.name === name && entry.listener === listener),
      [`offAll${suffix}`]: (name) => remove(kind, (entry) => (name === undefined ? entry.name !== null : entry.name === name)),
      [`offAny${suffix}`]: (listener) => remove(kind, (entry) => entry.name === null && entry.listener === listener),
    });
  }
  if (AP.events) modules.events = events;

  // ---- Requests: callbacks in the options stay on this side.

  if (globals.request) {
    const send = globals.request;
    AP.request = (first, second) => {
      const { success, error, ...options } = typeof first === "string" ? { ...second, url: first } : { ...first };
      const readable = (xhr) => ({
        ...xhr,
        getAllResponseHeaders: () => Object.entries(xhr?.headers ?? {}).map(([name, value]) => `${name}: ${value}`).join("\r\n"),
        getResponseHeader: (name) => xhr?.headers?.[String(name).toLowerCase()] ?? null,
      });
      const answer = send(options).then(
        (result) => {
          const xhr = readable(result.xhr);
          success?.(result.body, "success", xhr);
          return { ...result, xhr };
        },
        (failure) => {
          const xhr = readable(failure?.xhr);
          error?.(xhr, "error", failure?.err ?? failure);
          throw typeof failure === "object" && failure !== null ? { ...failure, xhr } : { err: failure, xhr, body: "" };
        },
      );
      // Whoever passed `error` has been told.
      if (error) answer.catch(() => {});
      return answer;
    };
    globals.request = AP.request;
  }

  // ---- Dialogs: what the buttons of a dialog do is decided by the page in it.

  const dialogHandlers = new Map();
  let closeOnSubmit = true;
  const onDialog = (name, handler) => {
    if (typeof handler === "function") dialogHandlers.set(name, [...(dialogHandlers.get(name) ?? []), handler]);
  };

  function dialogEvent(name, args) {
    if (name === "dialog.button.click") {
      for (const handler of dialogHandlers.get(args?.button?.identifier) ?? []) handler(args);
      return;
    }
    const what = /^dialog\.(\w+)$/.exec(name)?.[1];
    if (!what || (what !== "close" && !args?.button)) return;
    const handlers = dialogHandlers.get(what) ?? [];
    let close = what !== "close" && (what !== "submit" || closeOnSubmit);
    // Handlers of a button keep the dialog open by returning something false.
    for (const handler of handlers) close = Boolean(handler(args)) && close;
    if (close || what === "close") dialogHandlers.delete(what);
    if (close) AP.dialog.close();
  }

  if (AP.dialog) {
    const { create, createButton, getButton } = AP.dialog;
    const dialog = AP.dialog;
    Object.defineProperty(dialog, "customData", { get: () => frameOptions.customData });
    dialog.create = (options) => Object.assign(create(options), { on: onDialog });
    dialog.getButton = (name) => Object.assign(getButton(name), { name, bind: (handler) => onDialog(name, handler) });
    dialog.createButton = (wanted) => {
      const button = typeof wanted === "object" ? { ...wanted } : { text: wanted, identifier: wanted };
      button.identifier ??= `user.button.${uid()}`;
      createButton(button);
      return dialog.getButton(button.identifier);
    };
    dialog.disableCloseOnSubmit = () => {
      closeOnSubmit = false;
    };
    dialog.onDialogMessage = onDialog;
    AP.Dialog = dialog;
  }
  if (AP.inlineDialog) modules["inline-dialog"] = AP.inlineDialog;

  // ---- History: the host tells of every change, not only of the next one.

  if (AP.history) {
    AP.history.popState = (listener) => AP.register({ history_popstate: listener });
  }

  // ---- Jira and Confluence: functions among the arguments stay on this side.

  if (AP.jira) {
    const { openDatePicker, _submitWorkflowConfigurationResponse: submit } = AP.jira;
    AP.jira.openDatePicker = ({ onSelect, element, ...options } = {}) => {
      const box = element?.getBoundingClientRect();
      const position = box ? { top: box.bottom, left: box.left } : options.position;
      openDatePicker({ ...options, position }, (date) => onSelect?.(date, new Date(date)));
    };
    const workflow = { validate: () => true, save: () => "" };
    AP.jira.WorkflowConfiguration = {
      onSaveValidation: (listener) => { workflow.validate = listener; },
      onSave: (listener) => { workflow.save = listener; },
      trigger: () => ({ valid: workflow.validate(), value: workflow.save() }),
    };
    AP.register({ jira_workflow_post_function_submit: () => submit(AP.jira.WorkflowConfiguration.trigger()) });
  }
  if (AP.confluence) {
    AP.confluence.onMacroPropertyPanelEvent = (bindings) => {
      for (const [name, handler] of Object.entries(bindings ?? {})) AP.events.on(name, handler);
    };
  }

  // ---- Size.

  const pageOptions = (() => {
    const element = document.getElementById("ac-iframe-options") ?? document.currentScript;
    const parts = (element?.getAttribute("data-options") ?? "").split(";").map((part) => part.split(":").map((text) => text.trim()));
    const value = (text) => (text === "true" ? true : text === "false" ? false : text);
    return Object.fromEntries(parts.filter(([name, text]) => name && text !== undefined).map(([name, text]) => [name, value(text)]));
  })();

  const content = () => document.querySelector(".ac-content, #content") ?? document.body;

  AP.size = (width, height, element = content()) => {
    const all = document.documentElement;
    let w = width ?? "100%";
    if (frameOptions.widthinpx && typeof w === "string" && w.includes("%")) w = Math.max(element.scrollWidth, element.offsetWidth);
    let h = height;
    if (!h) {
      const style = getComputedStyle(element);
      h = element === document.body
        ? Math.max(element.scrollHeight, element.offsetHeight, all.offsetHeight)
        : element.getBoundingClientRect().height + Number.parseFloat(style.marginTop) + Number.parseFloat(style.marginBottom);
      h = Math.ceil(h || all.scrollHeight);
    }
    return { w, h };
  };
  AP.container = content;
  AP.resize = (width, height) => {
    if (!document.body) return;
    const { w, h } = AP.size();
    modules.env?.resize?.(width || w, height || h);
  };

  function resizeWithContent() {
    let last = "";
    const look = () => {
      const { w, h } = AP.size();
      if (`${w}x${h}` === last) return;
      last = `${w}x${h}`;
      AP.resize(w, h);
    };
    new ResizeObserver(() => requestAnimationFrame(look)).observe(content());
    look();
  }

  // ---- Small things pages of apps rely on.

  const meta = (name) => document.querySelector(`meta[name="ap-${CSS.escape(name)}"]`)?.content;
  AP.Meta = { get: meta };
  AP.meta = meta;
  AP.localUrl = (path) => {
    const base = meta("local-base-url");
    return base === undefined || path === undefined ? base : base + path;
  };

  const defined = new Map();
  AP.define = (name, dependencies, factory = dependencies) => {
    const needs = Array.isArray(dependencies) ? dependencies.map(find) : [];
    defined.set(name, typeof factory === "function" ? factory(...needs) : factory);
  };
  AP.require = (names, callback) => callback?.(...[names].flat().map(find));
  const find = (name) => defined.get(name) ?? modules[name] ?? globals[name];

  const setTheme = ({ initialTheme, newTheme }) => {
    const theme = initialTheme ?? newTheme ?? {};
    document.documentElement.dataset.colorMode = theme.colorMode ?? "light";
    document.documentElement.dataset.theme = `dark:${theme.dark ?? "dark"} light:${theme.light ?? "light"}`;
  };

  // ---- Start.

  if (hasHost) {
    post({ type: "init" });
    AP.register({ theme_initialized: setTheme, theme_changed: setTheme });
    AP.registerAny((evnt, name) => {
      deliver(evnt, name);
      dialogEvent(name, [evnt].flat()[0]);
    });
    setTimeout(() => {
      if (!greeted) console.error("AP: the host does not answer");
    }, 5_000);
    if (pageOptions.base === true) {
      AP.getLocation?.((href) => document.head.append(Object.assign(document.createElement("base"), { href, target: "_parent" })));
    }
  }
  const whenReady = () => {
    if (pageOptions.margin !== false) {
      document.body.style.setProperty("margin", frameOptions.isDialog ? "10px 10px 0 10px" : "0", "important");
    }
    if (!hasHost) return;
    if (pageOptions.sizeToParent === true) modules.env?.sizeToParent?.(pageOptions.hideFooter === true);
    else if (frameOptions.autoresize && pageOptions.resize !== false) resizeWithContent();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", whenReady);
  else whenReady();
})();
