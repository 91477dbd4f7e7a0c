// Marking by keyboard. A mark is first written down in this browser, then sent until the desk has it:
// nothing is lost by a closed lid, and the desk does nothing twice that has the same key.
"use strict";

(() => {
  const box = document.getElementById("unit");
  const queueBox = document.getElementById("queue");
  const said = document.getElementById("said");
  const STORE = `desk-marks:${box.dataset.account}`;
  const DRAFT = `desk-draft:${box.dataset.account}`;
  const PRESENCE = 15000;
  const RETRIES = [500, 1000, 2000, 4000, 8000, 15000];
  let adjustment = 0;
  let following = null;
  let sending = false;
  let tries = 0;
  let timer = 0;
  let signedOut = false;
  let notice = "";
  let turning = false; // until the next answer is there, keys would mean the one before

  const form = () => box.querySelector("form.marking");
  const field = (name) => form().elements[name];
  const items = () => [...form().querySelectorAll('.items input[name="items"]')];
  const ask = (url, options = {}) => fetch(url, {
    credentials: "same-origin", redirect: "error", ...options,
    headers: { "HX-Request": "true", "X-CSRF-Token": box.dataset.csrf, ...options.headers },
  });
  const post = (url, body) => ask(url, { method: "POST", body, headers: { Accept: "application/json" } });
  const unitUrl = (query) => {
    const asked = new URLSearchParams(box.dataset.options);
    for (const [name, value] of query) asked.append(name, value);
    return `${box.dataset.page}/unit?${asked}`;
  };

  // The marks that wait, the oldest first.
  const queue = () => {
    try { return JSON.parse(localStorage.getItem(STORE) || "[]"); } catch { return []; }
  };
  const keep = (marks) => {
    if (marks.length) localStorage.setItem(STORE, JSON.stringify(marks));
    else localStorage.removeItem(STORE);
  };
  const drop = (key) => keep(queue().filter((mark) => mark.key !== key));
  const change = (key, fields) => keep(queue().map((mark) => (mark.key === key ? { ...mark, ...fields } : mark)));

  async function send() {
    clearTimeout(timer);
    if (sending) return;
    sending = true;
    try {
      let mark;
      while ((mark = queue().find((each) => !each.refused)) && !signedOut) await sendOne(mark);
      tries = 0;
    } catch {
      timer = setTimeout(send, RETRIES[Math.min(tries++, RETRIES.length - 1)]);
    } finally {
      sending = false;
      showQueue();
    }
  }

  async function sendOne(mark) {
    const answer = await post(mark.url, new URLSearchParams(mark.fields));
    if (answer.ok) {
      box.dataset.act = (await answer.json()).act;
      drop(mark.key);
    } else if (answer.status === 401) {
      signedOut = true;
    } else if ([400, 403, 404, 409, 413].includes(answer.status)) {
      const refused = text(await answer.text());
      change(mark.key, { refused, conflict: answer.status === 409, stale: answer.status === 403 });
    } else {
      throw new Error(String(answer.status));
    }
  }

  const text = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.replace(/\s+/g, " ").trim();

  const say = (words) => { said.textContent = words; };

  function showQueue() {
    const marks = queue();
    const waiting = marks.filter((mark) => !mark.refused).length;
    const lines = [];
    if (waiting && (tries > 0 || signedOut)) {
      const data = queueBox.dataset;
      lines.push(paragraph((waiting === 1 ? data.waitingOne : data.waiting).replace("{n}", waiting)));
      if (signedOut) lines.push(paragraph(data.signedOut));
    }
    for (const mark of marks.filter((each) => each.refused)) lines.push(refusal(mark));
    if (notice) lines.push(paragraph(notice));
    queueBox.replaceChildren(...lines);
    queueBox.hidden = !lines.length;
  }

  function tell(words) {
    notice = words;
    showQueue();
  }

  function paragraph(words) {
    const line = document.createElement("p");
    line.textContent = words;
    return line;
  }

  function refusal(mark) {
    const line = paragraph(`${queueBox.dataset.refused}: ${mark.refused}`);
    const button = (label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = label;
      made.addEventListener("click", act);
      line.append(made);
    };
    button(queueBox.dataset.look, () => { drop(mark.key); location.href = mark.page; });
    if (mark.conflict) {
      button(queueBox.dataset.over, () => {
        change(mark.key, { refused: "", conflict: false, fields: [...mark.fields, ["over", "1"]] });
        send();
      });
    }
    button(queueBox.dataset.discard, () => { drop(mark.key); showQueue(); });
    return line;
  }

  // The answer that is shown.
  function show(html, { move = true } = {}) {
    box.innerHTML = html;
    turn(false);
    tell("");
    begin();
    if (move) box.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  function begin() {
    const shown = form();
    if (!shown) return;
    adjustment = Number(shown.dataset.adjustment);
    for (const button of shown.querySelectorAll("[data-do][hidden]")) button.hidden = false;
    restoreDraft();
    const title = box.querySelector("#answer-title");
    say(title.textContent);
    showTotal();
    const at = new URL(location.href);
    at.searchParams.set("answer", shown.dataset.unit);
    at.searchParams.delete("step");
    history.replaceState(null, "", at);
    document.querySelector('#add [name="answer"]').value = shown.dataset.unit;
    prefetch(shown.dataset.unit);
  }

  // What is shown, and what the desk may not know to be marked yet, does not come next.
  const without = (...codes) => [...codes, ...queue().map((mark) => mark.unit)].map((code) => ["without", code]);

  // What was chosen and written but not saved yet, for when the page is closed before it is.
  function keepDraft() {
    const chosen = items().filter((item) => item.checked).map((item) => item.value);
    const draft = { page: box.dataset.page, unit: unit(), chosen, points: field("points").value, comment: field("comment").value };
    localStorage.setItem(DRAFT, JSON.stringify(draft));
  }

  function restoreDraft() {
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(DRAFT)); } catch { /* not ours */ }
    if (draft?.page !== box.dataset.page || draft.unit !== unit()) return;
    for (const item of items()) item.checked = draft.chosen.includes(item.value);
    field("points").value = draft.points;
    field("comment").value = draft.comment;
  }

  function prefetch(code) {
    following = ask(unitUrl(without(code))).then((answer) => (answer.ok ? answer.text() : null)).catch(() => null);
  }

  const sum = () => Number(form().dataset.begins) + items().filter((item) => item.checked)
    .reduce((total, item) => total + Number(item.dataset.points), 0);
  const within = (points) => Math.min(Math.max(points, 0), Number(form().dataset.most));
  const round = (points) => Math.round(points * 100) / 100;

  function changed() {
    problem("");
    showTotal();
    keepDraft();
  }

  function showTotal() {
    const typed = field("points").value.replace(",", ".").trim();
    const total = typed ? Number(typed) : round(within(sum() + adjustment));
    const nothing = !typed && !adjustment && Number(form().dataset.begins) === 0 && !items().some((item) => item.checked);
    form().querySelector("[data-total]").textContent = nothing ? "–" : String(total);
    return nothing;
  }

  function problem(words) {
    const line = form().querySelector("[data-problem]");
    line.textContent = words;
    line.hidden = !words;
  }

  function save() {
    const shown = form();
    const nothing = showTotal() && !field("comment").value.trim();
    const typed = field("points").value.replace(",", ".").trim();
    if (nothing || !shown.querySelector('[name="answers"]:checked, [name="answers"][type="hidden"]')) {
      problem(queueBox.dataset.nothing);
      return;
    }
    if (typed && !(Number(typed) >= 0 && Number(typed) <= Number(shown.dataset.most))) {
      problem(shown.querySelector("#points-of").textContent);
      field("points").focus();
      return;
    }
    const fields = [...new FormData(shown)].filter(([name]) => name !== "csrf");
    const page = new URL(location.href);
    keep([...queue(), { key: field("key").value, unit: shown.dataset.unit, url: shown.action, fields, page: page.pathname + page.search }]);
    localStorage.removeItem(DRAFT);
    send();
    go();
  }

  const turn = (on) => { turning = on; box.setAttribute("aria-busy", String(on)); };

  async function go() {
    turn(true);
    const html = following && (await following);
    following = null;
    if (html) show(html);
    else await load(without(unit()));
  }

  async function load(query) {
    turn(true);
    for (let at = 0; ; at++) {
      try {
        const answer = await ask(unitUrl(query));
        if (answer.status === 401) { signedOut = true; showQueue(); turn(false); return; }
        show(await answer.text());
        return;
      } catch {
        if (at === 0) tell(queueBox.dataset.offline);
        await new Promise((resolve) => setTimeout(resolve, RETRIES[Math.min(at, RETRIES.length - 1)]));
      }
    }
  }

  const unit = () => form()?.dataset.unit;
  const beside = (step) => load([["answer", unit()], ["step", step]]);

  async function undo() {
    for (let at = 0; at < 50 && sending; at++) await new Promise((resolve) => setTimeout(resolve, 50));
    if (queue().some((mark) => !mark.refused)) { tell(queueBox.dataset.offline); return; }
    if (box.dataset.act === "0") return;
    let answer;
    try {
      answer = await post(box.dataset.undo, new URLSearchParams({ act: box.dataset.act }));
    } catch {
      tell(queueBox.dataset.offline);
      return;
    }
    if (!answer.ok) { tell(text(await answer.text())); return; }
    const done = await answer.json();
    box.dataset.act = done.last;
    if (done.url === box.dataset.page && done.answer) await load([["answer", done.answer]]);
    else if (done.answer) location.href = `${done.url}?answer=${done.answer}`;
    tell(done.said);
  }

  async function flag(button) {
    const body = new URLSearchParams({ answer: unit(), on: button.dataset.on });
    try {
      const answer = await post(`${box.dataset.page}/flag`, body);
      if (answer.ok) await load([["answer", unit()]]);
      else tell(text(await answer.text()));
    } catch {
      tell(queueBox.dataset.offline);
    }
  }

  function cells() {
    const around = box.querySelector("details.around");
    around.open = !around.open;
  }

  function fill(around) {
    const place = around.querySelector(".frame-place");
    if (!around.open || place.querySelector("iframe")) return;
    const frame = document.createElement("iframe");
    frame.title = place.dataset.title;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = around.dataset.cells;
    place.replaceChildren(frame);
  }

  function use(comment) {
    const area = field("comment");
    area.value = area.value.trim() ? `${area.value.trim()}\n${comment}` : comment;
    changed();
  }

  // A digit is an item; without a scheme it is points.
  function digit(key) {
    const every = items();
    const at = key === "0" ? 9 : Number(key) - 1;
    if (!every.length) {
      if (Number(key) <= Number(form().dataset.most)) field("points").value = key;
    } else if (every[at]) {
      every[at].checked = !every[at].checked;
    }
    changed();
  }

  const ACTS = {
    Enter: save,
    p: () => { field("points").focus(); field("points").select(); },
    c: () => field("comment").focus(),
    a: () => document.getElementById("add").showModal(),
    f: () => flag(box.querySelector('[data-do="flag"]')),
    n: () => go(),
    j: () => beside("next"),
    k: () => beside("previous"),
    s: cells,
    "?": () => document.getElementById("keys").showModal(),
  };
  const DO = { skip: "n", flag: "f", add: "a", help: "?" };

  const keysOn = document.getElementById("keys-on");
  keysOn.checked = localStorage.getItem("desk-keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("desk-keys", keysOn.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if (turning || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    const at = event.target;
    const typing = at.matches('textarea, select, input:not([type="checkbox"])');
    if (typing && event.key === "Escape") { at.blur(); return; }
    if (at.id === "points" && event.key === "Enter" && form()) { event.preventDefault(); save(); return; }
    if (typing || !keysOn.checked) return;
    if (event.key === "Enter" && at.matches("a, button, summary")) return;
    if (event.key === "u") { event.preventDefault(); undo(); return; }
    if (!form()) return;
    if (/^[0-9]$/.test(event.key)) { event.preventDefault(); digit(event.key); return; }
    const act = Object.hasOwn(ACTS, event.key) && ACTS[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  box.addEventListener("submit", (event) => { event.preventDefault(); if (!turning) save(); });
  box.addEventListener("input", () => { if (form()) changed(); });
  box.addEventListener("toggle", (event) => { if (event.target.matches("details.around")) fill(event.target); }, true);
  box.addEventListener("click", (event) => {
    if (turning) { event.preventDefault(); return; }
    const link = event.target.closest(".move-row a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      beside(link.rel === "prev" ? "previous" : "next");
      return;
    }
    const button = event.target.closest("button");
    if (button?.dataset.comment) use(button.dataset.comment);
    if (button?.dataset.do === "undo") undo();
    else if (button && DO[button.dataset.do]) ACTS[DO[button.dataset.do]]();
  });
  for (const close of document.querySelectorAll("[data-close]"))
    close.addEventListener("click", () => close.closest("dialog").close());

  async function presence() {
    const shown = form();
    if (!shown || document.hidden) return;
    const codes = [...shown.querySelectorAll('[name="answers"]')].flatMap((each) => each.value.split(" "));
    const asked = new URLSearchParams({ seen: field("seen").value });
    for (const code of codes.slice(0, 100)) asked.append("answer", code);
    try {
      const answer = await ask(`${box.dataset.page}/here?${asked}`);
      if (answer.ok && form() === shown) shown.querySelector("[data-presence]").textContent = (await answer.json()).said.join(" ");
    } catch { /* the next time */ }
  }
  setInterval(presence, PRESENCE);

  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { send(); presence(); } });
  // What was refused for the page's earlier session is sent by this one.
  keep(queue().map((mark) => (mark.stale ? { ...mark, refused: "", stale: false } : mark)));
  begin();
  showQueue();
  send();
})();
