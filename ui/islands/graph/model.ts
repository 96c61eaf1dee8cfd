// A drawing in memory: where everything stands and what is joined to what.

import { statusOf, worst } from "../shared/status";
import { sums, type StatusWire, type Wire } from "./wire";

export interface Box {
  readonly group: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Neighbours in two arrays: those of v are list[start[v]] … list[start[v+1]-1]. */
interface Adjacency {
  readonly start: Int32Array;
  readonly list: Int32Array;
  /** The edge of each entry of list. */
  readonly edge: Int32Array;
}

export class Model {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly nodeHeight: number;
  readonly source: string;
  readonly focus: number;
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly group: readonly number[];
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly w: Float64Array;
  readonly column: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly reversed: Uint8Array;
  readonly lineage: Uint8Array;
  readonly boxes: readonly Box[];
  /** The letter of each node's status, and the note it shows. */
  readonly letters: string[];
  readonly notes: string[];
  readonly down: Adjacency;
  readonly up: Adjacency;
  readonly columnX: Int32Array;
  readonly columnWidth: readonly number[];
  private readonly members: readonly Int32Array[];
  private readonly kindSets: readonly (readonly string[])[];
  private readonly kindOf: readonly number[];
  private readonly partitions: readonly string[];
  private readonly partitionOf: readonly number[];
  private readonly trunks = new Map<number, Int32Array>();
  private readonly index = new Map<string, number>();
  private readonly grouped = new Set<number>();
  private readonly lower: string[];

  constructor(wire: Wire) {
    this.count = wire.names.length;
    [this.width, this.height] = wire.size;
    this.nodeHeight = wire.nodeHeight;
    this.source = wire.source;
    this.focus = wire.focus;
    this.names = wire.names;
    this.groups = wire.groups;
    this.group = wire.group;
    this.kindSets = wire.kindSets;
    this.kindOf = wire.kinds;
    this.partitions = wire.partitions;
    this.partitionOf = wire.partition;
    this.columnX = sums(wire.columnX);
    this.columnWidth = wire.columnWidth;
    this.column = sums(wire.column);
    this.y = Float64Array.from(sums(wire.y));
    this.x = Float64Array.from(this.column, (c) => this.columnX[c] ?? 0);
    this.w = Float64Array.from(this.column, (c) => wire.columnWidth[c] ?? 0);
    this.from = sums(wire.from);
    this.to = sums(wire.to);
    this.reversed = marks(sums(wire.reversed), this.from.length);
    this.lineage = marks(sums(wire.lineage), this.from.length);
    this.down = adjacency(this.count, this.from, this.to);
    this.up = adjacency(this.count, this.to, this.from);
    this.boxes = boxesOf(wire.boxes ?? []);
    this.members = membersOf(wire);
    this.letters = new Array<string>(this.count).fill("-");
    this.notes = new Array<string>(this.count).fill("");
    this.lower = wire.names.map((n) => n.toLowerCase());
    wire.names.forEach((n, i) => this.index.set(n, i));
    wire.collapsed?.forEach((v, i) => { if (i % 2 === 0) this.grouped.add(v); });
    this.readTrunks(wire);
  }

  private readTrunks(wire: Wire): void {
    const y = sums(wire.trunkY);
    let at = 0;
    sums(wire.trunkNode).forEach((node, i) => {
      const length = wire.trunkLength?.[i] ?? 0;
      this.trunks.set(node, y.subarray(at, at + length));
      at += length;
    });
  }

  name(v: number): string {
    return this.names[v] ?? "";
  }

  groupName(v: number): string {
    return this.groups[this.group[v] ?? 0] ?? "";
  }

  kinds(v: number): readonly string[] {
    return this.kindSets[this.kindOf[v] ?? 0] ?? [];
  }

  partition(v: number): string {
    return this.partitions[this.partitionOf[v] ?? 0] ?? "";
  }

  /** The number of assets that a collapsed group stands for; 0 for an asset. */
  collapsed(v: number): number {
    return this.grouped.has(v) ? this.members[v]?.length ?? 0 : 0;
  }

