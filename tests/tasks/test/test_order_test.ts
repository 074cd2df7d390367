import { assert, assertEquals } from "@std/assert";
import { testsLongestFirst, weightOf } from "../../../tasks/test/test_order.ts";

Deno.test("weightOf() counts tests, and more for those that start brokers or kernels", () => {
  const test = 'Deno.test("a", () => {});\n';
  assertEquals(weightOf(`${test}${test}  ${test}`), 3);
  const own = 'import { withOwnBrokers } from "../_own_brokers.ts";\n';
  assertEquals(weightOf(`${own}${test}${test}`), 20);
  assertEquals(weightOf("// Deno.test( in a comment\n"), 0);
  assertEquals(weightOf(`import "./_own_bench.ts";\n${test}`), 0);
});

Deno.test("testsLongestFirst() has every test file once, those with brokers of their own before those without", async () => {
  const files = await testsLongestFirst("tests");
  assertEquals(new Set(files).size, files.length);
  assert(files.includes("tests/tasks/test/test_order_test.ts"));
  assert(files.every((path) => !/\/_[^/]*$/.test(path)), "a helper is no test");
  const place = (path: string) => files.indexOf(path);
  assert(
    place("tests/broker/brokers/engine_faults_test.ts") <
      place("tests/lib/log/varint_test.ts"),
  );
  const measuring = place(
    "tests/broker/tasks/maintainers/bench/consume_test.ts",
  );
  assert(place("tests/lib/log/varint_test.ts") < measuring);
});
