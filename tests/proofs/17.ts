import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const type =
  "type Arrival = { producerId: bigint; baseSequence: number; recordCount: number };";

/** A judge of batches with another rule for repeats, for gaps, or another memory. */
const judge = (rule: string) =>
  `${type}
const judge = (batch: Arrival, memory: Map<bigint, Arrival[]>): "append" | "repeat" | "out of order" => {
  const known = memory.get(batch.producerId) ?? [];
  const last = known.at(-1);
  const next = last ? last.baseSequence + last.recordCount : undefined;
  ${rule}
};`;

/** Sends one value after another; what is done after an error differs. */
const sendAll = (work: string) =>
  `import type { Producer } from "kafkajs";
const sendAll = async (makeProducer: () => Promise<Producer>, topic: string, values: string[]): Promise<string[]> => {
  let producer = await makeProducer();
  const acknowledged: string[] = [];
  const send = (value: string) => producer.send({ topic, messages: [{ value }] });
  ${work}
  return acknowledged;
};`;

export default {
  runs: [[{
    from: "const oneTry = { retry: { retries: 0 } };",
    to: "const oneTry = { retry: { retries: 5 } };",
    breaks: { "17/lost-response": 'logs: ["A", "A A"]' },
  }, {
    from: 'sendA({ idempotent: true }, "dropRequest", 7)',
    to: 'sendA({ idempotent: true, retry: endless }, "dropRequest", 7)',
    breaks: { "17/gives-up": "requests: [6, 8, 8]" },
  }, {
    from: 'sendA({ idempotent: true }, "dropResponse")',
    to: 'sendA({ idempotent: false }, "dropResponse")',
    breaks: { "17/copies": 'logs: ["A A", "A A"]' },
  }, {
    from:
      "const { wire, producer: safe } = await behindFaults({ idempotent: true })",
    to:
      "const { wire, producer: safe } = await behindFaults({ idempotent: false })",
    breaks: { "17/sequence": '"B 0", "B 0"' },
  }, {
    from: "n < 10; n++) answers.push",
    to: "n < 4; n++) answers.push",
    breaks: { "17/remembers": "refused: 0" },
  }, {
    from: "put({ baseSequence: 3, producerEpoch: 1 })",
    to: "put({ baseSequence: 0, producerEpoch: 1 })",
    breaks: {
      "17/out-of-order": '"epoch 1, beginning at 3": "at offset 4"',
    },
  }, {
    from: "const config = { idempotent: true, retry: { retries: 1 } };",
    to: "const config = { idempotent: true, retry: { retries: 3 } };",
    breaks: { "17/after-giving-up": 'log: ["A", "B", "C"]' },
  }, {
    from:
      'behindFaults({ idempotent: true });\n  const topic = await notebook.topic("three"',
    to:
      'behindFaults({ idempotent: false });\n  const topic = await notebook.topic("three"',
    breaks: { "17/keyless-copy": '"copies with a key": 2' },
  }, {
    from:
      "for (const _life of [1, 2]) {\n  const { producer } = await behindFaults({ idempotent: true });",
    to:
      "const { producer } = await behindFaults({ idempotent: true });\nfor (const _life of [1, 2]) {",
    breaks: { "17/new-life": "ids: 1, sequences: [0, 1]" },
  }, {
    from: "await producer.disconnect(); // the program ends",
    to: "// the program ends",
    breaks: {},
  }, {
    from: "inJava(1),",
    to: 'inJava(1, { "enable.idempotence": false }),',
    breaks: { "17/java": 'defaults: "A A"' },
  }]],
  answers: {
    safe: {
      wrong: [
        'const safeConfig: ProducerConfig = { idempotent: true, retry: { retries: 100 } };\nconst safeMessage: Message = { value: "A" };',
        'const safeConfig: ProducerConfig = { retry: { retries: 100 } };\nconst safeMessage: Message = { key: "order-1", value: "A" };',
        'const safeConfig: ProducerConfig = { idempotent: true };\nconst safeMessage: Message = { key: "order-1", value: "A" };',
        'const safeConfig: ProducerConfig = { idempotent: true, maxInFlightRequests: 1, retry: { retries: 5 } };\nconst safeMessage: Message = { key: "order-1", value: "A" };',
      ],
      right: [
        'const safeConfig: ProducerConfig = { idempotent: true, retry: { retries: 50 } };\nconst safeMessage: Message = { partition: 2, value: "A" };',
        // With pauses for real outages.
        'const safeConfig: ProducerConfig = { idempotent: true, retry: { retries: 20, initialRetryTime: 300, maxRetryTime: 30_000 } };\nconst safeMessage: Message = { key: "order-1", value: "A" };',
      ],
    },
    broker: {
      wrong: [
        // Remembers forever.
        judge(
          `if (next !== undefined && batch.baseSequence < next) return "repeat";
  if (next !== undefined && batch.baseSequence > next) return "out of order";
  memory.set(batch.producerId, [batch]);
  return "append";`,
        ),
        // Remembers one batch.
        judge(`if (last?.baseSequence === batch.baseSequence) return "repeat";
  if (next !== undefined && batch.baseSequence !== next) return "out of order";
  memory.set(batch.producerId, [batch]);
  return "append";`),
        // Does not compare the size of a repeat.
        judge(
          `if (known.some((other) => other.baseSequence === batch.baseSequence)) return "repeat";
  if (next !== undefined && batch.baseSequence !== next) return "out of order";
  memory.set(batch.producerId, [...known, batch].slice(-5));
  return "append";`,
        ),
        // Wants every id to begin at 0.
        judge(
          `if (known.some((other) => other.baseSequence === batch.baseSequence && other.recordCount === batch.recordCount)) return "repeat";
  if (batch.baseSequence !== (next ?? 0)) return "out of order";
  memory.set(batch.producerId, [...known, batch].slice(-5));
  return "append";`,
        ),
      ],
      right: [
        judge(
          `const range = ({ baseSequence, recordCount }: Arrival) => baseSequence + "-" + (baseSequence + recordCount - 1);
  if (known.map(range).includes(range(batch))) return "repeat";
  if (next === undefined || next === batch.baseSequence) {
    known.push(batch);
    if (known.length > 5) known.shift();
    memory.set(batch.producerId, known);
    return "append";
  }
  return "out of order";`,
        ),
      ],
    },
    "go-on": {
      wrong: [
        // Sends it again with a new producer: it is there twice.
        sendAll(`for (const value of values) {
    try { await send(value); } catch {
      producer = await makeProducer();
      await send(value);
    }
    acknowledged.push(value);
  }`),
        // Reports what failed as well.
        sendAll(`for (const value of values) {
    try { await send(value); } catch { producer = await makeProducer(); }
    acknowledged.push(value);
  }`),
        // Stops at the first error.
        sendAll(`for (const value of values) {
    try { await send(value); acknowledged.push(value); } catch { break; }
  }`),
        // The producer stays, and what got lost is left out.
        sendAll(`for (const value of values) await send(value).catch(() => {});
  const { readTopic } = await import("lib/consumer/read_topic.ts");
  for (const { value } of await readTopic(kafka, topic)) acknowledged.push(value!);`),
        // All in one.
        sendAll(
          `await Promise.all(values.map((value) => send(value).then(() => acknowledged.push(value), () => {})));`,
        ),
      ],
      right: [
        // The same value again, under the same number.
        sendAll(`for (const value of values) {
    for (let isStored = false; !isStored;) {
      isStored = await send(value).then(() => true, () => false);
    }
    acknowledged.push(value);
  }`),
        // A producer for each value.
        sendAll(`for (const value of values) {
    producer = await makeProducer();
    await send(value).then(() => acknowledged.push(value), () => {});
  }`),
      ],
    },
  },
} satisfies Proofs;
