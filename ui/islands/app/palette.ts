// Ctrl K: search in assets, runs and pages of the location. Answers that a newer
// question overtook are dropped.

import { all, make, one, parse } from "./dom";
import { open } from "./dialogs";

export function palette(): void {
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k" && document.body.dataset.base) {
      e.preventDefault();
      show();
    }
  });
  document.addEventListener("click", (e) => {
    if ((e.target as Element).closest("[data-act=search]") && !(e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      show();
    }
  });
}

function show(): void {
  if (one("dialog[open]")) return;
  const input = make("input", {
    type: "search", placeholder: "Search assets and runs, or go to a page", "aria-label": "Search", role: "combobox",
    "aria-expanded": "true", "aria-controls": "results", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const results = make("div", { class: "results", id: "results", role: "listbox", "aria-label": "Results" });
  const dialog = open("palette", "Search", "");
  one(".dialog-body", dialog)?.remove();
  one(".dialog-close", dialog)?.remove();
  dialog.append(input, results);
  input.focus();

  let newest = 0, timer = 0;
  const ask = async () => {
    const mine = ++newest;
    const address = document.body.dataset.base + "/search?" + new URLSearchParams({ q: input.value });
    const answer = await fetch(address, { headers: { "Rivers-Fragments": "results", Accept: "text/html" } }).catch(() => null);
    if (mine !== newest || !answer?.ok) return;
    const found = parse(await answer.text()).getElementById("results");
    if (found) results.replaceChildren(...found.childNodes);
    for (const [i, a] of all("a", results).entries()) {
      a.setAttribute("role", "option");
      a.id = "result-" + i;
      a.setAttribute("tabindex", "-1");
    }
    for (const title of all("h2", results)) title.setAttribute("aria-hidden", "true"); // a listbox holds options only
    select(0);
  };
  const select = (i: number) => {
    const options = all<HTMLAnchorElement>("a", results);
    for (const [n, a] of options.entries()) a.setAttribute("aria-selected", String(n === i));
    options[i]?.scrollIntoView({ block: "nearest" });
    if (options[i]) input.setAttribute("aria-activedescendant", options[i].id);
    else input.removeAttribute("aria-activedescendant");
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), 90);
  });
  dialog.addEventListener("keydown", (e) => {
    const options = all<HTMLAnchorElement>("a", results);
    const at = options.findIndex((a) => a.getAttribute("aria-selected") === "true");
    if (e.key === "ArrowDown") select(Math.min(options.length - 1, at + 1));
    else if (e.key === "ArrowUp") select(Math.max(0, at - 1));
    else if (e.key === "Enter") options[at]?.click();
    else return;
    e.preventDefault();
  });
  void ask();
}
