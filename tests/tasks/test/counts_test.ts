import { assertEquals } from "@std/assert";
import {
  agreeing,
  countsOfJunit,
  countsOfLastLine,
} from "../../../tasks/test/counts.ts";

Deno.test("countsOfJunit() takes neither failed nor ignored tests for passed", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="9" failures="2" errors="1" time="1.5">
  <testsuite name="./a_test.ts" tests="9" disabled="0" errors="1" failures="2">
    <testcase name="a"><skipped/></testcase>
  </testsuite>
</testsuites>`;
  assertEquals(countsOfJunit(xml), { passed: 5, failed: 3 });
  assertEquals(countsOfJunit(""), { passed: 0, failed: 0 });
});

Deno.test("countsOfLastLine() reads the last line alone", () => {
  assertEquals(countsOfLastLine("3 failed\n12 passed, 1 failed\n"), {
    passed: 12,
    failed: 1,
  });
  assertEquals(countsOfLastLine("12 passed, 1 failed, 2 skipped"), {
    passed: 12,
    failed: 1,
  });
  assertEquals(
    countsOfLastLine("12 passed, 1 failed\nthen a crash"),
    undefined,
  );
});

Deno.test("agreeing() counts a failure where exit code and counts disagree, or nothing was checked", () => {
  assertEquals(agreeing({ passed: 3, failed: 0 }, 0), { passed: 3, failed: 0 });
  assertEquals(agreeing({ passed: 3, failed: 1 }, 1), { passed: 3, failed: 1 });
  assertEquals(agreeing({ passed: 3, failed: 0 }, 1), { passed: 3, failed: 1 });
  assertEquals(agreeing({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1 });
  assertEquals(agreeing(undefined, 0), { passed: 0, failed: 1 });
});

Deno.test("agreeing() trusts a failed check more than an exit code of 0", () => {
  assertEquals(agreeing({ passed: 3, failed: 1 }, 0), { passed: 3, failed: 1 });
});
