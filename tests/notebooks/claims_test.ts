// The claims of part 4 can fail. Here the settings that they lean on are turned the wrong way, and
// exactly these claims fail, telling what that did. The notebooks on three brokers are not
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
    from:
      "for (const _life of [1, 2]) {\n  const { producer } = await behindFaults({ idempotent: true });",
    to:
      "const { producer } = await behindFaults({ idempotent: true });\nfor (const _life of [1, 2]) {",
    breaks: {
      "After a restart the same record is a new record, from a producer with a new id":
        "ids: 1, sequences: [0, 1]",
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
    from: "serial.add({ topic: on.topic, value })",
    to: "on.producer.send({ topic: on.topic, messages: [{ value }] })",
    breaks: {
      "A hundred records, added together: exact, in order, and in few requests":
        "readable: 101, lost: 0, duplicated: 1",
    },
  }, {
    from: 'inJava("request", OFF, ONE)',
    to: 'inJava("request", OFF)',
    breaks: {
      "Java reorders without idempotence, unless one is in flight; its defaults are exact":
        '"off, in flight 1": ["C", "B", "A"]',
    },
  }, {
    from: "max.in.flight.requests.per.connection=10",
    to: "max.in.flight.requests.per.connection=5",
    breaks: {
      "Java refuses to start with idempotence and ten requests in flight":
        'log: ["A", "B", "C"], "says what is wrong": false',
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
    from: "topic: letters }, 3n);",
    to: "topic: letters }, 2n);",
    breaks: { "With 3 committed, M3 comes next": 'next: "M2"' },
  }, {
    from: "next.processed.length === 3",
    to: "next.processed.length === 4",
    breaks: {},
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
  }, {
    from: 'wire[lost]({ apiKey: "EndTxn", times: Infinity });',
    to: "void wire[lost];",
    breaks: {
      "Both saw the same; the decision in the diary is what counts":
        'diary: ["Empty", "Ongoing", "PrepareCommit", "CompleteCommit"]',
    },
  }],
  "21": [{
    from:
      "await transaction.sendOffsets({\n    consumerGroupId: first,\n    topics: [{ topic: letters, partitions: lastPlusOne }],\n  });",
    to:
      "await (await notebook.use(kafka.admin())).setOffsets({ groupId: first, topic: letters, partitions: lastPlusOne });",
    breaks: {
      "The bookmark moves with the commit, and only then":
        '"aborted: before, after": [6n, 6n]',
    },
  }, {
    from:
      'tell({ commit: "each record", killAt: { record: 3, when: "processed" } })',
    to:
      'tell({ transactional: true, killAt: { record: 3, when: "committed" } })',
    breaks: {
      "The naive loop repeats, or it loses":
        '"send, crash, commit": { "died of": "SIGKILL", read_committed: "ABCDEF"',
    },
  }, {
    from: "read_committed: await textOf(to),",
    to: 'read_committed: await textOf(to, "read_uncommitted"),',
    breaks: {
      "Killed at any point, the output has each letter once for read_committed":
        'sent: "ABCCDEF"',
    },
  }, {
    from: 'read_uncommitted: await textOf(to, "read_uncommitted"),',
    to: "read_uncommitted: await textOf(to),",
    breaks: {
      "Nothing was undone in the log: who reads uncommitted finds the second C":
        'sent: "ABCDEF"',
    },
  }, {
    from: "while (answers.length < 50 &&",
    to: "while (answers.length < 3 &&",
    breaks: {
      "The next transaction is refused while the last one's markers are written":
        'first: "done", last: "done"',
    },
  }, {
    from: "answers.push(await sendOffset());",
    to:
      "answers.push(await sendOffset());\n  await new Promise((go) => setTimeout(go, 1_000));",
    breaks: {},
  }, {
    from: "recordsPerTransaction: 1,\n    process: ({ value })",
    to: "recordsPerTransaction: 10,\n    process: ({ value })",
    breaks: {
      "With a back-off, each transaction gets its turn": "transactions: ",
    },
  }, {
    from: "transactionalId: `${takenId}-${digits}-0`,",
    to: 'transactionalId: freshName("other"),',
    breaks: {
      "Who is fenced writes nothing more, and is told so": "ended: false",
    },
  }, {
    from: "await zombie.ended.catch((error: Error) => error);",
    to: "await until(async () => (await textOf(taken)).length >= 10);",
    breaks: {},
  }, {
    from: "sink: { file, once }",
    to: "sink: { file }",
    breaks: {
      "The transaction takes back the record. It cannot take back the row":
        '"known by its offset": { output: "ABCDEF", rows: "abccdef" }',
    },
  }],
  // Its shop writes outside of its transactions.
  "20 without transactions": [{
    from:
      "await transaction.send({ topic: orders, messages });\n  await transaction[end]();",
    to:
      "void end;\n  await transaction.abort();\n  await (await notebook.use(kafka.producer())).send({ topic: orders, messages });",
    breaks: {
      "An aborted record is seen by who reads uncommitted, and by nobody else":
        'read_committed: "abcd"',
      "Each transaction ends with a marker, which takes an offset of its own":
        'log: ["0 1: a b", "2: c", "3: d"]',
      "The last stable offset stands at the first open transaction, and hides what is behind it":
        'read_committed: { reads: "abcd", upTo: 4n }',
      "The commit sets both free, in the order of the log": 'reads: "abcdef"',
      "Each transaction is three records: begun, decided, written everywhere":
        'states: ["Empty", "Ongoing", "PrepareCommit", "CompleteCommit"]',
    },
  }, {
    from: "const last = states.at(-1)!;",
    to: "const last = states.at(-2)!;",
    breaks: {
      "What we decoded is what kafka-transactions describes":
        'status: "CompleteCommit"',
    },
  }],
};

/** Side by side, as they wait more than they work. */
const LANES = [
  ["17"],
  ["18", "20 without transactions"],
  ["21", "19", "20"],
];

Deno.test("each claim of notebooks 17 to 21 fails where a setting that it leans on is wrong, and no others do", async () => {
  const broken: Record<string, string[]> = {};
  await Promise.all(LANES.map(async (lane) => {
    for (const run of lane) {
      const settings = WRONG[run]!;
      const failed = await failingClaims(run.slice(0, 2), settings);
      broken[run] = failed.map(({ statement }) => statement);
      const parts = Object.assign({}, ...settings.map(({ breaks }) => breaks));
      for (const { statement, measured } of failed) {
        assertStringIncludes(measured, parts[statement] ?? "", statement);
      }
    }
  }));
  const breaks = Object.fromEntries(
    Object.entries(WRONG).map(([run, settings]) => [
      run,
      settings.flatMap(({ breaks }) => Object.keys(breaks)),
    ]),
  );
  assertEquals(broken, breaks);
});
