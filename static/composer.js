// The composer: check and autosave after a pause, marks on the passages that remarks are about, the counter, the offered
// wording, and a copy in this browser of what the server has not saved yet.

const words = document.getElementById("words").dataset;
const person = document.body.dataset.person ?? "";

const CHECK_AFTER = 250;
const SAVE_AFTER = 1000;
const COPY_AFTER = 300;
const COPIES_LIVE = 7 * 24 * 3600 * 1000;

// composer form -> {timers, checking: AbortController, checked: the text its verdict is about, marks: [{start, end, effect}],
// saving: the text on its way, saveFailed}
const states = new WeakMap();

function stateOf(form) {
  if (!states.has(form)) states.set(form, { timers: {}, checked: "", marks: [], saving: "", saveFailed: false });
  return states.get(form);
}

function textOf(form) {
  return form.querySelector("[data-text]");
}

function composerOf(element) {
  return element?.closest?.("form[data-composer]") ?? document.querySelector("form[data-composer]");
}

function after(form, name, wait, act) {
  const { timers } = stateOf(form);
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

// ── places in the text: the server counts code points, the browser UTF-16 units ──

function unitAt(text, codePoint) {
  let units = 0;
  for (const character of text) {
    if (codePoint <= 0) break;
    units += character.length;
    codePoint -= 1;
  }
  return units;
}

// The span of `before` where it stands in `after`, or null when the edit touched it.
function moved({ start, end }, before, after) {
  if (before === after) return { start, end };
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  if (end <= head) return { start, end };
  const shift = after.length - before.length;
  return start >= before.length - tail ? { start: start + shift, end: end + shift } : null;
}

function spanOf(value, checked, now) {
  const [from, to] = value.split(",").map(Number);
  return moved({ start: unitAt(checked, from), end: unitAt(checked, to) }, checked, now);
}

// ── marks: a layer behind the textarea with the same text, invisible but for its marks ──

const STRENGTH = ["advise", "warn", "hold", "block"];

function layerOf(text) {
  const field = text.parentElement;
  const there = field.querySelector(".composer-marks");
  if (there) return there;
  const layer = document.createElement("div");
  layer.className = "composer-marks";
  layer.setAttribute("aria-hidden", "true");
  field.prepend(layer);
  text.addEventListener("scroll", () => (layer.scrollTop = text.scrollTop));
  return layer;
}

// Where two marks overlap, the stronger one is drawn and the weaker gives way.
function withoutOverlaps(marks) {
  const strongestFirst = [...marks].sort((a, b) => STRENGTH.indexOf(b.effect) - STRENGTH.indexOf(a.effect));
  const kept = [];
  for (const mark of strongestFirst) if (kept.every((other) => mark.end <= other.start || mark.start >= other.end)) kept.push(mark);
  return kept.sort((a, b) => a.start - b.start);
}

function drawMarks(form) {
  const text = textOf(form);
  const layer = layerOf(text);
  const parts = [];
  let at = 0;
  for (const { start, end, effect } of withoutOverlaps(stateOf(form).marks)) {
    const mark = document.createElement("mark");
    mark.dataset.effect = effect;
    mark.textContent = text.value.slice(start, end);
    parts.push(text.value.slice(at, start), mark);
    at = end;
  }
  layer.replaceChildren(...parts, `${text.value.slice(at)}\n`);
  layer.scrollTop = text.scrollTop;
}

function readMarks(form) {
  const state = stateOf(form);
  const now = textOf(form).value;
  const places = [...verdictOf(form).querySelectorAll("[data-span]")].map((finding) => {
    const span = spanOf(finding.dataset.span, state.checked, now);
    return span && { ...span, effect: finding.dataset.effect };
  });
  state.marks = places.filter((place) => place && place.end > place.start);
  drawMarks(form);
}

function shiftMarks(form, before, now) {
  const state = stateOf(form);
  state.marks = state.marks.flatMap((mark) => {
    const span = moved(mark, before, now);
    return span ? [{ ...mark, ...span }] : [];
  });
  drawMarks(form);
}

// ── check and autosave ──

function verdictOf(form) {
  return document.querySelector(form.dataset.checkTarget ?? "") ?? form;
}

function post(form, url, options = {}) {
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  return fetch(url, { method: "POST", body: new URLSearchParams(new FormData(form)), headers, ...options });
}

// The newest text wins: an answer to an older one is not waited for. By fetch, for htmx calls an abort an error.
async function check(form) {
  if (!form.isConnected || !form.dataset.check) return;
  const state = stateOf(form);
  const text = textOf(form).value;
  state.checking?.abort();
  state.checking = new AbortController();
  try {
    const answer = await post(form, form.dataset.check, { signal: state.checking.signal });
    showVerdict(form, text, answer, await answer.text());
  } catch (error) {
    // no line (TypeError): the notice of the connection says so
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
  }
}

function showVerdict(form, text, answer, content) {
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("samtal:connection", { detail: { state: "signed-out" } }));
  if (!form.isConnected || !(answer.ok || answer.status === 409 || answer.status === 422)) return;
  const elsewhere = answer.headers.get("HX-Retarget");
  if (elsewhere) {
    window.htmx.swap(elsewhere, content, { swapStyle: "innerHTML" });
    return;
  }
  stateOf(form).checked = text;
  window.htmx.swap(verdictOf(form), content, { swapStyle: "outerHTML" });
}

