// The consoles: webhooks to choose, edit and send, and calls of modules that nobody sees.
"use strict";
(() => {
  const headers = { "content-type": "application/json", "x-sandbox": "1" };

  async function json(path, options) {
    const response = await fetch(path, { headers, ...options });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.message ?? `the sandbox answered ${response.status}`);
    return answer;
  }

  function cell(text, className) {
    const td = document.createElement("td");
    td.textContent = text;
    if (className) td.className = className;
    return td;
  }

  // ---- Calls of modules

  const setup = JSON.parse(document.getElementById("sandbox-setup").textContent);
  for (const form of document.querySelectorAll("form[data-fire]")) {
    const output = form.querySelector("output");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const body = form.elements.body ? JSON.parse(form.elements.body.value) : null;
        const answer = await json("/_sandbox/bridge/fire", {
          method: "POST",
          headers: { ...headers, "x-sandbox-page": setup.tickets[form.dataset.app] },
          body: JSON.stringify({ module: form.dataset.fire, body }),
        });
        output.className = answer.status >= 200 && answer.status < 300 ? "answer good" : "answer bad";
        output.textContent = `${answer.status ?? "no answer"} in ${answer.ms} ms${answer.problem ? `: ${answer.problem}` : ""}\n${answer.text}`.trim();
      } catch (error) {
        output.className = "answer bad";
        output.textContent = error.message;
      }
    });
  }

  // ---- Webhooks

  const page = document.getElementById("webhooks");
  const form = document.getElementById("hook-form");
  if (!page || !form) return;
  const { site } = page.dataset;
  const field = form.elements;
  const problem = document.getElementById("hook-problem");
  const queue = [];
  let samples = [];

  const pretty = (value) => JSON.stringify(value, null, 2);

  function choose() {
    const sample = samples.find((known) => known.name === field.event.value);
    if (sample) field.body.value = pretty(sample.body);
    document.getElementById("hook-secret").hidden = sample?.name !== "installed";
    problem.textContent = "";
  }

  function one() {
    const wanted = {
      event: field.event.value,
      body: JSON.parse(field.body.value),
      user: field.user.value,
      times: Number(field.times.value) || 1,
      afterMs: Math.round((Number(field.after.value) || 0) * 1000),
      retry: Number(field.retry.value) || 0,
    };
    if (field.url.value) wanted.url = field.url.value;
    if (field.identifier.value) wanted.identifier = field.identifier.value;
    return wanted;
  }

  const guarded = (work) => async (event) => {
    event?.preventDefault();
    problem.textContent = "";
    try {
      await work();
    } catch (error) {
      problem.textContent = error.message;
    }
  };

  function group(label, lifecycle) {
    const options = samples.filter((sample) => sample.lifecycle === lifecycle);
    const element = document.createElement("optgroup");
    element.label = label;
    element.append(...options.map(({ name }) => new Option(name, name)));
    return element;
  }

  async function show() {
    const query = new URLSearchParams({ site, app: field.app.value });
    const { deliveries, samples: known } = await json(`/_sandbox/webhooks?${query}`);
    if (!samples.length) {
      samples = known;
      const chosen = field.event.value;
      field.event.replaceChildren(group("Webhooks", false), group("Lifecycle", true));
      if (samples.some(({ name }) => name === chosen)) field.event.value = chosen;
      choose();
    }
    const rows = deliveries.toReversed().slice(0, 100).map((sent) => {
      const row = document.createElement("tr");
      const good = sent.status >= 200 && sent.status < 300;
      const about = [sent.url, sent.tries > 1 ? `${sent.tries} times` : "", sent.problem, sent.identifier].filter(Boolean).join(" · ");
      row.append(cell(sent.event, "what"), cell(String(sent.status ?? "no answer"), good ? "ok" : "bad"), cell(about, "about"));
      return row;
    });
    if (rows.length) document.getElementById("deliveries").replaceChildren(...rows);
  }

  form.addEventListener("submit", guarded(async () => {
    const webhooks = queue.length ? queue.splice(0) : [one()];
    document.getElementById("hook-queued").textContent = "";
    await json("/_sandbox/webhooks", { method: "POST", body: JSON.stringify({ site, app: field.app.value, webhooks }) });
    await show();
  }));
  document.getElementById("hook-queue").addEventListener("click", guarded(() => {
    queue.push(one());
    document.getElementById("hook-queued").textContent = `In the queue: ${queue.map(({ event }) => event).join(", ")}`;
  }));
  field.event.addEventListener("change", choose);
  field.app.addEventListener("change", guarded(() => {
    samples = [];
    return show();
  }));
  guarded(show)();
})();
