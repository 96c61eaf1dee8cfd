// Forms: filters that apply by themselves, choices in lists, copy buttons.

import { all, one, plural, toast } from "./dom";

export function forms(): void {
  document.addEventListener("change", (e) => {
    const field = e.target as HTMLInputElement;
    if (field.closest("[data-autosubmit]") && !field.matches("[type=search]")) field.form?.requestSubmit();
    if (field.matches("[data-pick-all]")) pickAll(field);
    chosen(field.closest("form"));
  });
  document.addEventListener("input", debounce((field: HTMLInputElement) => {
    if (field.isConnected && field.closest("[data-autosubmit]") && field.matches("[type=search]")) void apply(field);
  }, 350));
  document.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement;
    if (form.method !== "get") return;
    for (const field of all<HTMLInputElement>("input[name], select[name]", form)) field.disabled = field.value === ""; // short addresses
    setTimeout(() => { for (const field of all<HTMLInputElement>("[name]", form)) field.disabled = false; });
  });
  document.addEventListener("click", (e) => {
    const button = (e.target as Element).closest<HTMLElement>("[data-copy]");
    if (button) void navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => toast("Copied."), () => toast("The browser did not allow copying.", true));
  });
  document.addEventListener("rivers-morphed", () => { for (const f of all<HTMLFormElement>(".list-form")) chosen(f); });
  for (const f of all<HTMLFormElement>(".list-form")) chosen(f);
}

/** Applies a text filter: the field keeps focus and cursor on the next page. */
async function apply(field: HTMLInputElement): Promise<void> {
  const form = field.form;
  if (!form) return;
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.set(name, String(value));
  const address = location.pathname + (query.size ? "?" + query : "");
  if (address === location.pathname + location.search) return;
  history.replaceState(history.state, "", address);
  const { refresh } = await import("./refresh");
  const lists = all<HTMLElement>("[data-live]").filter((r) => r.closest("main")).map((r) => r.id);
  const logs = one("rivers-logs");
  if (logs) {
    location.replace(address);
    return;
  }
  await refresh(lists, true).catch(() => form.requestSubmit());
}

function pickAll(box: HTMLInputElement): void {
  for (const other of all<HTMLInputElement>("tbody .pick input", box.closest("table") ?? document)) other.checked = box.checked;
}

/** Says how many are chosen, and lets the buttons act only on some. */
function chosen(form: HTMLFormElement | null): void {
  if (!form?.matches(".list-form")) return;
  const n = all("tbody .pick input:checked", form).length;
  const text = one("[data-chosen]", form);
  if (text) text.textContent = n === 0 ? "None selected" : plural(n, "selected").replace(/s$/, "");
  for (const b of all<HTMLButtonElement>("[data-needs-choice]", form)) b.disabled = n === 0;
  const every = one<HTMLInputElement>("[data-pick-all]", form);
  if (every) {
    const total = all("tbody .pick input", form).length;
    every.checked = n > 0 && n === total;
    every.indeterminate = n > 0 && n < total;
  }
}

function debounce<E extends Element>(act: (e: E) => void, ms: number): (e: Event) => void {
  let timer = 0;
  return (e) => {
    clearTimeout(timer);
    const target = e.target as unknown as E;
    timer = setTimeout(() => act(target), ms);
  };
}