function save(form) {
  if (!form.isConnected || !form.dataset.autosave || form.dataset.unsaved === undefined) return;
  const target = form.dataset.autosaveTarget ? document.querySelector(form.dataset.autosaveTarget) : textOf(form);
  stateOf(form).saving = textOf(form).value;
  // without a target of its own htmx would take the form's, which is the page
  const swap = form.dataset.autosaveTarget && target ? "outerHTML" : "none";
  const request = window.htmx.ajax("POST", form.dataset.autosave, { source: textOf(form), target, swap, values: new FormData(form) });
  request?.catch(() => {}); // saved() hears of a failure by htmx's event
}

// The page goes before the pause is over: the request outlives it.
function saveOnLeaving(form) {
  if (!form.dataset.autosave || form.dataset.unsaved === undefined) return;
  post(form, form.dataset.autosave, { keepalive: true }).catch(() => {}); // nobody is left to be told; the copy stays
}

function saved(form, successful) {
  const state = stateOf(form);
  state.saveFailed = !successful;
  if (!successful || state.saving !== textOf(form).value) return;
  delete form.dataset.unsaved;
  dropCopy(form);
}

// The event may come from an ancestor, when what asked has been swapped away: requestConfig knows who asked.
document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, xhr } = event.detail;
  const asked = requestConfig.elt;
  const successful = xhr.status >= 200 && xhr.status < 300; // htmx counts 409 and 422 too: they swap
  if (asked.matches("[data-text]") && asked.form) saved(asked.form, successful);
  if (!asked.matches("form[data-composer]")) return;
  delete asked.dataset.leaving;
  if (!successful) return;
  delete asked.dataset.unsaved;
  dropCopy(asked);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-composer]")) return;
  Object.values(stateOf(form).timers).forEach(clearTimeout);
  form.dataset.leaving = "";
});

document.addEventListener("htmx:afterSwap", () => {
  document.querySelectorAll("form[data-composer]").forEach((form) => {
    if (form.dataset.check) readMarks(form);
    count(form);
  });
});

// ── the crash net: a copy in this browser until the server has the text ──

function copyName(form) {
  return `samtal:text:${person}:${form.dataset.thread}`;
}

function keepCopy(form) {
  const text = textOf(form).value;
  if (form.dataset.unsaved === undefined || !form.isConnected) return;
  localStorage.setItem(copyName(form), JSON.stringify({ text, at: Date.now() }));
}

function dropCopy(form) {
  clearTimeout(stateOf(form).timers.copy);
  localStorage.removeItem(copyName(form));
}

function readCopy(form) {
  const { text = "", at = 0 } = JSON.parse(localStorage.getItem(copyName(form)) ?? "{}");
  return Date.now() - at < COPIES_LIVE ? text : "";
}

function dropOldCopies() {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith("samtal:text:")) continue;
    const { at = 0 } = JSON.parse(localStorage.getItem(name));
    if (Date.now() - at >= COPIES_LIVE) localStorage.removeItem(name);
  }
}

function offerCopy(form) {
  const text = readCopy(form);
  const now = textOf(form).value;
  if (!text || text === now) return dropCopy(form);
  const offer = document.getElementById("kept").content.cloneNode(true);
  return textOf(form).parentElement.before(offer);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-kept]");
  if (!button) return;
  const form = composerOf(button);
  if (button.dataset.kept === "restore") replace(textOf(form), 0, textOf(form).value.length, readCopy(form));
  else dropCopy(form);
  button.closest(".composer-note").remove();
});

// ── writing into the text, with the browser's own undo ──

