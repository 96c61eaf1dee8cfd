// The rail can be narrow. The server reads the cookie, so that no page jumps.

import { one } from "./dom";

export function rail(): void {
  one("[data-act=rail]")?.addEventListener("click", toggleRail);
}

export function toggleRail(): void {
  const root = document.documentElement;
  const narrow = root.dataset.rail !== "narrow";
  if (narrow) root.dataset.rail = "narrow";
  else delete root.dataset.rail;
  document.cookie = "rivers_rail=" + (narrow ? "narrow" : "wide") + ";path=/;max-age=31536000;samesite=strict";
}
