// The behaviour of @std/assert and @std/cli that this project relies on. It holds for the real
// packages, and must hold for the stand-ins: this file runs against whichever is in force.
import {
  assert,
  assertEquals,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

const THIS_FILE = "tests/tasks/stand_ins_test.ts";
const ROOT = new URL("../../", import.meta.url);

class Point {
  #secret = 1;
  constructor(public x: number) {}
  get double() {
    return this.x * 2 * this.#secret;
  }
}
class OtherPoint {
  constructor(public x: number) {}
  get double() {
    return this.x * 2;
  }
}
const circle: Record<string, unknown> = { name: "a" };
circle.self = circle;
const sameCircle: Record<string, unknown> = { name: "a" };
sameCircle.self = sameCircle;

const EQUAL: [name: string, left: unknown, right: unknown][] = [
  ["0 and -0", 0, -0],
  ["NaN and NaN", NaN, NaN],
  ["bigints", 5n, 5n],
  ["objects whose keys stand in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["nested arrays", [1, [2, { a: "b" }]], [1, [2, { a: "b" }]]],
  ["dates of one instant", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  [
    "maps in another order",
    new Map([["a", 1], ["b", 2]]),
    new Map([["b", 2], ["a", 1]]),
  ],
  ["maps with object keys", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
  ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 1 }])],
  ["regular expressions", /a/g, /a/g],
  ["URLs", new URL("http://a/b"), new URL("http://a/b")],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["a null-prototype object and a plain one", Object.create(null), {}],
  ["instances of one class", new Point(1), new Point(1)],
  ["cycles", circle, sameCircle],
];

const DIFFERENT: [name: string, left: unknown, right: unknown][] = [
  ["1 and '1'", 1, "1"],
  ["1 and 1n", 1, 1n],
  ["null and undefined", null, undefined],
  ["an undefined property and none", { a: undefined }, {}],
  ["undefined properties of other names", { a: undefined }, { b: undefined }],
  ["a hole and undefined", Array(1), [undefined]],
  ["an array and an object", [], {}],
  ["dates", new Date(5), new Date(6)],
  ["a date and a plain object", new Date(5), {}],
  ["map values", new Map([["a", 1]]), new Map([["a", 2]])],
  ["map keys", new Map([["a", undefined]]), new Map([["b", undefined]])],
  ["set members", new Set([1, 2]), new Set([1, 3])],
  ["regular expression flags", /a/g, /a/i],
  ["byte values", new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ["byte lengths", new Uint8Array([1]), new Uint8Array([1, 0])],
  ["kinds of bytes", new Uint8Array([1]), new Int8Array([1])],
  ["instances of two classes", new Point(1), new OtherPoint(1)],
  ["instances of one class", new Point(1), new Point(2)],
  ["error messages", new Error("a"), new Error("b")],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }],
];

Deno.test("assertEquals() accepts equal values, assertNotEquals() refuses them", async (t) => {
  for (const [name, left, right] of EQUAL) {
    await t.step(name, () => {
      assertEquals(left, right);
      assertEquals(right, left);
      assertThrows(() => assertNotEquals(left, right), AssertionError);
    });
  }
});

Deno.test("assertEquals() refuses different values, assertNotEquals() accepts them", async (t) => {
  for (const [name, left, right] of DIFFERENT) {
    await t.step(name, () => {
      assertThrows(() => assertEquals(left, right), AssertionError);
      assertThrows(() => assertEquals(right, left), AssertionError);
      assertNotEquals(left, right);
    });
  }
});

Deno.test("assertEquals() shows both values and the message", () => {
  const error = assertThrows(
    () => assertEquals({ offset: 17 }, { offset: 18 }, "after the seek"),
    AssertionError,
    "Values are not equal: after the seek",
  );
  assertStringIncludes(error.message, "17");
  assertStringIncludes(error.message, "18");
  assertEquals(error.name, "AssertionError");
});

