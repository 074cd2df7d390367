// The claims of part 4 can fail. Here settings that protect are turned the wrong way, and exactly
// the claims that lean on them fail, telling what that did. The notebooks on three brokers are not
// among these: each of their faults takes longer than all of this.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { failingClaims, type WrongSetting } from "./failing_claims.ts";

/** By notebook, in the order of its cells. */
const WRONG: Record<string, WrongSetting[]> = {
  "17": [{
    from: "retry: { retries: 0 } };",
    to: "retry: { retries: 5 } };",
    breaks: {
      "The same error twice, and the record is in one log and not in the other":
        '"what the program sees": [], "is the same": true, "request lost": ["A"]',
    },
  }, {
    from: 'sendA({ idempotent: true }, "dropResponse")',
    to: 'sendA({}, "dropResponse")',
    breaks: {
      "Two requests each time: a plain producer leaves A A, an idempotent one A":
        '"idempotent, response lost": ["A", "A"]',
    },
  }, {
    from: 'sendA({}, "dropRequest", 0)',
    to: 'sendA({}, "dropRequest", -1)',
    breaks: {
      "acks 0: acknowledged, lost, never retried. Idempotent: only acks -1 will do":
        "readable: 1, lost: 0",
    },
  }, {
    from: "inFour({ idempotent: true }, numbered)",
    to: "inFour({}, numbered)",
    breaks: {
      "One producer id, and per partition a count of records":
        '"B: 0", "B: 0"],',
    },
  }, {
    from:
      'behindFaults({ idempotent: true });\n  const topic = await notebook.topic("three"',
    to: 'behindFaults();\n  const topic = await notebook.topic("three"',
    breaks: {
      "Idempotent, and yet twice: the keyless copy lies on another partition":
        "keyed: { sent: 1, acknowledged: 1, refused: 0, readable: 2, lost: 0, duplicated: 1",
    },
  }, {
    from: "const javaDefault = await inJava(1);",
    to: 'const javaDefault = await inJava(1, "enable.idempotence=false");',
    breaks: {
      "Java's defaults leave one copy, also without a key; its plain producer leaves two":
        'defaults: ["A", "A"]',
    },
  }],
  "18": [{
    from: 'const awaited = await sendABC("dropRequest", oneByOne',
    to: 'const awaited = await sendABC("dropRequest", together',
    breaks: {
      "Made together, A B C is stored as A C B without a fault, and as C B A with one":
        '"one by one, request lost": ["C", "B", "A"]',
    },
  }, {
    from: "together,\n  await scene({ maxInFlightRequests: 1 }),",
    to: "oneByOne,\n  await scene({ maxInFlightRequests: 1 }),",
    breaks: {
      "KafkaJS with at most one request in flight still turns A B C around":
        'log: ["A", "B", "C"]',
    },
  }, {
    from: "together,\n  await scene(safeAndOne),",
    to: "oneByOne,\n  await scene(safeAndOne),",
    breaks: {
      "Three sends acknowledged. The log holds A B A: A is there twice, and C is lost":
        'log: ["A", "B", "C"], lost: []',
      "C was told the offset at which A lies, and A one of its own": 'C: "3"',
    },
  }, {
    from: '"dropResponse",\n  oneByOne,\n  await scene(safe),',
    to: '"dropResponse",\n  oneByOne,\n  await scene({}),',
    breaks: {
      "It takes both: one by one for the order, idempotent against the duplicate":
        '"response lost": ["A", "A", "B", "C"]',
    },
  }, {
    from: "const on = await scene(safe);\n  const sender",
    to: "const on = await scene({});\n  const sender",
    breaks: {
      "A hundred records, added together: exact, in order, and in few requests":
        "readable: 200, lost: 0, duplicated: 100",
    },
  }, {
    from: 'inJava("request", OFF, ONE)',
    to: 'inJava("request", OFF)',
    breaks: {
      "Java reorders without idempotence, unless one is in flight; its defaults are exact":
        '"off, in flight 1": ["C", "B", "A"]',
    },
  }],
  "19": [{
    from: 'order: "process first",\n    killAt: fifth',
    to: 'order: "commit first",\n    killAt: fifth',
    breaks: {
      "Commit first loses the gap, process first repeats it":
        '"process first": { lost: 7, twice: 0, balance: 60 }',
    },
  }, {
    from:
      'six[`${order}, killed when ${when}`] = {\n      commit: "each record"',
    to: 'six[`${order}, killed when ${when}`] = {\n      commit: "each batch"',
    breaks: {
      "The gap is one record wide, and it is still there":
        '"process first, killed when processed": "lost 0, twice 5"',
    },
  }, {
    from: "(id TEXT PRIMARY KEY, amount INTEGER)",
    to: "(id TEXT, amount INTEGER)",
    breaks: {
      "A unique key lets the second insert change nothing": "[1, 1, 1]",
    },
  }, {
    from: 'once: "key",\n  killAt: { record',
    to: "killAt: { record",
    breaks: {
      "Delivered again and again, written once": "twice: [1, 5, 12]",
    },
  }, {
    from: 'rowsWith("key")',
    to: 'rowsWith("offset")',
    breaks: {
      "Only an id from the business knows a payment that was sent twice":
        '"by key": 5',
    },
  }],
  "20": [{
    from: "read_committed: await consumed(false)",
    to: "read_committed: await consumed(true)",
    breaks: {
      "An aborted record is seen by who reads uncommitted, and by nobody else":
        'read_committed: "abcd"',
    },
  }, {
    from: 'read_committed: await seenBy("read_committed")',
    to: 'read_committed: await seenBy("read_uncommitted")',
    breaks: {
      "The last stable offset stands at the first open transaction, and hides what is behind it":
        'read_committed: { reads: "abcdef", upTo: 9n }',
    },
  }, {
    from: "const newer = await notebook.use(quiet.producer(sameName));",
    to:
      'const newer = await notebook.use(quiet.producer({ ...sameName, transactionalId: freshName("other") }));',
    breaks: {
      "The older one is fenced: nothing that it does has an effect":
        'send: "done", commit: "done"',
      "Taking over aborts the open transaction and raises the epoch":
        'read: ["x", "y", "z"]',
    },
  }],
  "21": [{
    from: "read_committed: await textOf(to),",
    to: 'read_committed: await textOf(to, "read_uncommitted"),',
    breaks: {
      "Killed at any point, the output has each letter once for read_committed":
        'sent: "ABCCDEF"',
    },
  }, {
    from: "sink: { file, once }",
    to: "sink: { file }",
    breaks: {
      "The transaction takes back the record. It cannot take back the row":
        '"known by its offset": { output: "ABCDEF", rows: "abccdef" }',
    },
  }],
};

/** Two at a time: they wait more than they work. */
const LANES = [["17", "21"], ["18", "19", "20"]];

Deno.test("claims of notebooks 17 to 21 fail where a setting that protects is wrong, and no others do", async () => {
  const broken: Record<string, string[]> = {};
  const measured: Record<string, string> = {};
  await Promise.all(LANES.map(async (lane) => {
    for (const number of lane) {
      const failed = await failingClaims(number, WRONG[number]!);
      broken[number] = failed.map(({ statement }) => statement);
      for (const claim of failed) measured[claim.statement] = claim.measured;
    }
  }));
  const breaks = Object.fromEntries(
    Object.entries(WRONG).map(([number, settings]) => [
      number,
      settings.flatMap(({ breaks }) => Object.keys(breaks)),
    ]),
  );
  assertEquals(broken, breaks);
  for (const { breaks } of Object.values(WRONG).flat()) {
    for (const [statement, part] of Object.entries(breaks)) {
      assertStringIncludes(measured[statement]!, part);
    }
  }
});
