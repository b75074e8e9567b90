// Single-letter keys, moving in lists, the command palette and the list of keys. Each key is on a link, button or field
// of the page (data-key), so nothing can be done by key alone. Keys match the character, not its place on the keyboard.

const root = document.documentElement;
const words = document.getElementById("words").dataset;
const changed = new Map((root.dataset.keyMap ?? "").split(" ").filter(Boolean).map((pair) => pair.split(":")));
const switchedOff = root.dataset.keys === "off";

const TEXT_FIELDS = "textarea, select, [contenteditable], input:not([type=button], [type=checkbox], [type=radio], [type=submit])";

function keyOf(control) {
  return changed.get(control.dataset.key) ?? control.dataset.key;
}

function wordsOf(control) {
  const copy = control.cloneNode(true);
  copy.querySelectorAll("kbd, .count").forEach((part) => part.remove());
  return copy;
}

function nameOf(control) {
  if (control.dataset.label) return control.dataset.label;
  const drawn = control.querySelector("svg[aria-label]") ?? control;
  const label = drawn.getAttribute("aria-label") ?? (control.labels?.[0] ?? wordsOf(control)).textContent;
  return label.trim().replace(/\s+/g, " ");
}

// What stands in a closed menu counts: it is one click away. What is hidden at this width does not.
function usable(control) {
  if (control.disabled || control.closest("[hidden]")) return false;
  return control.checkVisibility() || Boolean(control.closest("details.menu:not([open])")?.checkVisibility());
}

function controls(selector) {
  const scope = document.querySelector("dialog:modal") ?? document;
  return [...scope.querySelectorAll(selector)].filter(usable);
}

function use(control) {
  if (!control.matches(TEXT_FIELDS)) {
    control.click();
    return;
  }
  control.focus();
  if (!control.closest("[data-composer]")) control.select?.();
}

// ── single letters ──

function isPlain(event) {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  return !event.target.closest?.(TEXT_FIELDS);
}

function onLetter(event) {
  if (switchedOff || !isPlain(event) || event.key.length !== 1) return;
  const key = event.shiftKey ? event.key : event.key.toLowerCase();
  const control = controls("[data-key]").find((each) => keyOf(each) === key);
  const step = { j: 1, k: -1 }[key];
  if (event.repeat && !step) return;
  if (!control && !step) return;
  event.preventDefault();
  if (control) use(control);
  else move(step);
}

document.addEventListener("keydown", onLetter);

// ── moving in lists ──

function move(step) {
  const list = document.activeElement.closest?.(".rows") ?? controls(".rows")[0];
  const rows = list ? [...list.querySelectorAll(".row-link")] : [];
  if (rows.length === 0) return;
  const at = rows.findIndex((link) => link === document.activeElement || link.closest(".row").contains(document.activeElement));
  const from = at >= 0 ? at : rows.findIndex((link) => link.closest(".row").matches(".current"));
  const to = from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + step));
  rows[to].focus({ focusVisible: true });
  rows[to].scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const mover = event.target.closest?.("[data-move]");
  if (mover) move(mover.dataset.move === "previous" ? -1 : 1);
});

// ── the list of keys ──

function rowOfKey(key, name) {
  const row = document.createElement("div");
  const term = row.appendChild(document.createElement("dt"));
  const kbd = term.appendChild(document.createElement("kbd"));
  kbd.className = "key";
  kbd.textContent = key;
  row.appendChild(document.createElement("dd")).textContent = name;
  return row;
}

// In the capture phase: filled before the dialog opens over the controls it lists.
document.addEventListener(
  "click",
  (event) => {
    if (!event.target.closest?.('[data-opens="keys"]')) return;
    const seen = new Map();
    for (const control of controls("[data-key]")) if (!seen.has(keyOf(control))) seen.set(keyOf(control), nameOf(control));
    document.getElementById("keys-list").replaceChildren(...[...seen].map(([key, name]) => rowOfKey(key, name)));
  },
  true,
);

// ── the command palette ──

const palette = document.getElementById("palette");
const filter = document.getElementById("palette-input");
const options = document.getElementById("palette-list");
let commands = []; // {control, name, key}
let chosen = 0;

function openPalette() {
  const found = controls("[data-key], [data-command], .top-nav a, .queues a").filter((control) => nameOf(control));
  commands = found.map((control) => ({ control, name: nameOf(control), key: control.dataset.key && !switchedOff ? keyOf(control) : "" }));
  filter.value = "";
  draw();
  palette.showModal();
}

function matching() {
  const sought = filter.value.trim().toLocaleLowerCase();
  const hits = commands.filter((command) => command.name.toLocaleLowerCase().includes(sought));
  return hits.sort((a, b) => a.name.toLocaleLowerCase().indexOf(sought) - b.name.toLocaleLowerCase().indexOf(sought));
}

function option(command, index) {
  const line = document.createElement("div");
  line.className = "palette-option";
  line.id = `palette-option-${index}`;
  line.setAttribute("role", "option");
  line.append(command.name);
  if (command.key) {
    const kbd = line.appendChild(document.createElement("kbd"));
    kbd.className = "key";
    kbd.textContent = command.key;
  }
  line.addEventListener("click", () => run(command));
  return line;
}

function draw() {
  const hits = matching();
  options.replaceChildren(...hits.map(option));
  if (hits.length === 0) options.append(Object.assign(document.createElement("p"), { className: "empty", textContent: words.nothing }));
  choose(0);
}

function choose(index) {
  const lines = options.querySelectorAll("[role=option]");
  chosen = Math.min(lines.length - 1, Math.max(0, index));
  lines.forEach((line, at) => line.setAttribute("aria-selected", String(at === chosen)));
  filter.setAttribute("aria-activedescendant", lines[chosen]?.id ?? "");
  lines[chosen]?.scrollIntoView({ block: "nearest" });
}

function run(command) {
  palette.close();
  use(command.control);
}

function onPaletteKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(chosen + step);
  else if (event.key === "Enter" && matching()[chosen]) run(matching()[chosen]);
  else return;
  event.preventDefault();
}

if (palette) {
  filter.addEventListener("input", draw);
  filter.addEventListener("keydown", onPaletteKey);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (palette.open) palette.close();
    else if (!document.querySelector("dialog:modal")) openPalette();
  });
}

// ── what assistive technology is told ──

function prepare(part) {
  if (switchedOff) return;
  const tell = (control) => control.setAttribute("aria-keyshortcuts", keyOf(control));
  if (part.matches?.("[data-key]")) tell(part);
  part.querySelectorAll("[data-key]").forEach(tell);
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
