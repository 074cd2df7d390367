const STATED = /\bclaim\(\s*"(\d\d\/[a-z0-9-]+)"/g;

/** The identifiers of the claims that code states, each once, in order. */
export function statedClaims(code: string): string[] {
  return [...new Set([...code.matchAll(STATED)].map(([, id]) => id!))];
}
