import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

/** The frame of exercise 2, around how it collects and commits. */
const consume = (body: string) => `
type Insert = (letters: string[]) => Promise<void>;
const consumeEvents = async (consumer: Consumer, insert: Insert, waitMs: number) => {
${body}
};`;

/** How most of its answers collect records, */
const COLLECT = `
  const waiting: EachMessagePayload[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;`;
/** and give them to a function called flush. */
const RUN = `
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      waiting.push(record);
      if (waiting.length >= 5) await flush();
      else timer ??= setTimeout(flush, waitMs);
    },
  });`;

/** The frame of exercise 3. */
const background = (body: string) => `
const inBackground = async (
  consumer: Consumer,
  everyMs: number,
  handle: (record: EachMessagePayload) => Promise<void>,
): Promise<() => Promise<void>> => {
${body}
};`;

export default {
  runs: [[
    // The offset after the next one is committed.
    {
      from: "BigInt(message.offset) + added",
      to: "BigInt(message.offset) + added + 1n",
      breaks: { "08/next-to-read": `plusOne: ["abc", "efg"]` },
    },
    // Java's hash multiplies by 31.
    {
      from: "Math.imul(31, h)",
      to: "Math.imul(33, h)",
      breaks: { "08/hash-of-the-name": "measured:" },
    },
    {
      from: "const byDefault = await commitsWith({});",
      to: "const byDefault = await commitsWith({ autoCommitThreshold: 4 });",
      breaks: { "08/by-default": "measured: [4, 8, 12]" },
    },
    {
      from: "if (failures-- > 0) throw",
      to: "if (failures-- < 0) throw",
      breaks: { "08/handler-throws": "commits: [12]" },
    },
    {
      from: "autoCommitThreshold: 5 })",
      to: "autoCommitThreshold: 6 })",
      breaks: { "08/five-moments": "threshold: [6, 12]" },
    },
    {
      from: `loop === commitFirst ? "before" : "after"`,
      to: `"before"`,
      breaks: { "08/crash": `twice: ["abcdefg", "g", "", ""]` },
    },
    {
      from: "    insert(`${message.value}`); // no await!",
      to: "    database.push(`${message.value}`);",
      breaks: { "08/missing-await": `"in the database": 12` },
    },
    {
      from: "auto.commit.interval.ms=200",
      to: "auto.commit.interval.ms=60000",
      breaks: { "08/java-auto-commit": "committed: 0" },
    },
  ]],
  answers: {
    threshold: {
      wrong: [
        "const autoCommitThreshold = 5;",
        "const autoCommitThreshold = 3;",
        "const autoCommitThreshold = 1;",
        "const autoCommitThreshold = 60;",
      ],
      right: ["const autoCommitThreshold = Math.floor(12 / 3);"],
    },
    consume: {
      wrong: [
        // Auto commit stays on.
        consume(`
  const waiting: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0);
    if (batch.length > 0) await insert(batch);
  };
  await consumer.run({
    eachMessage: async ({ message }) => {
      waiting.push(String(message.value));
      if (waiting.length >= 5) await flush();
      else timer ??= setTimeout(flush, waitMs);
    },
  });`),
        // No timer: what does not fill a batch waits for ever.
        consume(`
  const waiting: EachMessagePayload[] = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      waiting.push(record);
      if (waiting.length < 5) return;
      const batch = waiting.splice(0);
      await insert(batch.map(({ message }) => String(message.value)));
      await consumer.commitOffsets(next(batch.at(-1)!));
    },
  });`),
        // A full batch leaves the timer running.
        consume(`
${COLLECT}
  let last = Promise.resolve();
  const flush = () => {
    timer = undefined;
    const batch = waiting.splice(0);
    return last = last.then(async () => {
      if (batch.length === 0) return;
      await insert(batch.map(({ message }) => String(message.value)));
      await consumer.commitOffsets(next(batch.at(-1)!));
    });
  };
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      waiting.push(record);
      timer ??= setTimeout(flush, waitMs);
      if (waiting.length >= 5) await flush();
    },
  });`),
        // Commits before it inserts.
        consume(`
${COLLECT}
  let last = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0);
    return last = last.then(async () => {
      if (batch.length === 0) return;
      await consumer.commitOffsets(next(batch.at(-1)!));
      await insert(batch.map(({ message }) => String(message.value)));
    });
  };
${RUN}`),
        // Commits the last one's own offset.
        consume(`
${COLLECT}
  let last = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0);
    return last = last.then(async () => {
      if (batch.length === 0) return;
      await insert(batch.map(({ message }) => String(message.value)));
      const [place] = next(batch.at(-1)!);
      await consumer.commitOffsets([{ ...place!, offset: batch.at(-1)!.message.offset }]);
    });
  };
${RUN}`),
        // A full batch does not wait for the timer's insert.
        consume(`
${COLLECT}
  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0);
    if (batch.length === 0) return;
    await insert(batch.map(({ message }) => String(message.value)));
    await consumer.commitOffsets(next(batch.at(-1)!));
  };
${RUN}`),
        // Each record starts the time anew.
        consume(`
${COLLECT}
  let last = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    const batch = waiting.splice(0);
    return last = last.then(async () => {
      if (batch.length === 0) return;
      await insert(batch.map(({ message }) => String(message.value)));
      await consumer.commitOffsets(next(batch.at(-1)!));
    });
  };
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      waiting.push(record);
      clearTimeout(timer);
      if (waiting.length >= 5) await flush();
      else timer = setTimeout(flush, waitMs);
    },
  });`),
      ],
      right: [
        // An interval that looks how old the first one is, and a flag.
        consume(`
  let waiting: EachMessagePayload[] = [];
  let since = 0;
  let busy: Promise<void> | undefined;
  const flush = async () => {
    while (busy) await busy;
    if (waiting.length === 0) return;
    const batch = waiting.slice(0, 5);
    waiting = waiting.slice(5);
    busy = (async () => {
      await insert(batch.map(({ message }) => String(message.value)));
      await consumer.commitOffsets(next(batch.at(-1)!));
    })();
    await busy;
    busy = undefined;
  };
  const timer = setInterval(() => {
    if (!busy && waiting.length > 0 && Date.now() - since >= waitMs + 20) flush();
  }, 10);
  consumer.on(consumer.events.STOP, () => clearInterval(timer));
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      if (waiting.length === 0) since = Date.now();
      waiting.push(record);
      if (waiting.length >= 5) await flush();
    },
  });`),
      ],
    },
    background: {
      wrong: [
        // KafkaJS's interval has no timer, and each fetch's end is a commit.
        background(`
  await consumer.run({ autoCommitInterval: everyMs, eachMessage: handle });
  return () => consumer.disconnect();`),
        // Nothing commits the rest at the stop.
        background(`
  let done: ReturnType<typeof next> = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      await handle(record);
      done = next(record);
    },
  });
  const timer = setInterval(() => consumer.commitOffsets(done).catch(() => {}), everyMs);
  return async () => {
    clearInterval(timer);
    await consumer.disconnect();
  };`),
        // Notes the record before it is done.
        background(`
  let done: ReturnType<typeof next> = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      done = next(record);
      await handle(record);
    },
  });
  const commit = () => done.length > 0 ? consumer.commitOffsets(done) : undefined;
  const timer = setInterval(() => commit()?.catch(() => {}), everyMs);
  return async () => {
    clearInterval(timer);
    await commit();
    await consumer.disconnect();
  };`),
        // Commits each record.
        background(`
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      await handle(record);
      await consumer.commitOffsets(next(record));
    },
  });
  return () => consumer.disconnect();`),
        // Disconnects first, so that the last commit does nothing.
        background(`
  let done: ReturnType<typeof next> = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      await handle(record);
      done = next(record);
    },
  });
  const commit = () => done.length > 0 ? consumer.commitOffsets(done) : undefined;
  const timer = setInterval(() => commit()?.catch(() => {}), everyMs);
  return async () => {
    clearInterval(timer);
    await consumer.disconnect();
    await commit()?.catch(() => {});
  };`),
        // No timer: when no record comes, nothing is committed.
        background(`
  let done: ReturnType<typeof next> = [];
  let since = Date.now();
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      await handle(record);
      done = next(record);
      if (Date.now() - since < everyMs) return;
      since = Date.now();
      await consumer.commitOffsets(done);
    },
  });
  return async () => {
    if (done.length > 0) await consumer.commitOffsets(done);
    await consumer.disconnect();
  };`),
        // Does not await handle.
        background(`
  let done: ReturnType<typeof next> = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      handle(record).then(() => {
        done = next(record);
      });
    },
  });
  const commit = () => done.length > 0 ? consumer.commitOffsets(done) : undefined;
  const timer = setInterval(() => commit()?.catch(() => {}), everyMs);
  return async () => {
    clearInterval(timer);
    await commit();
    await consumer.disconnect();
  };`),
      ],
      right: [
        // A chain of timeouts, and a map for any number of partitions.
        background(`
  const done = new Map<string, ReturnType<typeof next>[number]>();
  let stopped = false;
  const commit = async () => {
    const offsets = [...done.values()];
    done.clear();
    if (offsets.length > 0) await consumer.commitOffsets(offsets);
  };
  let timer: ReturnType<typeof setTimeout>;
  const later = () => {
    timer = setTimeout(async () => {
      await commit().catch(() => {});
      if (!stopped) later();
    }, everyMs);
  };
  later();
  await consumer.run({
    autoCommit: false,
    eachMessage: async (record) => {
      await handle(record);
      for (const offset of next(record)) done.set(record.topic + record.partition, offset);
    },
  });
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await commit();
    await consumer.disconnect();
  };`),
      ],
    },
  },
} satisfies Proofs;