  find(name: string): number {
    return this.index.get(name) ?? -1;
  }

  allKinds(): string[] {
    return [...new Set(this.kindSets.flat())].sort();
  }

  /** The height of the middle of a node. */
  middle(v: number): number {
    return (this.y[v] ?? 0) + this.nodeHeight / 2;
  }

  /** The trunk that an edge passes, as far as it goes along. */
  private trunk(e: number): { key: number; node: number; end: number; ways: Int32Array } {
    let node = this.from[e] ?? 0;
    let end = this.to[e] ?? 0;
    if (this.reversed[e] === 1) [node, end] = [end, node];
    const inner = this.group[node] === this.group[end] && this.group[node] !== 0;
    const span = (this.column[end] ?? 0) - (this.column[node] ?? 0) - 1;
    const key = 2 * node + (inner ? 1 : 0);
    const ways = span > 0 ? this.trunks.get(key) : undefined;
    return { key, node, end, ways: ways !== undefined && ways.length >= span ? ways.subarray(0, span) : none };
  }

  /**
   * The way of an edge as x, y pairs: from the right of one node to the left of
   * the other, and in and out of each column between.
   */
  way(e: number): number[] {
    const { node, end, ways } = this.trunk(e);
    const points = [(this.x[node] ?? 0) + (this.w[node] ?? 0), this.middle(node)];
    let c = this.column[node] ?? 0;
    for (const y of ways) {
      c++;
      const x = this.columnX[c] ?? 0;
      points.push(x, y, x + (this.columnWidth[c] ?? 0), y);
    }
    points.push(this.x[end] ?? 0, this.middle(end));
    return points;
  }

  /**
   * Every stretch between two columns, once however many edges share it, as
   * x0, y0, x1, y1; a stretch through a column is a straight one. Stretches of
   * lineage edges alone come after the others, from index `dashed` on.
   */
  stretches(): { points: Float32Array; dashed: number } {
    const solid: number[] = [];
    const dashed: number[] = [];
    const seen = new Set<number>();
    for (const wanted of [0, 1]) {
      for (let e = 0; e < this.from.length; e++) {
        if (this.lineage[e] !== wanted || this.from[e] === this.to[e]) continue;
        this.stretch(e, wanted === 0 ? solid : dashed, seen);
      }
    }
    const points = new Float32Array(solid.length + dashed.length);
    points.set(solid);
    points.set(dashed, solid.length);
    return { points, dashed: solid.length / 4 };
  }

  private stretch(e: number, into: number[], seen: Set<number>): void {
    const points = this.way(e);
    const { key: trunk, ways } = this.trunk(e);
    for (let i = 0; i + 3 < points.length; i += 2) {
      // Every stretch but the last belongs to the trunk.
      if (i + 5 < points.length && ways.length > 0) {
        const key = trunk * 65536 + i;
        if (seen.has(key)) continue;
        seen.add(key);
      }
      into.push(points[i] ?? 0, points[i + 1] ?? 0, points[i + 2] ?? 0, points[i + 3] ?? 0);
    }
  }

  /** Everything that is reached from some nodes, and the edges on the way. */
  reach(from: Iterable<number>, along: Adjacency): { nodes: Set<number>; edges: Set<number> } {
    const nodes = new Set<number>();
    const edges = new Set<number>();
    const stack = [...from];
    const open = new Set(stack);
    while (stack.length > 0) {
      const v = stack.pop() as number;
      for (let i = along.start[v] ?? 0; i < (along.start[v + 1] ?? 0); i++) {
        const w = along.list[i] ?? 0;
        edges.add(along.edge[i] ?? 0);
        nodes.add(w);
        if (!open.has(w)) {
          open.add(w);
          stack.push(w);
        }
      }
    }
    return { nodes, edges };
  }

