// A partial that the stream would refresh waits while one of its menus or dialogs is open: nothing vanishes from under
// a hand. It is refreshed when the menu or dialog closes.

const OPEN = "details[open], dialog[open]";
const waiting = new Set();

function isFromStream(event) {
  return event.detail.requestConfig.triggeringEvent?.type.startsWith("samtal:") ?? false;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target } = event.detail;
  if (!isFromStream(event) || !target.querySelector(OPEN)) return;
  event.preventDefault();
  waiting.add(event.detail.elt);
});

// The menu may open while the answer is on its way.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (!isFromStream(event) || !target.querySelector(OPEN)) return;
  event.detail.shouldSwap = false;
  waiting.add(event.detail.requestConfig.elt);
});

function refresh() {
  for (const element of waiting) {
    if (element.querySelector(OPEN)) continue;
    waiting.delete(element);
    if (element.isConnected) window.htmx.trigger(element, "samtal:closed");
  }
}

for (const name of ["toggle", "close"]) document.addEventListener(name, () => waiting.size && setTimeout(refresh), true);

// What was asked for in a menu is done: the menu goes. (Dialogs close themselves, see samtal.js.)
document.addEventListener("htmx:afterRequest", (event) => {
  const menu = event.detail.successful && event.detail.requestConfig.elt.closest?.("details.menu");
  if (menu) menu.open = false;
});
