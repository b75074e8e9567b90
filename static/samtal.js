// Every page: idempotency keys, double submit, dialogs, menus, countdowns, announcements, errors in words.
// The other scripts ask for speech and notices by events on document: samtal:say, samtal:toast, samtal:connection.

const words = document.getElementById("words").dataset;

// ── saying things ──

const SAID_FOR = 5000;
const announced = new Map();

function say(text, atOnce = false) {
  const line = document.createElement("p");
  line.textContent = text;
  document.getElementById(atOnce ? "said-at-once" : "said-politely").append(line);
  setTimeout(() => line.remove(), SAID_FOR);
}

// A partial is swapped many times with the same words: they are said when they change, not when they are drawn.
function announce(element) {
  const text = element.dataset.announce;
  const about = element.id || text;
  if (announced.get(about) === text) return;
  announced.set(about, text);
  if (text) say(text, element.dataset.assertive !== undefined);
}

function toast(text) {
  const notice = document.getElementById("toast").content.cloneNode(true);
  notice.querySelector("p").textContent = text;
  (noticesOfDialog() ?? document.getElementById("messages")).append(notice);
  say(text, true);
}

// Behind a modal dialog nothing can be read or reached: what is said meanwhile is said in it.
function noticesOfDialog() {
  const body = document.querySelector("dialog:modal .dialog-body");
  if (!body) return null;
  return body.querySelector(".dialog-notices") ?? body.insertAdjacentElement("afterbegin", newNotices());
}

function newNotices() {
  return Object.assign(document.createElement("div"), { className: "dialog-notices" });
}

function showConnection(state) {
  document.getElementById("connection-notice")?.remove();
  if (state === "open") return say(words.online);
  const notice = document.getElementById("connection").content.firstElementChild.cloneNode(true);
  const text = state === "signed-out" ? words.signedOut : words.offline;
  notice.id = "connection-notice";
  notice.querySelector("p").textContent = text;
  notice.querySelector("a").hidden = state !== "signed-out";
  document.getElementById("banners").append(notice);
  say(text);
}

document.addEventListener("samtal:say", (event) => say(event.detail.text, event.detail.atOnce));
document.addEventListener("samtal:toast", (event) => toast(event.detail.text));
document.addEventListener("samtal:connection", (event) => showConnection(event.detail.state));

// ── forms: one key a submission, one submission at a time ──

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keyField(form) {
  return form.querySelector("input[type=hidden][name=key]");
}

// In the capture phase, so that neither the browser nor htmx sees the second click.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.dataset.busy !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const key = keyField(form);
    if (key && !key.value) key.value = newKey();
  },
  true,
);

document.addEventListener("submit", (event) => {
  delete event.target.dataset.changed;
  if (!event.defaultPrevented && event.target.getAttribute("method")?.toLowerCase() === "post") event.target.dataset.busy = "";
});

document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.elt.matches("form")) event.detail.elt.dataset.busy = "";
});

// A button that posts to a place of its own must not spend the key of the form around it.
const keysOfButtons = new WeakMap();
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, verb, parameters } = event.detail;
  if (verb === "get" || elt.matches("form")) return;
  if (!keysOfButtons.has(elt)) keysOfButtons.set(elt, newKey());
  parameters.key = keysOfButtons.get(elt);
});

// An answer settles the key; without one (0) or after a fault of the server (5xx) a retry must carry the same.
// requestConfig.elt is who asked; the event itself may come from an ancestor, when that has been swapped away.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt;
  const status = event.detail.xhr.status;
  if (status >= 200 && status < 500) keysOfButtons.delete(form);
  if (!form.matches("form")) return;
  delete form.dataset.busy;
  const key = keyField(form);
  if (key && status >= 200 && status < 500) key.value = "";
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-busy]").forEach((form) => delete form.dataset.busy);
});

// A control that is refused stays readable and in the tab order, but does nothing.
document.addEventListener(
  "click",
  (event) => {
    if (!event.target.closest?.('[aria-disabled="true"]')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) form.dataset.changed = "";
});

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-guard][data-changed]")) event.preventDefault();
});

// ── errors in words ──

function wordsFor(status, verb) {
  if (status === 401) return words.signedOut;
  if (status === 403) return words.forbidden;
  if (status === 404) return words.gone;
  if (verb === "get" || (status >= 400 && status < 500)) return words.failed;
  return words.unsure;
}

// What refetches itself in the background says nothing: the notice of the connection does.
function askedByPerson(detail) {
  const cause = detail.requestConfig?.triggeringEvent;
  return Boolean(cause) && !cause.type.startsWith("samtal:") && cause.type !== "load";
}