  /** All that lies on any way from a to b (or from b to a); undefined when no
   * way joins them. */
  between(a: number, b: number): { nodes: Set<number>; edges: Set<number> } | undefined {
    for (const [top, bottom] of [[a, b], [b, a]] as const) {
      const below = this.reach([top], this.down);
      if (!below.nodes.has(bottom)) continue;
      const above = this.reach([bottom], this.up);
      const nodes = new Set([top, bottom]);
      for (const v of below.nodes) if (above.nodes.has(v)) nodes.add(v);
      const edges = new Set<number>();
      for (const e of below.edges) if (above.edges.has(e)) edges.add(e);
      return { nodes, edges };
    }
    return undefined;
  }

  neighbours(v: number, along: Adjacency): number[] {
    return Array.from(along.list.subarray(along.start[v] ?? 0, along.start[v + 1] ?? 0));
  }

  /** The nodes whose names hold all words, best first: whole names, then
   * beginnings, then the shortest. */
  search(text: string, limit = Infinity): number[] {
    const words = text.toLowerCase().split(/\s+/).filter((w) => w !== "");
    if (words.length === 0) return [];
    const first = words[0] as string;
    const found: { v: number; rank: number }[] = [];
    this.lower.forEach((name, v) => {
      if (!words.every((w) => name.includes(w))) return;
      const rank = name === first ? 0 : name.startsWith(first) ? 1 : 2;
      found.push({ v, rank: rank * 1000 + Math.min(name.length, 999) });
    });
    found.sort((a, b) => a.rank - b.rank || a.v - b.v);
    return found.slice(0, Math.min(limit, found.length)).map((f) => f.v);
  }

  /** Takes statuses over and returns the nodes that changed; undefined when the
   * statuses are those of another topology. */
  update(status: StatusWire): number[] | undefined {
    if (status.source !== this.source) return undefined;
    const changed: number[] = [];
    for (let v = 0; v < this.count; v++) {
      const members = this.members[v] ?? none;
      const letter = members.length === 1
        ? statusOf(status.letters[members[0] ?? 0] ?? "-").letter
        : worst(Array.from(members, (m) => status.letters[m] ?? "-")).letter;
      const note = members.length === 1 ? status.notes?.[String(members[0])] ?? "" : "";
      if (this.letters[v] === letter && this.notes[v] === note) continue;
      this.letters[v] = letter;
      this.notes[v] = note;
      changed.push(v);
    }
    return changed;
  }
}

const none = new Int32Array(0);

function marks(list: Int32Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  for (const i of list) out[i] = 1;
  return out;
}

function adjacency(n: number, from: Int32Array, to: Int32Array): Adjacency {
  const start = new Int32Array(n + 1);
  for (const v of from) start[v + 1] = (start[v + 1] ?? 0) + 1;
  for (let v = 0; v < n; v++) start[v + 1] = (start[v + 1] ?? 0) + (start[v] ?? 0);
  const next = start.slice();
  const list = new Int32Array(from.length);
  const edge = new Int32Array(from.length);
  from.forEach((v, e) => {
    const at = next[v] ?? 0;
    next[v] = at + 1;
    list[at] = to[e] ?? 0;
    edge[at] = e;
  });
  return { start, list, edge };
}

function boxesOf(flat: readonly number[]): Box[] {
  const boxes: Box[] = [];
  for (let i = 0; i + 4 < flat.length; i += 5) {
    const [group = 0, x = 0, y = 0, w = 0, h = 0] = flat.slice(i, i + 5);
    boxes.push({ group, x, y, w, h });
  }
  return boxes;
}

function membersOf(wire: Wire): Int32Array[] {
  const declared = sums(wire.declared);
  const size = new Map<number, number>();
  const collapsed = wire.collapsed ?? [];
  for (let i = 0; i + 1 < collapsed.length; i += 2) size.set(collapsed[i] ?? 0, collapsed[i + 1] ?? 0);
  let at = 0;
  return wire.names.map((_, v) => {
    const n = size.get(v) ?? 1;
    at += n;
    return declared.subarray(at - n, at);
  });
}
