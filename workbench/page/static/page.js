// Keys and a jq that runs while one types. Everything else works without.
"use strict";

const rows = () => [...document.querySelectorAll("[data-row]")];

function move(step) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  all[Math.min(Math.max(next, 0), all.length - 1)]?.focus();
}

const keys = {
  "/": () => document.getElementById("q").select(),
  j: () => move(1),
  k: () => move(-1),
  "[": () => document.querySelector("a[rel=prev]")?.click(),
  "]": () => document.querySelector("a[rel=next]")?.click(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input, textarea, select, dialog");
  if (event.key === "Escape" && writes) event.target.blur();
  if (writes || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

const help = document.querySelector("[data-help]");
help.hidden = false;
help.addEventListener("click", keys["?"]);

const playground = document.querySelector("[data-jq]");
if (playground) {
  let asked = 0;
  let waiting;
  const run = async () => {
    const turn = ++asked;
    const answer = await fetch("/jq", { method: "POST", body: new URLSearchParams(new FormData(playground)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const outputs = page.getElementById("outputs");
    // An older answer may come after a newer one.
    if (turn === asked && outputs) document.getElementById("outputs").replaceChildren(...outputs.childNodes);
  };
  playground.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(run, 250);
  });
}
