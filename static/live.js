// The tab's side of the live stream: what changed becomes events of htmx on the body, lists are patched without moving
// the row under pointer or focus, and a lost connection is said in words.

const { live, shown, heard, streamWorker } = document.body.dataset;
const words = document.getElementById("words").dataset;

const QUIET_BEFORE_NOTICE = 3000; // a new page or a restart of the server is not worth a word

// ── joining the stream ──

let port = null;
let lostNotice = 0;
let saidLost = false;

function join(newPort) {
  port = newPort;
  port.onmessage = hear;
  here({ eager: true });
}

async function joinAlone() {
  const { Stream } = await import(streamWorker);
  const channel = new MessageChannel();
  new Stream().join(channel.port1);
  join(channel.port2);
}

async function joinOthers() {
  if (typeof SharedWorker !== "function") return joinAlone();
  const worker = new SharedWorker(streamWorker, { type: "module", name: "samtal" });
  worker.addEventListener("error", joinAlone);
  return join(worker.port);
}

function shownThreads() {
  return [...document.querySelectorAll("[data-thread-id]")].map((element) => element.dataset.threadId);
}

function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

let reported = "";

function here({ eager = false, always = true } = {}) {
  const threads = shownThreads();
  if (!always && threads.join() === reported) return;
  reported = threads.join();
  port.postMessage({ kind: "here", live, shown, heard, csrf: csrfToken(), threads, eager });
}

function hear({ data }) {
  if (data.kind === "still there?") here();
  if (data.kind === "change") receive(data.change);
  if (data.kind === "connection") connection(data);
}

async function start() {
  await joinOthers();
  window.addEventListener("pagehide", () => port.postMessage({ kind: "bye" }));
  window.addEventListener("pageshow", (event) => event.persisted && here({ eager: true }));
  window.addEventListener("online", () => here({ eager: true }));
  document.addEventListener("htmx:afterSettle", () => here({ always: false }));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    here({ eager: true });
    flush();
  });
}

// ── a connection lost and found ──

function notice(state) {
  saidLost = state !== "open";
  document.dispatchEvent(new CustomEvent("samtal:connection", { detail: { state } }));
}

function connection({ state, again }) {
  // each failed attempt says "lost" again: the first one counts
  if (state === "lost" && !saidLost) lostNotice ||= setTimeout(() => notice("lost"), QUIET_BEFORE_NOTICE);
  if (state === "lost") return;
  clearTimeout(lostNotice);
  lostNotice = 0;
  if (state === "signed-out") notice("signed-out");
  if (state !== "open") return;
  if (saidLost) notice("open");
  // What happened meanwhile may be past the server's memory of events. Spread out, so that a restart is not a rush.
  if (again) setTimeout(() => receive({ kind: "refresh" }), Math.random() * 500);
}

// ── changes become events; a tab nobody looks at collects them ──

const waiting = new Map();

function receive(change) {
  if (!document.hidden) {
    tell(change);
    return;
  }
  waiting.set(`${change.kind}-${change.id}`, change);
}

function flush() {
  const changes = [...waiting.values()];
  waiting.clear();
  changes.forEach(tell);
}

function tell(change) {
  const names = [`samtal:${change.kind}`];
  if (change.id) names.push(`samtal:${change.kind}-${change.id}`);
  if (change.kind === "thread" || change.kind === "reply") names.push("samtal:list");
  names.forEach((name) => window.htmx.trigger(document.body, name, change));
}

// ── a partial in use is not drawn over: it waits until the dialog is closed, the selection gone, the field left ──

const postponed = new Map(); // event name -> its detail

function inUse(part) {
  if (part.querySelector("dialog[open], details.menu[open]")) return true;
  const selection = document.getSelection();
  if (!selection.isCollapsed && part.contains(selection.anchorNode)) return true;
  const focused = document.activeElement;
  return part.contains(focused) && focused.matches("input, textarea, select") && !focused.closest("[data-composer]");
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const cause = requestConfig.triggeringEvent;
  if (!cause?.type.startsWith("samtal:") || !inUse(target)) return;
  event.detail.shouldSwap = false;
  postponed.set(cause.type, cause.detail);
});

function catchUp() {
  const events = [...postponed];
  postponed.clear();
  events.forEach(([name, detail]) => window.htmx.trigger(document.body, name, detail));
}

function catchUpSoon() {
  if (postponed.size > 0 && document.getSelection().isCollapsed) setTimeout(catchUp);
}

for (const name of ["close", "toggle", "focusout", "selectionchange"]) document.addEventListener(name, catchUpSoon, true);

// ── what a person has unfolded stays unfolded ──

