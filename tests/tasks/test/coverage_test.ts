import { assertEquals } from "@std/assert";
import { coverageOfRooms, percentage } from "../../../tasks/test/coverage.ts";

Deno.test("coverageOfRooms() sums the lines of each room and of lib", () => {
  const record = (file: string, hit: number, found: number) =>
    `SF:/home/me/project/${file}\nLH:${hit}\nLF:${found}\nend_of_record\n`;
  const rows = coverageOfRooms(
    record("lib/log/a.ts", 1, 4) + record("lib/log/b.ts", 2, 2) +
      record("tasks/c.ts", 0, 100) + record("lib/client/d.ts", 4, 4),
  );
  assertEquals(rows, [
    { name: "lib/client", covered: 4, lines: 4 },
    { name: "lib/log", covered: 3, lines: 6 },
    { name: "lib", covered: 7, lines: 10 },
  ]);
  assertEquals(rows.map((row) => Math.round(percentage(row))), [100, 50, 70]);
  assertEquals(percentage(coverageOfRooms("").at(-1)!), 0);
});
