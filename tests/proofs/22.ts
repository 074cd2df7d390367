import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const starts = (values: number[]) => {
  const questions = [
    "5 records of today; retention.ms=1",
    "3 of 8 days ago, then 1 of today; defaults",
    "1 of today, then 3 of 8 days ago; defaults",
    "10 of one key, compacted down to the last",
    "30 of 100 kB; segment.bytes=1 MiB, retention.bytes=1 MiB",
    "10 of today, deleteTopicRecords to offset 4",
  ];
  return `const starts: Record<string, number | undefined> = {${
    questions.map((question, n) => `"${question}": ${values[n]},`).join("\n")
  }};`;
};

const rebuild = (body: string) =>
  `const rebuild = async (topic: string): Promise<Map<string, string>> => {
  const records = await readTopic(kafka, topic);
  ${body}
};`;

const forget = (settings: string) =>
  `const forgetWithin = (ms: number): Record<string, string | number> => (${settings});`;

export default {
  runs: [[
    {
      // The index is not used: reading begins at its first entry.
      from: "entries.findLast(({ offset }) => offset <= 7_777n)!",
      to: "entries[0]!",
      breaks: { "22/lookup": "found: true, bytes: 2" },
    },
    {
      from: "const time = timeOf(7_776.5);",
      to: "const time = timeOf(7_778.5);",
      breaks: { "22/time-index": '["7779", "7779"]' },
    },
    {
      // The younger one comes last, and begins a segment of its own.
      from: "await dated([0, 8])",
      to: "await dated([8, 0])",
      breaks: { "22/dated": "[0, 1, 1, 0]" },
    },
    {
      // Below twice the limit there is nothing to delete.
      from: '"retention.bytes": 1024 * 1024 }',
      to: '"retention.bytes": 4 * 1024 * 1024 }',
      breaks: { "22/whole-segments": "files: 3" },
    },
    {
      from: 'offset: "9000"',
      to: 'offset: "8000"',
      breaks: { "22/delete-records": '"start offset": 8000' },
    },
    {
      // A little that is new is enough for the cleaner.
      from:
        'const config = { "cleanup.policy": "compact", "segment.ms": 100 };',
      to:
        'const config = { "cleanup.policy": "compact", "segment.ms": 100, "min.cleanable.dirty.ratio": 0.001 };',
      breaks: { "22/old-value-stays": '"by default": ["moved"]' },
    },
    {
      // There is more for the cleaner to do.
      from: "await cleanerRound(notebook);\nconst noWrites",
      to: `await until(async () => {
  await say(addresses, "Zoe", "at home");
  return (await of7()).length === 0;
}, { ...slow, intervalMs: 200 });
const noWrites`,
      breaks: { "22/tombstone": '"no more writes": []' },
    },
    {
      // No sequence number is to be kept, so the batch goes with its record.
      from: "idempotent: true, maxInFlightRequests: 1 }",
      to: "idempotent: false }",
      breaks: {
        "22/two-prices": '"in the batches": [1, 1], KafkaJS: ["tea"',
      },
    },
    {
      from: "await inJava(new Kafka(archive.plaintext))",
      to: "await inJava(new Kafka(archive.tls))",
      breaks: { "22/bytes-in-java": "plaintext: { read: 1" },
    },
  ], [
    {
      from: "customer ${n % 100}",
      to: "customer ${n % 50}",
      breaks: {
        "22/last-of-each-key": "after: 51, first: 250n",
        "22/old-value-stays": '"address 257"',
      },
    },
  ]],
  answers: {
    starts: {
      wrong: [
        starts([5, 3, 0, 9, 10, 4]), // compaction moves the start
        starts([5, 3, 3, 0, 10, 4]), // old records go one by one
        starts([5, 3, 0, 0, 20, 4]), // the limit is a ceiling
        starts([0, 3, 0, 0, 10, 4]), // the active segment is safe
      ],
      right: [
        starts([5, 3, 0, 0, 10, 4]).replace("5,", "2 + 3,"),
        `const [none, gone] = [0, 5];
        ${
          starts([5, 3, 0, 0, 10, 4]).replace(": 5,", ": gone,")
            .replaceAll(": 0,", ": none,")
        }`,
      ],
    },
    rebuild: {
      wrong: [
        // An empty value is taken for none.
        rebuild(
          `const table = new Map<string, string>();
  for (const { key, value } of records) {
    if (value) table.set(key!, value);
    else table.delete(key!);
  }
  return table;`,
        ),
        // Tombstones are left out, and with them what they say.
        rebuild(
          `return new Map(records.filter(({ value }) => value !== null).map(({ key, value }) => [key!, value!]));`,
        ),
        // What was deleted once never comes back.
        rebuild(
          `const dead = new Set(records.filter(({ value }) => value === null).map(({ key }) => key));
  return new Map(records.filter(({ key }) => !dead.has(key)).map(({ key, value }) => [key!, value!]));`,
        ),
        // The first value of a key counts.
        rebuild(
          `const table = new Map<string, string>();
  for (const { key, value } of records) {
    if (value === null) table.delete(key!);
    else if (!table.has(key!)) table.set(key!, value);
  }
  return table;`,
        ),
        // Offsets are counted as if there were no gaps.
        rebuild(
          `const table = new Map<string, string>();
  for (let offset = 0n; offset < BigInt(records.length); offset++) {
    const found = records.find((each) => each.offset === offset);
    if (!found) continue;
    if (found.value === null) table.delete(found.key!);
    else table.set(found.key!, found.value);
  }
  return table;`,
        ),
      ],
      right: [
        rebuild(
          `const last = new Map(records.map(({ key, value }) => [key!, value]));
  return new Map([...last].flatMap(([key, value]) => value === null ? [] : [[key, value] as const]));`,
        ),
        `const rebuild = async (topic: string): Promise<Map<string, string>> => {
  const table = new Map<string, string>();
  const [ends] = await (await notebook.use(kafka.admin())).fetchTopicOffsets(topic);
  const consumer = kafka.consumer({ groupId: notebook.group("rebuild"), maxWaitTimeInMs: 200 });
  await notebook.use(consumer);
  await consumer.subscribe({ topic, fromBeginning: true });
  const end = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message: { key, value, offset } }) => {
      if (value === null) table.delete(String(key));
      else table.set(String(key), String(value));
      if (Number(offset) >= Number(ends!.high) - 1) end.resolve();
    },
  });
  await end.promise;
  await consumer.disconnect();
  return table;
};`,
      ],
    },
    forget: {
      wrong: [
        // All are forgotten.
        forget(
          `{ "cleanup.policy": "delete", "retention.ms": ms / 2, "delete.retention.ms": 0 }`,
        ),
        // Those who stay leave after a week.
        forget(
          `{ "cleanup.policy": "compact,delete", "max.compaction.lag.ms": ms / 4, "delete.retention.ms": ms / 4 }`,
        ),
        // One part in a hundred must be new before the cleaner comes.
        forget(
          `{ "cleanup.policy": "compact", "segment.ms": ms / 4, "min.cleanable.dirty.ratio": 0.01, "delete.retention.ms": ms / 4 }`,
        ),
        // Half of it must be.
        forget(
          `{ "cleanup.policy": "compact", "segment.ms": ms / 4, "delete.retention.ms": ms / 4 }`,
        ),
        // The active segment is never closed in time.
        forget(
          `{ "cleanup.policy": "compact", "min.cleanable.dirty.ratio": 0, "delete.retention.ms": 0 }`,
        ),
        // The tombstone stays for a day.
        forget(
          `{ "cleanup.policy": "compact", "max.compaction.lag.ms": ms / 2 }`,
        ),
        // One time after the other is more than an hour.
        forget(
          `{ "cleanup.policy": "compact", "max.compaction.lag.ms": ms, "delete.retention.ms": ms }`,
        ),
        // An hour, whatever the limit.
        forget(
          `{ "cleanup.policy": "compact", "max.compaction.lag.ms": 1_200_000, "delete.retention.ms": ms / 4 }`,
        ),
      ],
      right: [
        forget(
          `{ "cleanup.policy": "compact", "segment.ms": ms / 4, "min.cleanable.dirty.ratio": 0, "delete.retention.ms": ms / 4 }`,
        ),
        forget(
          `{ "cleanup.policy": "compact", "max.compaction.lag.ms": Math.floor(ms / 10), "delete.retention.ms": 0 }`,
        ),
        forget(
          `{ "cleanup.policy": "compact", "max.compaction.lag.ms": ms / 3, "delete.retention.ms": ms / 3 }`,
        ),
        // What is closed is cleaned, long before it must be.
        forget(
          `{ "cleanup.policy": "compact", "segment.ms": ms / 4, "max.compaction.lag.ms": ms, "min.cleanable.dirty.ratio": 0, "delete.retention.ms": ms / 4 }`,
        ),
        forget(
          `{ "cleanup.policy": "compact,delete", "retention.ms": -1, "max.compaction.lag.ms": ms / 4, "delete.retention.ms": ms / 4 }`,
        ),
      ],
    },
  },
} satisfies Proofs;
