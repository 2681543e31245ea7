// Shows what happens in the sandbox while it happens.
"use strict";
(() => {
  const body = document.querySelector("#events tbody");
  const holder = document.querySelector(".table-holder");
  const empty = document.querySelector("#events-empty");
  let last = 0;

  const cell = (text, className) => {
    const td = document.createElement("td");
    td.textContent = text;
    if (className) td.className = className;
    return td;
  };

  const short = (url) => {
    try { return new URL(url).pathname; } catch { return url; }
  };

  // [what, answer, about] of an event, or nothing for those that are only noise here.
  const words = (event) => {
    switch (event.event) {
      case "bridgeCall": return [`AP.${event.call}`, "", event.app];
      case "faultTookEffect": return ["Fault on order", "", event.fault];
      case "forgeInvoked": return [`→ Forge: ${event.module}`, event.status ?? "✗", event.url];
      case "forgeKeysServed": return ["← keys of Forge", event.status, "key server"];
      case "installFailed": return ["Install failed", "✗", `${event.subCode}: ${event.message}`];
      case "installed": return [event.again ? "Installed again" : "Installed", "✓", event.app];
      case "issueChanged": return [`${event.key} ${event.change === "property" ? "has another property" : event.change}`, "", event.user ?? ""];
      case "keyServed": return ["← install key", event.status, "key server"];
      case "lifecycleSent": return [`→ ${event.lifecycle}`, event.status ?? "✗", event.problem ?? `${event.app} in ${event.ms} ms`];
      case "moduleCalled": return [`→ ${event.module}`, event.status ?? "✗", `${event.app} in ${event.ms} ms`];
      case "pageShown": return ["Page shown", "", `${event.app} / ${event.module}`];
      case "restCall": return [`← ${event.method} ${event.path}`, event.status, event.app ?? ""];
      case "tokenAsked": return ["← token of a user", event.status, event.problem ?? event.user];
      case "uninstalled": return ["Uninstalled", "✓", event.app];
      case "upmCall": return event.path.includes("/pending/") ? null : [`← ${event.method} ${short(event.path)}`, event.status ?? "lost", "plugin manager"];
      case "webhookSent": return [`→ ${event.webhook}${event.retry ? `, try ${event.retry + 1}` : ""}`, event.status ?? "✗", event.problem ?? `${event.app} in ${event.ms} ms`];
      default: return [event.event, "", ""];
    }
  };

  // Why a call was refused or an install failed, on a row of its own.
  const explain = ({ refusal, seen, hint }) => {
    const row = document.createElement("tr");
    const td = document.createElement("td");
    td.colSpan = 4;
    td.className = "why";
    const add = (tag, text) => {
      const element = document.createElement(tag);
      element.textContent = text;
      td.append(element);
    };
    if (refusal) add("strong", `${refusal.code}: ${refusal.reason}`);
    if (refusal?.expected) add("pre", `expected  ${refusal.expected}\nreceived  ${refusal.received ?? "a hash of something else"}`);
    if (seen) add("p", `On a real site ${seen}`);
    if (refusal?.hint ?? hint) add("p", refusal?.hint ?? hint);
    row.append(td);
    return row;
  };

  const show = (event) => {
    const shown = words(event);
    if (!shown) return;
    const [what, answer, about] = shown;
    const row = document.createElement("tr");
    const bad = answer === "✗" || answer === "lost" || Number(answer) >= 400;
    row.append(
      cell(new Date(event.at).toLocaleTimeString(), "time"),
      cell(what, "what"),
      cell(String(answer), bad ? "bad" : "ok"),
      cell(about, "about"),
    );
    body.prepend(...(event.refusal || event.hint ? [row, explain(event)] : [row]));
    while (body.rows.length > 200) body.lastElementChild.remove();
    holder.hidden = false;
    empty.hidden = true;
  };

  const look = async () => {
    try {
      const response = await fetch(`/_sandbox/events?after=${last}`);
      for (const event of await response.json()) {
        last = event.id;
        show(event);
      }
    } catch {
      // The sandbox is gone or restarting; the next look tells.
    }
    setTimeout(look, document.hidden ? 5000 : 1000);
  };
  look();
})();
