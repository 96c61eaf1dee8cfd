// Fetches parts of the page again and puts them in place without moving what the
// person looks at: what is unchanged stays the same node, choices and opened
// details stay, and rows that are new are announced while somebody is at work in
// the list.

import { Idiomorph } from "../../vendor_js/idiomorph/idiomorph.esm";
import { all, make, one, parse, plural } from "./dom";
import { localize, refreshTimes } from "./time";

/** Fetches the named parts of the present page and morphs them in. */
export async function refresh(ids: string[], show = false): Promise<void> {
  if (ids.length === 0) return;
  const answer = await fetch(location.href, { headers: { "Rivers-Fragments": ids.join(" "), Accept: "text/html" } });
  // A page that only says what is wrong gives way once the server answers; every
  // other one gives way when the server may no longer read what is stored.
  const stopgap = one("[data-stopgap]") !== null;
  if (answer.status === 404 || (stopgap ? answer.ok : answer.headers.has("Rivers-Misfit"))) {
    location.reload();
    return;
  }
  if (!answer.ok) throw new Error("refresh: " + answer.status);
  const fresh = parse(await answer.text());
  for (const id of ids) {
    const old = document.getElementById(id), now = fresh.getElementById(id);
    if (old && now) morph(old, now, show);
  }
}

/** Replaces old by fresh. */
export function morph(old: Element, fresh: Element, show = false): void {
  keepChoices(old, fresh);
  for (const table of all<HTMLTableElement>("[data-announce]", old)) {
    const body = one("[data-announce] tbody", fresh);
    if (body) announce(table, body, show);
  }
  Idiomorph.morph(old, fresh, {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed: (from) => !(from instanceof Element && from.tagName.startsWith("RIVERS-")),
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
    },
  });
  const now = document.getElementById(old.id);
  if (now) {
    localize(now);
    refreshTimes(now);
    now.dispatchEvent(new CustomEvent("rivers-morphed", { bubbles: true }));
  }
}

/** Carries over what the person chose. */
function keepChoices(old: Element, fresh: Element): void {
  const chosen = new Set(all<HTMLInputElement>("input[type=checkbox][name]:checked", old).map((b) => b.name + "\0" + b.value));
  for (const box of all<HTMLInputElement>("input[type=checkbox][name]", fresh)) {
    if (chosen.has(box.name + "\0" + box.value)) box.setAttribute("checked", "");
  }
  const cursor = one("tr.cursor", old)?.id;
  if (cursor) fresh.querySelector("#" + CSS.escape(cursor))?.classList.add("cursor");
}

/** Holds new rows back while somebody is at work in the list, and says so. */
function announce(table: HTMLTableElement, fresh: Element, show: boolean): void {
  const old = new Set(all("tbody tr[id]", table).map((r) => r.id));
  const added = all("tr[id]", fresh).filter((r) => !old.has(r.id));
  const wrap = table.closest(".scroll-x") ?? table;
  const busy = old.size > 0 && (table.matches(":hover") || table.contains(document.activeElement) || !!one("tbody input:checked", table) || wrap.getBoundingClientRect().top < 0);
  const pill = one<HTMLElement>(".announce");
  if (show || !busy || added.length === 0) {
    pill?.remove();
    return;
  }
  for (const row of added) row.remove();
  const button = make("button", { type: "button" }, plural(added.length, "new " + (table.dataset.announce ?? "row")) + " · show");
  button.addEventListener("click", () => {
    const region = table.closest<HTMLElement>("[data-live]");
    if (region) void refresh([region.id], true);
    button.parentElement?.remove();
  });
  pill?.remove();
  table.closest("[data-live]")?.before(make("div", { class: "announce", role: "status" }, button));
}