function sayFailure(event) {
  const { detail } = event;
  if (askedByPerson(detail)) toast(wordsFor(detail.xhr.status, detail.requestConfig.verb));
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, sayFailure);

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "refused") event.detail.target = noticesOfDialog() ?? event.detail.target;
});

// Signed out in the background: the page stays, with what is written on it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401 || askedByPerson(event.detail)) return;
  event.preventDefault();
  showConnection("signed-out");
});

// A whole page where a partial was asked for: the request was led to the sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, target, serverResponse } = event.detail;
  const led = xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(requestConfig.path, location.href).pathname;
  if (!led || target === document.body || !/^\s*<!doctype/i.test(serverResponse)) return;
  event.detail.shouldSwap = false;
  showConnection("signed-out");
});

// ── dialogs, notices, menus ──

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    event.preventDefault();
    closeMenus();
    dialog.showModal();
  }
  const closed = event.target.closest?.("[data-closes]")?.closest("dialog, .toast");
  if (closed instanceof HTMLDialogElement) closed.close();
  else closed?.remove();
  // a click on the backdrop is a click on the dialog itself
  if (event.target instanceof HTMLDialogElement) event.target.close();
  closeMenus(event.target.closest?.("details.menu"));
});

// What was asked for in a dialog has been done: it closes.
document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (requestConfig.verb !== "get" && xhr.status >= 200 && xhr.status < 300) requestConfig.elt.closest("dialog[open]")?.close();
});

function closeMenus(except = null) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
}

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  const held = menu.contains(document.activeElement);
  menu.open = false;
  if (held) menu.querySelector("summary").focus();
});

// What was chosen in a menu is done: the menu goes, and what waited for it is refreshed.
document.addEventListener("htmx:afterRequest", (event) => {
  const menu = event.detail.successful && event.detail.requestConfig.elt.closest?.("details.menu");
  if (menu) menu.open = false;
});

document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));

// Without TLS, or where the browser forbids it, there is no clipboard: the text stands there to be marked.
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    toast(words.failed);
    return;
  }
  button.textContent = button.dataset.copied;
  say(button.dataset.copied);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-shows-password]");
  if (!button) return;
  const field = document.getElementById(button.dataset.showsPassword);
  const hidden = field.type === "password";
  field.type = hidden ? "text" : "password";
  button.textContent = hidden ? words.hide : words.show;
  button.setAttribute("aria-pressed", String(hidden));
});

// ── countdowns: from the server's remaining seconds, so that two clocks are never compared ──

const due = new Map();

// 5:09 for hours and minutes; seconds only where there is no hour any more
function clock(seconds) {
  const [first, second] = seconds < 3600 ? [seconds / 60, seconds % 60] : [seconds / 3600, (seconds % 3600) / 60];
  return `${Math.floor(first)}:${String(Math.floor(second)).padStart(2, "0")}`;
}

function countDown(element) {
  const left = Math.ceil((due.get(element) - performance.now()) / 1000);
  if (left > 0) {
    element.textContent = element.dataset.dueText.replace("{seconds}", String(left)).replace("{clock}", clock(left));
    return;
  }
  due.delete(element);
  element.textContent = element.dataset.dueDone;
  if (element.dataset.dueEvent) window.htmx.trigger(document.body, element.dataset.dueEvent);
}

setInterval(() => {
  for (const element of due.keys()) {
    if (element.isConnected) countDown(element);
    else due.delete(element);
  }
}, 1000);

// ── panes that begin at their newest end, and stay there while something is added or the room gets smaller ──

const NEAR = 40;
const atEnd = new WeakSet();

function toEnd(pane) {
  if (atEnd.has(pane)) pane.scrollTop = pane.scrollHeight;
}

function startAtEnd(pane) {
  atEnd.add(pane);
  toEnd(pane);
  pane.addEventListener("scroll", () => {
    if (pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR) atEnd.add(pane);
    else atEnd.delete(pane);
  });
  new ResizeObserver(() => toEnd(pane)).observe(pane);
}

document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-starts-at-end]").forEach(toEnd));

// ── what every page and every swapped partial gets ──

function each(root, selector, act) {
  if (root.matches?.(selector)) act(root);
  root.querySelectorAll(selector).forEach(act);
}

function prepare(root) {
  each(root, "[data-announce]", announce);
  each(root, "[data-closes][hidden], [data-shows-password][hidden]", (button) => (button.hidden = false));
  each(root, "[data-due-in]", (element) => {
    due.set(element, performance.now() + Number(element.dataset.dueIn) * 1000);
    countDown(element);
  });
  each(root, "[data-error-summary]", (summary) => summary.focus());
  each(root, "[data-starts-at-end]", startAtEnd);
}

prepare(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) prepare(event.detail.elt);
});