Deno.test("assert() and the string assertions throw AssertionError with what was seen", () => {
  assert(1);
  assertThrows(() => assert(0, "no record"), AssertionError, "no record");
  assertStringIncludes("a record", "rec");
  assertThrows(
    () => assertStringIncludes("a record", "log"),
    AssertionError,
    `Expected actual: "a record" to contain: "log".`,
  );
  assertMatch("offset 17", /\d+$/);
  assertThrows(
    () => assertMatch("offset", /\d/),
    AssertionError,
    `Expected actual: "offset" to match: "/\\d/".`,
  );
});

Deno.test("assertThrows() returns the error, whose class and message part it checks", () => {
  const failing = () => {
    throw new RangeError("\x1b[31mtoo\x1b[0m far");
  };
  const error = assertThrows(failing, RangeError, "too far");
  assertEquals(error.name, "RangeError");
  assertEquals(assertThrows(failing) instanceof RangeError, true);
  for (
    const [part, test] of [
      ["to throw", () => assertThrows(() => 1)],
      [
        `instance of "TypeError", but was "RangeError"`,
        () => assertThrows(failing, TypeError),
      ],
      ["to include", () => assertThrows(failing, RangeError, "too near")],
      ["A non-Error object was thrown", () =>
        assertThrows(() => {
          throw "text";
        }, Error)],
    ] as [string, () => unknown][]
  ) {
    assertThrows(test, AssertionError, part);
  }
});

Deno.test("assertRejects() wants a rejected promise, not an exception", async () => {
  const error = await assertRejects(
    () => Promise.reject(new RangeError("too far")),
    RangeError,
    "far",
  );
  assertEquals(error.message, "too far");
  for (
    const [part, test] of [
      ["to reject", () => assertRejects(() => Promise.resolve())],
      ["throws when expected to reject", () =>
        assertRejects(() => {
          throw new RangeError("too far");
        }, RangeError)],
      [
        `instance of "TypeError"`,
        () =>
          assertRejects(() => Promise.reject(new RangeError("")), TypeError),
      ],
      [
        "to include",
        () => assertRejects(() => Promise.reject(new Error("a")), Error, "b"),
      ],
      [
        "A non-Error object was rejected",
        () => assertRejects(() => Promise.reject("text"), Error),
      ],
    ] as [string, () => Promise<unknown>][]
  ) {
    await assertRejects(test, AssertionError, part);
  }
});

Deno.test("parseArgs() reads strings, booleans and positional arguments", () => {
  const options = { string: ["port", "_"], boolean: ["cluster"] } as const;
  const cases: [string[], Record<string, unknown>][] = [
    [[], { cluster: false, _: [] }],
    [["--port", "8888"], { port: "8888", cluster: false, _: [] }],
    [["--port=8888", "up"], { port: "8888", cluster: false, _: ["up"] }],
    [["--port=a=b"], { port: "a=b", cluster: false, _: [] }],
    [["--port", "--cluster"], { port: "", cluster: true, _: [] }],
    [["--port="], { port: "", cluster: false, _: [] }],
    [["--port", "-1"], { port: "", 1: true, cluster: false, _: [] }],
    [["--port", "1", "--port", "2"], { port: "2", cluster: false, _: [] }],
    [["--cluster", "up"], { cluster: true, _: ["up"] }],
    [["--cluster", "false", "up"], { cluster: false, _: ["up"] }],
    [["--cluster=false"], { cluster: false, _: [] }],
    [["01", "7"], { cluster: false, _: ["01", "7"] }],
    [["up", "--", "--port", "1"], {
      cluster: false,
      _: ["up", "--port", "1"],
    }],
    [["-"], { cluster: false, _: ["-"] }],
  ];
  for (const [args, expected] of cases) {
    assertEquals(
      parseArgs(args, options) as unknown,
      expected,
      args.join(" "),
    );
  }
});

Deno.test("parseArgs() makes a number of what is not declared a string", () => {
  assertEquals(parseArgs(["7", "1e3", "0x10", "7a", ""]) as unknown, {
    _: [7, 1000, 16, "7a", ""],
  });
  assertEquals(parseArgs(["--lines=20", "--name=x"]) as unknown, {
    lines: 20,
    name: "x",
    _: [],
  });
});

