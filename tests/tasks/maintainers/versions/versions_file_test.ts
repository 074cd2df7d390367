import { assertEquals } from "@std/assert";
import { mergeAnswers } from "../../../../tasks/maintainers/versions/versions_file.ts";

const holds = { outcome: "holds", measured: "1" } as const;
const fails = { outcome: "does not hold", measured: "2" } as const;
const BEFORE = {
  day: "2026-11-26",
  versions: ["3.9.2", "4.1.1"],
  claims: {
    "01/order": { "3.9.2": holds, "4.1.1": holds },
    "01/gone": { "3.9.2": holds },
    "02/bytes": { "3.9.2": fails },
  },
};

Deno.test("mergeAnswers() keeps what was asked elsewhere, and lets an older patch and lost claims go", () => {
  const asked = new Map([
    ["3.9.2", [{ id: "02/bytes", ...holds }]],
    ["4.1.2", [{ id: "01/order", ...fails }]],
  ]);
  const { versions, claims } = mergeAnswers(BEFORE, asked, [
    "02/bytes",
    "01/order",
    "03/new",
  ]);
  assertEquals(versions, ["3.9.2", "4.1.2"]);
  assertEquals(Object.entries(claims), [
    ["02/bytes", { "3.9.2": holds }],
    ["01/order", { "3.9.2": holds, "4.1.2": fails }],
  ]);
});
