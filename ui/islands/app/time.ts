// Keeps times true: how long ago, how long already, and clocks in the zone of
// the browser. The exact instant in UTC stays in the title.

import { all } from "./dom";

const thin = "\u202f";

export function span(ms: number): string {
  const s = Math.floor(ms / 1000), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  if (m < 1) return s + thin + "s";
  if (h < 1) return m + thin + "min";
  if (h < 48) return h + thin + "h";
  if (d < 60) return d + " days";
  if (d < 730) return Math.floor(d / 30) + " months";
  return Math.floor(d / 365) + " years";
}

export function ago(then: number, now: number): string {
  const d = now - then;
  if (Math.abs(d) < 2000) return "just now";
  return d < 0 ? "in " + span(-d) : span(d) + " ago";
}

export function duration(ms: number): string {
  if (ms < 0) ms = 0;
  const s = Math.floor(ms / 1000), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  const pair = (a: number, au: string, b: number, bu: string) => a + thin + au + (b > 0 ? " " + b + thin + bu : "");
  if (ms < 1000) return Math.floor(ms) + thin + "ms";
  if (s < 10) return (Math.floor(ms / 100) / 10).toFixed(1) + thin + "s";
  if (m < 1) return s + thin + "s";
  if (h < 1) return pair(m, "m", s % 60, "s");
  if (d < 1) return pair(h, "h", m % 60, "m");
  return pair(d, "d", h % 24, "h");
}

const zone = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

export function localClock(t: Date): string {
  return zone.format(t);
}

function set(e: Element, text: string): void {
  if (e.textContent !== text) e.textContent = text;
}

/** Brings the times below root up to now. */
export function refreshTimes(root: ParentNode = document): void {
  const now = Date.now();
  for (const e of all<HTMLTimeElement>("time[data-ago]", root)) set(e, ago(Date.parse(e.dateTime), now));
  for (const e of all<HTMLElement>("[data-since]", root)) set(e, duration(now - Date.parse(e.dataset.since ?? "")));
}

/** Shows clocks in the browser's zone. */
export function localize(root: ParentNode = document): void {
  for (const e of all<HTMLTimeElement>("time[data-clock]", root)) set(e, localClock(new Date(e.dateTime)));
}

export function clock(): void {
  localize();
  setInterval(() => { if (!document.hidden) refreshTimes(); }, 1000);
}
