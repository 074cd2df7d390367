// Each file of tests bears the name of what it tests. Run alone, this prints for each file of lib
// without tests of its name which ones test it:
//
//   deno test -A tests/house/test_files_test.ts
import { assertEquals } from "@std/assert";
import { filesBelow, type Module, readModules } from "./_modules.ts";
import { testedBy, testsOfLib } from "./_tests_of.ts";

Deno.test("each file of tests bears the name of the file of lib or tasks that it tests", () => {
  const files = [...filesBelow("lib"), ...filesBelow("tasks")];
  const nameless = ["lib", "broker", "tasks"]
    .flatMap((kind) => filesBelow(`tests/${kind}`))
    .filter((path) => path.endsWith("_test.ts"))
    // lib as a whole.
    .filter((path) => path !== "tests/broker/package_test.ts")
    .filter((path) => testedBy(path, files) === undefined);
  assertEquals(nameless, []);
});

Deno.test("each file of tests without tests, a helper of others, begins with _", () => {
  const helpers = filesBelow("tests")
    .filter((path) => !path.endsWith("_test.ts"))
    // What deno task prove reads, by the numbers of the notebooks.
    .filter((path) => !path.startsWith("tests/proofs/"))
    .filter((path) => !path.split("/").at(-1)!.startsWith("_"));
  assertEquals(helpers, []);
});

Deno.test("each file of lib is tested, by tests of its name or through a file that uses it", () => {
  const tests = testsOfLib(readModules("lib", "tasks", "tests", "notebooks"));
  const files = [...tests.keys()];
  for (const [path, byWhich] of tests) {
    if (byWhich.some((test) => testedBy(test, files) === path)) continue;
    console.log(`${path}: ${byWhich.join(", ") || "none"}`);
  }
  const untested = [...tests].filter(([, tests]) => tests.length === 0);
  assertEquals(untested.map(([path]) => path), []);
});

const FILES = [
  "lib/log/record.ts",
  "lib/log/record_batch.ts",
  "lib/brokers/local/java.ts",
  "tasks/kafka.ts",
  "tasks/stand_ins/assert.ts",
];

Deno.test("testedBy() finds a file by the longest name, with what its tests are about behind it", () => {
  const tested = {
    "tests/lib/log/record_test.ts": "lib/log/record.ts",
    "tests/lib/log/record_batch_test.ts": "lib/log/record_batch.ts",
    "tests/broker/log/record_batch_large_test.ts": "lib/log/record_batch.ts",
    "tests/broker/log/record_faults_test.ts": "lib/log/record.ts",
    "tests/lib/brokers/local/java_test.ts": "lib/brokers/local/java.ts",
    "tests/tasks/kafka_test.ts": "tasks/kafka.ts",
    "tests/broker/tasks/kafka_faults_test.ts": "tasks/kafka.ts",
    "tests/tasks/stand_ins_test.ts": "tasks/stand_ins",
  };
  for (const [test, file] of Object.entries(tested)) {
    assertEquals(testedBy(test, FILES), file, test);
  }
});

Deno.test("testedBy() finds nothing by another room, a part of a word, or a helper", () => {
  for (
    const test of [
      "tests/lib/client/record_test.ts",
      "tests/lib/log/recording_test.ts",
      "tests/lib/log/batch_test.ts",
      "tests/lib/log/_record.ts",
      "tests/tasks/lab_test.ts",
      "tests/house/record_test.ts",
    ]
  ) assertEquals(testedBy(test, FILES), undefined, test);
});

/** Modules that are nothing but what they import. */
function graph(arrows: Record<string, string[]>): Module[] {
  return Object.entries(arrows).map(([path, targets]) => ({
    path,
    imports: targets.map((from) => ({ from, names: [] })),
    exports: [],
    globals: [],
  }));
}

Deno.test("testsOfLib() prefers a file's own tests, then the nearest of its room, then others", () => {
  const tests = testsOfLib(graph({
    "lib/log/own.ts": [],
    "lib/log/inner.ts": [],
    "lib/log/middle.ts": ["lib/log/inner.ts"],
    "lib/log/outer.ts": ["lib/log/middle.ts", "lib/log/own.ts"],
    "lib/log/direct.ts": [],
    "lib/log/elsewhere.ts": [],
    "lib/log/shown.ts": [],
    "lib/log/forgotten.ts": [],
    "lib/client/user.ts": ["lib/log/elsewhere.ts", "lib/log/inner.ts"],
    "tests/lib/log/own_test.ts": ["lib/log/own.ts", "lib/log/direct.ts"],
    "tests/lib/log/outer_test.ts": ["lib/log/outer.ts"],
    "tests/lib/client/user_test.ts": ["lib/client/user.ts"],
    "notebooks/01_a.ipynb": ["lib/log/shown.ts"],
  }));
  assertEquals(
    Object.fromEntries(
      [...tests].map(([path, found]) => [path, found.join()]),
    ),
    {
      "lib/log/own.ts": "tests/lib/log/own_test.ts",
      "lib/log/inner.ts": "tests/lib/log/outer_test.ts",
      "lib/log/middle.ts": "tests/lib/log/outer_test.ts",
      "lib/log/outer.ts": "tests/lib/log/outer_test.ts",
      "lib/log/direct.ts": "tests/lib/log/own_test.ts",
      "lib/log/elsewhere.ts": "tests/lib/client/user_test.ts",
      "lib/log/shown.ts": "notebooks/01_a.ipynb",
      "lib/log/forgotten.ts": "",
      "lib/client/user.ts": "tests/lib/client/user_test.ts",
    },
  );
});
