// Where each cell stands: a calendar for days, hours by days, months by years,
// and rows of blocks for what has no calendar.

import { monthName, type Cell, type Keys, type MapWire } from "./keys";

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly align: "left" | "right";
  readonly strong: boolean;
}

export interface Arrangement {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly cell: number;
  readonly labels: readonly Label[];
  readonly width: number;
  readonly height: number;
}

const left = 48;
const top = 20;
const dayMillis = 86_400_000;

/** Places the cells of a map in a width. */
export function arrange(w: MapWire, cells: readonly Cell[], keys: Keys, width: number): Arrangement {
  const first = cells[0];
  const start = first === undefined ? undefined : keys.time(first.from);
  if (start === undefined) return rows(cells, width);
  if (w.kind === "hourly" && w.unit === "key") return hours(cells, keys, width);
  if (w.unit === "key" || w.unit === "day") return calendar(cells, keys, width);
  if (w.unit === "month") return monthsByYear(cells, keys, width);
  if (w.unit === "year") return yearsByDecade(cells, keys, width);
  return rows(cells, width);
}

class Draft {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly labels: Label[] = [];
  width = 0;
  height = 0;

  constructor(n: number, readonly cell: number) {
    this.x = new Float32Array(n);
    this.y = new Float32Array(n);
  }

  put(i: number, x: number, y: number): void {
    this.x[i] = x;
    this.y[i] = y;
    this.width = Math.max(this.width, x + this.cell);
    this.height = Math.max(this.height, y + this.cell + 4);
  }

  label(x: number, y: number, text: string, align: "left" | "right" = "left", strong = false): void {
    this.labels.push({ x, y, text, align, strong });
  }
}

function gap(cell: number): number {
  return cell >= 12 ? 3 : 2;
}

/** The number of days since 1970, and the day of the week with Monday as 0. */
function dayOf(t: Date): number {
  return Math.floor(t.getTime() / dayMillis);
}

function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Weeks as columns and days of the week as rows; in bands of a year, half a year
 * or a quarter when there are more days than fit side by side. */
function calendar(cells: readonly Cell[], keys: Keys, width: number): Arrangement {
  const days = cells.map((c) => dayOf(keys.time(c.from) ?? new Date(0)));
  const firstDay = days[0] ?? 0, lastDay = days[days.length - 1] ?? 0;
  const weeks = Math.ceil((lastDay - firstDay + 1 + weekday(firstDay)) / 7);
  const room = Math.floor((width - left - 8) / 11);
  const months = weeks <= Math.min(56, room) ? 0 : room >= 54 ? 12 : room >= 28 ? 6 : 3;
  const columns = months === 0 ? Math.max(weeks, 1) : { 12: 54, 6: 28, 3: 15 }[months];
  const cell = Math.max(7, Math.min(20, Math.floor((width - left - 8) / columns) - 3));
  const d = new Draft(cells.length, cell), pitch = cell + gap(cell);
  let y = -7 * pitch - 12, origin = 0, band = NaN, year = NaN, month = -1, labelEnd = -Infinity;
  days.forEach((day, i) => {
    const t = new Date(day * dayMillis), thisYear = t.getUTCFullYear();
    const thisBand = months === 0 ? 0 : thisYear * 12 + Math.floor(t.getUTCMonth() / months);
    if (thisBand !== band) {
      band = thisBand;
      y += 7 * pitch + top + 12;
      const begin = months === 0 ? firstDay : Date.UTC(thisYear, Math.floor(t.getUTCMonth() / months) * months, 1) / dayMillis;
      origin = begin - weekday(begin);
      month = -1;
      labelEnd = -Infinity;
      for (const [row, name] of [[0, "Mon"], [2, "Wed"], [4, "Fri"]] as const) d.label(left - 8, y + row * pitch + cell / 2, name, "right");
      if (months > 0 && thisYear !== year) d.label(0, y - 8, String(thisYear), "left", true);
    }
    const column = Math.floor((day - origin) / 7);
    if (t.getUTCMonth() !== month) {
      month = t.getUTCMonth();
      const x = left + column * pitch;
      const text = months > 0 || thisYear === year ? monthName(t) : `${monthName(t)} ${thisYear}`;
      if (x >= labelEnd) {
        d.label(x, y - 8, text);
        labelEnd = x + text.length * 6.5 + 8;
      }
    }
    year = thisYear;
    d.put(i, left + column * pitch, y + weekday(day) * pitch);
  });
  return d;
}

