// Dialogs: confirm before what cannot be undone, the sheet of the materialize
// form, the list of shortcuts.

import { all, glyph, make, one, parse, plural, toast } from "./dom";
import { morph } from "./refresh";
import { localize } from "./time";

export function dialogs(): void {
  document.addEventListener("click", (e) => {
    const target = e.target as Element;
    const button = target.closest<HTMLButtonElement>("button[data-confirm]");
    if (button && !button.dataset.confirmed) {
      e.preventDefault();
      ask(button);
      return;
    }
    const link = target.closest<HTMLAnchorElement>("a[data-dialog]");
    if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey && e.button === 0) {
      e.preventDefault();
      void openSheet(link.href);
    }
    if (target.closest("[data-act=help]")) help();
  });
  document.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement;
    if (form.matches("[data-dialog-form]")) {
      e.preventDefault();
      const query = new URLSearchParams();
      for (const [name, value] of new FormData(form)) query.append(name, String(value));
      void openSheet(form.action + "?" + query);
    } else if (form.matches("[data-launch]")) {
      e.preventDefault();
      void launch(form, e.submitter as HTMLButtonElement | null);
    }
  });
  let timer = 0;
  document.addEventListener("input", (e) => {
    const form = (e.target as Element).closest<HTMLFormElement>("form[data-launch]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => void preview(form), 250);
  });
  for (const form of all<HTMLFormElement>("form[data-launch]")) void preview(form);
}

/** Opens a dialog that ends with its close button, Escape or a click beside it. */
export function open(cls: string, label: string, ...content: (Node | string)[]): HTMLDialogElement {
  const close = make("button", { type: "button", class: "dialog-close", "aria-label": "Close" });
  close.append(glyph("i-close", "i"));
  const dialog = make("dialog", { class: cls, "aria-label": label }, make("div", { class: "dialog-body" }, ...content), close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function ask(button: HTMLButtonElement): void {
  const n = all("tbody .pick input:checked", button.form ?? document).length;
  const text = (button.dataset.confirm ?? "").replace("{n}", plural(n, button.dataset.confirmOne ?? "item"));
  const yes = make("button", { type: "button", class: "button danger", autofocus: "" }, (button.textContent ?? "").trim());
  const no = make("button", { type: "button", class: "button" }, "Keep");
  const dialog = open("confirm", "Confirm", make("p", {}, text), make("div", { class: "dialog-foot" }, no, yes));
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    button.dataset.confirmed = "yes";
    button.form?.requestSubmit(button);
    delete button.dataset.confirmed;
  });
}

/** Opens the materialize form over the page; its address works as a page too. */
export async function openSheet(address: string): Promise<void> {
  const answer = await fetch(address, { headers: { "Rivers-Fragments": "sheet", Accept: "text/html" } }).catch(() => null);
  const sheet = answer?.ok ? parse(await answer.text()).getElementById("sheet") : null;
  if (!sheet) {
    location.assign(address);
    return;
  }
  const dialog = open("sheet", "Materialize", sheet);
  localize(dialog);
  one<HTMLElement>("[autofocus], input:not([type=hidden])", dialog)?.focus();
  for (const form of all<HTMLFormElement>("form[data-launch]", dialog)) void preview(form);
}

let asked = 0;

/** Says in one sentence what would start. */
async function preview(form: HTMLFormElement): Promise<void> {
  const mine = ++asked;
  const answer = await post(form, "preview", "launch-summary");
  const fresh = answer ? parse(await answer.text().catch(() => "")).getElementById("launch-summary") : null;
  if (mine !== asked) return; // a newer question was asked
  const old = one("#launch-summary", form);
  if (!old) return;
  if (fresh) morph(old, fresh);
  else {
    old.classList.add("bad");
    old.replaceChildren("What would start could not be computed: the server did not answer. It is asked again at the next change.");
  }
}

/** Starts a run. The button waits; an error keeps every input. */
async function launch(form: HTMLFormElement, button: HTMLButtonElement | null): Promise<void> {
  if (button?.value === "preview") return preview(form);
  if (button) button.disabled = true;
  asked++;
  const answer = await post(form, "launch", "launch-summary");
  if (answer?.redirected) {
    location.assign(answer.url);
    return;
  }
  if (button) button.disabled = false;
  const fresh = answer ? parse(await answer.text()).getElementById("launch-summary") : null;
  const old = one("#launch-summary", form);
  if (fresh && old) morph(old, fresh);
  else toast("The server did not answer; nothing is known to have started.", true);
}

function post(form: HTMLFormElement, act: string, part: string): Promise<Response | null> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  body.set("do", act);
  return fetch(form.action, { method: "POST", body, headers: { "Rivers-Fragments": part, Accept: "text/html" } }).catch(() => null);
}

const shortcuts: [string, string[]][] = [
  ["Search and commands", ["Ctrl", "K"]], ["Filter the list", ["/"]], ["Overview", ["g", "o"]], ["Assets", ["g", "a"]],
  ["Runs", ["g", "r"]], ["Lineage", ["g", "l"]], ["Deployment", ["g", "d"]], ["Next row", ["j"]], ["Row before", ["k"]],
  ["Open the row", ["Enter"]], ["Choose the row", ["x"]], ["Materialize", ["m"]], ["Collapse the rail", ["["]], ["This list", ["?"]],
];

export function help(): void {
  const list = make("dl", { class: "keys" });
  for (const [what, keys] of shortcuts) {
    list.append(make("div", {}, make("dt", {}, what), make("dd", {}, ...keys.map((k) => make("kbd", {}, k)))));
  }
  open("help", "Keyboard shortcuts", make("h2", {}, "Keyboard shortcuts"), list);
}