let unfolded = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  const open = event.detail.target.querySelectorAll?.("[id] > details.fold[open]") ?? [];
  unfolded = [...open].map((fold) => fold.parentElement.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of unfolded) document.getElementById(id)?.querySelector(":scope > details.fold")?.setAttribute("open", "");
});

// ── live lists ──

const held = new Map(); // list id -> the newest version that waits

function isHeld(list) {
  const zone = list.parentElement;
  return (matchMedia("(hover: hover)").matches && list.matches(":hover")) || zone.contains(document.activeElement);
}

// A row that is the same, but for what scripts have added to it, is left alone.
function sameRow(old, fresh) {
  return (old.dataset.version ?? old.outerHTML) === (fresh.dataset.version ?? fresh.outerHTML);
}

function underHand(row) {
  return row.matches(":hover") || row.contains(document.activeElement);
}

// Rows that stay are drawn anew where they stand; nothing enters, leaves or moves.
function refreshInPlace(list, fresh) {
  const added = [];
  for (const row of fresh.children) {
    const old = list.querySelector(`:scope > #${CSS.escape(row.id)}`);
    if (!old || underHand(old) || sameRow(old, row)) continue;
    const copy = row.cloneNode(true);
    old.replaceWith(copy);
    added.push(copy);
  }
  return added;
}

function patch(list, fresh) {
  const gone = new Map([...list.children].map((row) => [row.id, row]));
  const added = [];
  let place = list.firstElementChild;
  for (const row of [...fresh.children]) {
    const old = gone.get(row.id);
    gone.delete(row.id);
    const keep = old && sameRow(old, row) ? old : row;
    if (keep === row) added.push(row);
    if (old === place) place = place?.nextElementSibling ?? null;
    if (keep === row) old?.remove();
    list.insertBefore(keep, place);
  }
  gone.forEach((row) => row.remove());
  return added;
}

// Whoever has scrolled down keeps the row they look at where it is.
function keepingScroll(list, change) {
  const pane = list.closest(".desk-scroll, .desk-list") ?? document.scrollingElement;
  const top = pane === document.scrollingElement ? 0 : pane.getBoundingClientRect().top;
  const anchor = pane.scrollTop > 0 && [...list.children].find((row) => row.getBoundingClientRect().bottom > top);
  const before = anchor ? anchor.getBoundingClientRect().top : 0;
  const result = change();
  if (anchor?.isConnected) pane.scrollTop += anchor.getBoundingClientRect().top - before;
  return result;
}

function newsFor(list, fresh) {
  const ours = [...list.children].map((row) => row.id);
  const theirs = [...fresh.children].map((row) => row.id);
  const count = theirs.filter((id) => !ours.includes(id)).length;
  if (count === 1) return words.newOne;
  if (count > 1) return words.newMany.replace("{count}", String(count));
  return ours.join() === theirs.join() ? "" : words.changed;
}

function newsOf(list) {
  return list.parentElement.querySelector(":scope > .rows-news");
}

function newsButton(list) {
  if (newsOf(list)) return newsOf(list);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "rows-news";
  button.addEventListener("click", () => show(list, { moveFocus: true }));
  list.before(button);
  return button;
}

function sayNews(button, text) {
  if (button.textContent === text) return;
  button.textContent = text;
  document.dispatchEvent(new CustomEvent("samtal:say", { detail: { text } }));
}

function hold(list, fresh) {
  const added = refreshInPlace(list, fresh);
  held.set(list.id, fresh);
  const text = newsFor(list, fresh);
  if (text) sayNews(newsButton(list), text);
  else newsOf(list)?.remove();
  return added;
}

function clearNews(list) {
  held.delete(list.id);
  newsOf(list)?.remove();
}

function show(list, { moveFocus = false } = {}) {
  const fresh = held.get(list.id);
  if (!fresh) return;
  clearNews(list);
  keepingScroll(list, () => patch(list, fresh)).forEach((row) => window.htmx.process(row));
  if (moveFocus) list.querySelector("a, button")?.focus();
}

function release() {
  for (const id of held.keys()) {
    const list = document.getElementById(id);
    if (!list) held.delete(id);
    else if (!isHeld(list)) show(list);
  }
}

// Focus is already elsewhere when the task runs, not yet while the event does.
for (const name of ["pointerout", "focusout"]) document.addEventListener(name, () => held.size && setTimeout(release));

window.htmx.defineExtension("samtal-live", {
  handleSwap(style, target, fragment) {
    if (style !== "samtal-live") return false;
    const fresh = fragment.querySelector(`#${CSS.escape(target.id)}`) ?? fragment;
    if (isHeld(target)) return hold(target, fresh);
    clearNews(target);
    return keepingScroll(target, () => patch(target, fresh));
  },
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.matches?.("[data-live-list]")) event.detail.swapOverride = "samtal-live";
});

start();