/** Days as columns and hours as rows, in bands as wide as there is room. */
function hours(cells: readonly Cell[], keys: Keys, width: number): Arrangement {
  const times = cells.map((c) => keys.time(c.from) ?? new Date(0));
  const firstDay = dayOf(times[0] ?? new Date(0)), lastDay = dayOf(times[times.length - 1] ?? new Date(0));
  const count = lastDay - firstDay + 1;
  const cell = Math.max(8, Math.min(18, Math.floor((width - left - 8) / Math.min(count, 31)) - 3));
  const pitch = cell + gap(cell);
  const perBand = Math.max(1, Math.min(count, Math.floor((width - left) / pitch)));
  const d = new Draft(cells.length, cell);
  const height = 24 * pitch + top + 16;
  let labeled = -1;
  times.forEach((t, i) => {
    const day = dayOf(t) - firstDay, band = Math.floor(day / perBand) * height, column = day % perBand;
    if (day !== labeled) {
      labeled = day;
      const date = t.getUTCDate(), begins = column === 0;
      if (begins || date === 1) d.label(left + column * pitch, band + top - 8, `${date} ${monthName(t)}${begins ? ` ${t.getUTCFullYear()}` : ""}`);
      else if (date % 5 === 0 && column > 5 && date < 29) d.label(left + column * pitch, band + top - 8, String(date));
      if (begins) for (const h of [0, 6, 12, 18]) d.label(left - 8, band + top + h * pitch + cell / 2, `${String(h).padStart(2, "0")}:00`, "right");
    }
    d.put(i, left + column * pitch, band + top + t.getUTCHours() * pitch);
  });
  return d;
}

/** Twelve columns of months, years below each other, in several columns. */
function monthsByYear(cells: readonly Cell[], keys: Keys, width: number): Arrangement {
  const times = cells.map((c) => keys.time(c.from) ?? new Date(0));
  const firstYear = times[0]?.getUTCFullYear() ?? 0, lastYear = times[times.length - 1]?.getUTCFullYear() ?? 0;
  const years = lastYear - firstYear + 1;
  const cell = years <= 12 ? 28 : 17, pitch = cell + 3, block = 12 * pitch + left + 24;
  const across = Math.max(1, Math.min(Math.floor((width + 24) / block), Math.ceil(years / 6)));
  const down = Math.ceil(years / across);
  const d = new Draft(cells.length, cell);
  let labeled = -1;
  times.forEach((t, i) => {
    const year = t.getUTCFullYear() - firstYear, x = Math.floor(year / down) * block + left, y = top + (year % down) * pitch;
    if (year !== labeled) {
      labeled = year;
      d.label(x - 8, y + cell / 2, String(t.getUTCFullYear()), "right", t.getUTCFullYear() % 10 === 0);
      if (year % down === 0) {
        for (let m = 0; m < 12; m++) d.label(x + m * pitch + (cell > 20 ? 3 : 4), top - 8, monthName(new Date(Date.UTC(2000, m, 1))).slice(0, cell > 20 ? 3 : 1));
      }
    }
    d.put(i, x + t.getUTCMonth() * pitch, y);
  });
  return d;
}

/** Ten columns of years, decades below each other, in several columns. */
function yearsByDecade(cells: readonly Cell[], keys: Keys, width: number): Arrangement {
  const years = cells.map((c) => keys.time(c.from)?.getUTCFullYear() ?? 0);
  const firstDecade = Math.floor((years[0] ?? 0) / 10), decades = Math.floor((years[years.length - 1] ?? 0) / 10) - firstDecade + 1;
  const cell = 17, pitch = cell + 3, block = 10 * pitch + left + 24;
  const across = Math.max(1, Math.min(Math.floor((width + 24) / block), Math.ceil(decades / 6)));
  const down = Math.ceil(decades / across);
  const d = new Draft(cells.length, cell);
  let labeled = -1;
  years.forEach((year, i) => {
    const decade = Math.floor(year / 10) - firstDecade, x = Math.floor(decade / down) * block + left, y = 6 + (decade % down) * pitch;
    if (decade !== labeled) {
      labeled = decade;
      d.label(x - 8, y + cell / 2, `${firstDecade + decade}0s`, "right", (firstDecade + decade) % 10 === 0);
    }
    d.put(i, x + (year % 10) * pitch, y);
  });
  return d;
}

/** Rows of cells in their order. */
function rows(cells: readonly Cell[], width: number): Arrangement {
  const cell = cells.length <= 120 ? 22 : cells.length <= 1000 ? 17 : 13, pitch = cell + gap(cell);
  const columns = Math.max(1, Math.min(cells.length, Math.floor((width - 8) / pitch)));
  const d = new Draft(cells.length, cell);
  cells.forEach((_, i) => d.put(i, (i % columns) * pitch, 4 + Math.floor(i / columns) * pitch));
  return d;
}

/** The nearest cell from i in a direction, or i. */
export function neighbour(a: Arrangement, i: number, dx: number, dy: number): number {
  const x = a.x[i] ?? 0, y = a.y[i] ?? 0;
  let best = i, least = Infinity;
  for (let k = 0; k < a.x.length; k++) {
    const along = ((a.x[k] ?? 0) - x) * dx + ((a.y[k] ?? 0) - y) * dy;
    if (along < a.cell / 2) continue;
    const across = Math.abs(((a.x[k] ?? 0) - x) * dy) + Math.abs(((a.y[k] ?? 0) - y) * dx);
    const far = along + across * 3;
    if (far < least) [best, least] = [k, far];
  }
  return best;
}
