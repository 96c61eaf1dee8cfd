// A list of keys that the server pages: all keys of an asset, or those that match
// a search. A page is asked for once; one that did not come is asked for again.

/** A key: its position among all keys, its text, and its state's letter. */
export interface Key { o: number; k: string; s?: string }

interface Page { total: number; keys: Key[] }

const pageSize = 200;

export class KeyList {
  /** How many keys the list has; 0 until the first page is here. */
  total = 0;
  private readonly pages = new Map<number, Key[]>();
  private readonly asked = new Map<number, Promise<Key[] | undefined>>();

  constructor(
    readonly query: string,
    private readonly ask: (query: Record<string, string>) => Promise<Page | null>,
    private readonly arrived: (list: KeyList) => void,
  ) {}

  /** The key at a row, if it is here; else it is asked for. */
  at(row: number): Key | undefined {
    const n = Math.floor(row / pageSize), page = this.pages.get(n);
    if (!page) void this.load(n);
    return page?.[row % pageSize];
  }

  /** The key at a row, once it is here; undefined beyond the ends. */
  async fetch(row: number): Promise<Key | undefined> {
    if (row < 0) return undefined;
    return (await this.load(Math.floor(row / pageSize)))?.[row % pageSize];
  }

  private load(n: number): Promise<Key[] | undefined> {
    let asked = this.asked.get(n);
    if (!asked) {
      asked = this.get(n);
      this.asked.set(n, asked);
    }
    return asked;
  }

  private async get(n: number): Promise<Key[] | undefined> {
    const answer = await this.ask({ offset: String(n * pageSize), limit: String(pageSize), q: this.query });
    if (!answer) {
      this.asked.delete(n);
      return undefined;
    }
    this.pages.set(n, answer.keys);
    this.total = answer.total;
    this.arrived(this);
    return answer.keys;
  }
}