Deno.test("parseArgs() fills in defaults, aliases and negated options", () => {
  assertEquals(
    parseArgs([], { string: ["engine"], default: { engine: "auto" } }),
    {
      engine: "auto",
      _: [],
    },
  );
  assertEquals(
    parseArgs(["--engine", "local"], {
      string: ["engine"],
      default: { engine: "auto" },
    }),
    { engine: "local", _: [] },
  );
  assertEquals(
    parseArgs(["-h"], { boolean: ["help"], alias: { help: "h" } }) as unknown,
    { help: true, h: true, _: [] },
  );
  assertEquals(
    parseArgs(["-p", "1", "x"], {
      string: ["port"],
      alias: { port: "p" },
    }) as unknown,
    { port: "1", p: "1", _: ["x"] },
  );
  const negating = {
    boolean: ["browser"],
    negatable: ["browser"],
    default: { browser: true },
  } as const;
  assertEquals(parseArgs([], negating), { browser: true, _: [] });
  assertEquals(parseArgs(["--no-browser"], negating), {
    browser: false,
    _: [],
  });
  assertEquals(parseArgs(["--no-browser"]) as unknown, {
    "no-browser": true,
    _: [],
  });
});

Deno.test("parseArgs() stops early, and tells of the unknown", () => {
  assertEquals(
    parseArgs(["--cluster", "tool", "--describe", "-x"], {
      boolean: ["cluster"],
      stopEarly: true,
    }),
    { cluster: true, _: ["tool", "--describe", "-x"] },
  );
  const told: unknown[][] = [];
  const parsed = parseArgs(["--prot", "1", "-x", "up", "--known"], {
    boolean: ["known"],
    unknown: (...all: unknown[]) => {
      told.push(all);
      return false;
    },
  });
  assertEquals(parsed, { known: true, _: [] });
  assertEquals(told, [["--prot", "prot", "1"], ["-x", "x", "up"]]);
});

Deno.test("every call into a JSR package is in the stand-ins' list", async () => {
  const listed = new Set([
    ...await exportedNames("tasks/stand_ins/std-assert/assert.ts"),
    ...await exportedNames("tasks/stand_ins/std-cli/parse_args.ts"),
  ]);
  const used = new Map<string, string>();
  for await (const path of sourceFiles()) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (
      const [, names, specifier] of text.matchAll(
        /import\s*(?:type\s*)?\{([^}]*)\}\s*from\s*\\?["'](?:jsr:)?(@std\/[^"'\\]+)/g,
      )
    ) {
      assert(
        specifier === "@std/assert" || specifier === "@std/cli/parse-args",
        `${path} imports ${specifier}, which has no stand-in`,
      );
      for (
        const name of names!.split(",").map((each) =>
          each.replace(/^[\s*]*(type\s)?/, "").split(" as ")[0]!.trim()
        )
      ) {
        if (name && path !== THIS_FILE) used.set(name, path);
      }
    }
  }
  for (const [name, path] of used) {
    assert(
      listed.has(name),
      `${path} imports ${name}, which the stand-ins do not have`,
    );
  }
  const readme = await Deno.readTextFile(
    new URL("tasks/stand_ins/README.md", ROOT),
  );
  for (const name of listed) {
    // What the functions throw and take is theirs.
    if (/^(AssertionError|Parse.*)$/.test(name)) continue;
    assert(
      used.has(name),
      `the stand-ins have ${name}, which the project does not call`,
    );
    assertStringIncludes(
      readme,
      "`" + name,
      "the stand-ins' README does not list it",
    );
  }
});

async function exportedNames(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [
    ...text.matchAll(
      /^export (?:async )?(?:function|class|interface|type) (\w+)/gm,
    ),
  ]
    .map(([, name]) => name!);
}

/** The files that git would commit and that may import: code, notebooks, Markdown. */
async function* sourceFiles(folder = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || "./", ROOT))) {
    const path = folder + entry.name;
    if (entry.isDirectory) {
      if (
        /^(\.|node_modules|coverage)/.test(entry.name) ||
        path === "tasks/stand_ins"
      ) continue;
      yield* sourceFiles(path + "/");
    } else if (/\.(ts|ipynb|md)$/.test(entry.name)) yield path;
  }
}
