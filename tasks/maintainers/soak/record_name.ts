/** A record on its way through the soak: its key, and its number among those of the key. */
export interface RecordName {
  key: string;
  number: number;
}

/** Where a record lies. */
export interface Place {
  partition: number;
  offset: bigint;
}

/** As a record's value and in reports: "k07:12". */
export function nameOf({ key, number }: RecordName): string {
  return `${key}:${number}`;
}

/** Reads a name, whatever the case of its letters; null if it is none. */
export function parseName(text: string | null): RecordName | null {
  const parts = /^(k\d+):(\d+)$/i.exec(text ?? "");
  return parts && { key: parts[1]!.toLowerCase(), number: Number(parts[2]) };
}