function replace(text, start, end, wording) {
  text.focus();
  text.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, wording)) return;
  text.setRangeText(wording, start, end, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function takeWording(button) {
  const form = composerOf(button);
  const text = textOf(form);
  const whole = { start: 0, end: text.value.length };
  const place = button.dataset.replace ? spanOf(button.dataset.replace, stateOf(form).checked, text.value) : whole;
  if (place) replace(text, place.start, place.end, button.dataset.wording);
}

document.addEventListener("click", (event) => {
  const wording = event.target.closest?.("[data-wording]");
  if (wording) takeWording(wording);
  const insert = event.target.closest?.("[data-insert]");
  const text = insert && composerOf(insert) && textOf(composerOf(insert));
  if (text) replace(text, text.selectionStart, text.selectionEnd, insert.dataset.insert);
});

// ── counting: characters as people count them, or X's weights ──

const LINK = /https?:\/\/\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|se|no|dk|fi|eu|io|nu)\b(?:\/\S*)?/giu;
const LINK_WEIGHT = 23;
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function weightOf(character) {
  if (/\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(character)) return 2;
  const isLight = (point) => LIGHT.some(([from, to]) => point >= from && point <= to);
  return [...character].reduce((sum, each) => sum + (isLight(each.codePointAt(0)) ? 1 : 2), 0);
}

function weighted(text) {
  const normal = text.normalize("NFC");
  const links = (normal.match(LINK) ?? []).length * LINK_WEIGHT;
  return [...graphemes.segment(normal.replace(LINK, ""))].reduce((sum, part) => sum + weightOf(part.segment), links);
}

function count(form) {
  const text = textOf(form);
  const output = document.querySelector(`[data-count-for="${CSS.escape(text.id)}"]`);
  if (!output) return;
  const size = output.dataset.count === "weighted" ? weighted(text.value) : [...text.value].length;
  const all = size + Number(output.dataset.countExtra ?? 0);
  const limit = Number(output.dataset.limit);
  const over = limit && all > limit;
  output.toggleAttribute("data-over", Boolean(over));
  const excess = over ? ` · ${words.over.replace("{count}", String(all - limit))}` : "";
  output.textContent = limit ? `${all}/${limit}${excess}` : String(all);
}

// ── typing ──

function grow(text) {
  if (CSS.supports("field-sizing", "content")) return;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

const lastText = new WeakMap();

function onType(form) {
  const text = textOf(form);
  shiftMarks(form, lastText.get(form) ?? "", text.value);
  lastText.set(form, text.value);
  form.dataset.unsaved = "";
  grow(text);
  count(form);
  after(form, "check", CHECK_AFTER, () => check(form));
  after(form, "save", SAVE_AFTER, () => save(form));
  after(form, "copy", COPY_AFTER, () => keepCopy(form));
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("form[data-composer] [data-text]")) onType(event.target.form);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-text]") && event.target.form) save(event.target.form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-composer]");
  if (!form || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send(form);
  }
  // Out of the text, into the composer: now single letters are commands, and Tab goes on from here.
  if (event.key === "Escape" && event.target.matches("[data-text]")) {
    form.tabIndex = -1;
    form.focus();
  }
});

function send(form) {
  const button = form.querySelector("[data-send]");
  if (!button) return;
  if (button.getAttribute("aria-disabled") === "true" || button.disabled) {
    document.dispatchEvent(new CustomEvent("samtal:say", { detail: { text: button.textContent.trim(), atOnce: true } }));
    return;
  }
  button.click();
}

// ── leaving ──

window.addEventListener("pagehide", () => document.querySelectorAll("form[data-composer]").forEach((form) => {
  if (form.dataset.leaving !== undefined) return;
  keepCopy(form);
  saveOnLeaving(form);
}));

// Asked only where the text may not reach the server: autosave carries it otherwise.
window.addEventListener("beforeunload", (event) => {
  const forms = [...document.querySelectorAll("form[data-composer][data-unsaved]:not([data-leaving])")];
  if (forms.some((form) => !form.dataset.autosave || stateOf(form).saveFailed)) event.preventDefault();
});

// ── a refresh that would draw over a composer in use: the composer stays, the rest is new ──

function inUse(form) {
  return form.dataset.unsaved !== undefined || form.contains(document.activeElement);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig, serverResponse } = event.detail;
  const form = target.querySelector?.("form[data-composer][id]");
  if (!form || form.contains(requestConfig.elt) || !inUse(form)) return;
  const page = new DOMParser().parseFromString(serverResponse, "text/html");
  const incoming = page.getElementById(form.id);
  if (!incoming) return;
  incoming.setAttribute("hx-preserve", "true");
  event.detail.serverResponse = page.body.innerHTML;
});

// ── what every page and every swapped partial gets ──

function prepare(root) {
  const forms = [...root.querySelectorAll("form[data-composer]")];
  if (root.matches?.("form[data-composer]")) forms.push(root);
  for (const form of forms) {
    const text = textOf(form);
    lastText.set(form, text.value);
    stateOf(form).checked = text.value;
    readMarks(form);
    count(form);
    grow(text);
    if (!form.querySelector("[data-kept]")) offerCopy(form);
    // a draft from before has no verdict yet, and the rules may have changed since
    if (text.value.trim() && !verdictOf(form).querySelector(".finding")) check(form);
  }
}

dropOldCopies();
prepare(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) prepare(event.detail.elt);
});
