/** How many lines of some code the tests ran. */
export interface LineCoverage {
  name: string;
  covered: number;
  lines: number;
}

/** Sums a report of `deno coverage --lcov` by the folders of lib, the last row being lib as a whole. */
export function coverageOfRooms(lcov: string): LineCoverage[] {
  const rooms = new Map<string, LineCoverage>();
  for (const record of lcov.split("end_of_record")) {
    const path = /^SF:.*?[\\/](lib[\\/][^\\/\n]+)[\\/]/m.exec(record)?.[1];
    if (!path) continue;
    const name = path.replaceAll("\\", "/");
    const room = rooms.get(name) ?? { name, covered: 0, lines: 0 };
    room.covered += Number(/^LH:(\d+)/m.exec(record)?.[1] ?? 0);
    room.lines += Number(/^LF:(\d+)/m.exec(record)?.[1] ?? 0);
    rooms.set(name, room);
  }
  const rows = [...rooms.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  return [...rows, {
    name: "lib",
    covered: rows.reduce((sum, row) => sum + row.covered, 0),
    lines: rows.reduce((sum, row) => sum + row.lines, 0),
  }];
}

/** The covered share of the lines, as a percentage; 0 if there are none. */
export function percentage({ covered, lines }: LineCoverage): number {
  return lines === 0 ? 0 : covered / lines * 100;
}
