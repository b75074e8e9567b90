// Keeps the street fresh while nobody is writing on it; everything works without this file.
"use strict";

const PAUSE = 3000;
const news = document.querySelector(".news");

function main() {
  return document.getElementById("content");
}

// A form somebody is in, or has typed into, must not be taken from under their hands.
function busy() {
  const active = document.activeElement;
  if (active && active.closest("form, details[open]")) return true;
  return [...document.querySelectorAll("textarea, input:not([type=hidden])")].some((box) => box.value !== box.defaultValue);
}

async function refresh() {
  const open = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  main().replaceWith(page.getElementById("content"));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  news.hidden = true;
}

async function look() {
  try {
    const answer = await fetch("/street/change", { credentials: "same-origin" });
    const { change } = await answer.json();
    if (String(change) === main().dataset.change) return;
    if (busy()) news.hidden = false;
    else await refresh();
  } catch {
    // The sandbox is away for a moment; the next look finds it.
  }
}

news.addEventListener("click", refresh);
setInterval(() => document.hidden || look(), PAUSE);
