// State in the address of the page: other parameters stay as they are.

/** Reads the parameters of the page's address. */
export function params(): URLSearchParams {
  return new URLSearchParams(location.search);
}

/** Replaces parameters of the page's address; an empty list removes one. */
export function setParams(changes: Record<string, readonly string[]>): void {
  const url = new URL(location.href);
  for (const [name, values] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const v of values) url.searchParams.append(name, v);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
