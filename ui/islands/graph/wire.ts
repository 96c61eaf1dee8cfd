// The drawing as the server sends it; see the Go package ui/graphs.

export interface Wire {
  hash: string;
  source: string;
  size: [number, number];
  nodeHeight: number;
  columnX: number[];
  columnWidth: number[];
  names: string[];
  groups: string[];
  group: number[];
  kindSets: string[][];
  kinds: number[];
  partitions: string[];
  partition: number[];
  column: number[];
  y: number[];
  declared: number[];
  collapsed?: number[];
  from: number[];
  to: number[];
  lineage?: number[];
  reversed?: number[];
  trunkNode?: number[];
  trunkLength?: number[];
  trunkY?: number[];
  boxes?: number[];
  focus: number;
}

export interface StatusWire {
  source: string;
  letters: string;
  notes?: Record<string, string>;
}

/** Undoes the differences of a delta column. */
export function sums(deltas: readonly number[] | undefined | null): Int32Array {
  const out = new Int32Array(deltas?.length ?? 0);
  let sum = 0;
  deltas?.forEach((d, i) => {
    sum += d;
    out[i] = sum;
  });
  return out;
}
