import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: "const offset = `${Number(message.offset) + 1}`;",
      to: "const offset = `${Math.min(2, Number(message.offset) + 1)}`;",
      breaks: { "26/careful-kitchen": '"012345", "2' },
    },
    {
      from: 'note.tries === "3"',
      to: 'note.tries === "2"',
      breaks: { "26/put-aside": '"1: 2"' },
    },
    {
      from: "topic: isOver ? dead : retry, messages });",
      to: "topic: isOver ? dead : retry, messages }).catch(() => {});",
      breaks: { "26/nowhere-to-go": "before: 3" },
    },
    {
      // The group's own limit, one higher than the broker's default.
      from: '"share.auto.offset.reset=earliest"',
      to: '"share.auto.offset.reset=earliest,share.delivery.count.limit=6"',
      breaks: { "26/released": "stored: 11" },
    },
    {
      from: 'whenFull: "wait"',
      to: 'whenFull: "refuse"',
      breaks: { "26/results": "maybe written | buffer full" },
    },
    {
      from: "stopOnSignal({ reader, biller }",
      to: "stopOnSignal({ biller, reader }",
      breaks: { "26/shutdown": "written: " },
    },
    {
      from: "(config: typeof quiet) => new Kafka(config), kafkaClient",
      to: "kafkaClient, kafkaClient",
      breaks: { "26/closing": 'published: ["closed", "closed"]' },
    },
    {
      from: "offset === 2n ? answer.promise",
      to: "offset === 3n ? answer.promise",
      breaks: { "26/standstill": "stands: [3n]" },
    },
  ]],
  answers: {
    shutdown: {
      wrong: [
        `const shutdown = ["write the sum", "stop the consumer", "close the producer"];`,
        `const shutdown = ["stop the consumer", "close the producer", "write the sum"];`,
        `const shutdown = ["stop the consumer", "close the producer"];`,
        `const shutdown = ["close the producer", "stop the consumer", "write the sum"];`,
      ],
      right: [
        `const shutdown = ["close the producer", "write the sum", "stop the consumer"].toReversed();`,
      ],
    },
    replay: {
      wrong: [
        `const replay = async (from: string, to: string) => { // remembers nothing
          const letters = (await readTopic(kafka, from)).filter((it) => !it.headers["failed-cause"]!.startsWith("SyntaxError"));
          const out = await notebook.use(kafka.producer());
          await out.send({ topic: to, messages: letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> })) });
        };`,
        `const replay = async (from: string, to: string) => { // remembers the last one, not the next
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const letters = await readTopic(kafka, from, { fromOffset: place?.offset ?? 0n });
          const messages = letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> }))
            .filter((it) => !it.headers["failed-cause"]!.startsWith("SyntaxError"));
          const out = await notebook.use(kafka.producer());
          if (messages.length > 0) await out.send({ topic: to, messages });
          const offset = letters.at(-1)!.offset;
          await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset }]);
        };`,
        `const replay = async (from: string, to: string) => { // forgets the headers
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const letters = await readTopic(kafka, from, { fromOffset: place?.offset ?? 0n });
          if (letters.length === 0) return;
          const out = await notebook.use(kafka.producer());
          const messages = letters.filter((it) => !it.headers["failed-cause"]!.startsWith("SyntaxError"))
            .map(({ key, value }) => ({ key, value }));
          await out.send({ topic: to, messages });
          const offset = letters.at(-1)!.offset + 1n;
          await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset }]);
        };`,
        `const replay = async (from: string, to: string) => { // all of them
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const letters = await readTopic(kafka, from, { fromOffset: place?.offset ?? 0n });
          if (letters.length === 0) return;
          const out = await notebook.use(kafka.producer());
          await out.send({ topic: to, messages: letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> })) });
          const offset = letters.at(-1)!.offset + 1n;
          await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset }]);
        };`,
        `let nextLetter = 0n; // remembers it in the process
        const replay = async (from: string, to: string) => {
          const letters = await readTopic(kafka, from, { fromOffset: nextLetter });
          const messages = letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> }))
            .filter((it) => !it.headers["failed-cause"]!.startsWith("SyntaxError"));
          const out = await notebook.use(kafka.producer());
          if (messages.length > 0) await out.send({ topic: to, messages });
          nextLetter += BigInt(letters.length);
        };`,
        `const replay = async (from: string, to: string) => { // SyntaxError anywhere
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const letters = await readTopic(kafka, from, { fromOffset: place?.offset ?? 0n });
          if (letters.length === 0) return;
          const messages = letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> }))
            .filter((it) => !it.headers["failed-cause"]!.includes("SyntaxError"));
          const out = await notebook.use(kafka.producer());
          if (messages.length > 0) await out.send({ topic: to, messages });
          const offset = letters.at(-1)!.offset + 1n;
          await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset }]);
        };`,
        `const replay = async (from: string, to: string) => { // remembers first, sends afterwards
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const letters = await readTopic(kafka, from, { fromOffset: place?.offset ?? 0n });
          if (letters.length === 0) return;
          const offset = letters.at(-1)!.offset + 1n;
          await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset }]);
          const messages = letters.map(({ key, value, headers }) => ({ key, value, headers: headers as Record<string, string> }))
            .filter((it) => !it.headers["failed-cause"]!.startsWith("SyntaxError"));
          const out = await notebook.use(kafka.producer());
          if (messages.length > 0) await out.send({ topic: to, messages });
        };`,
      ],
      right: [
        `const replay = async (from: string, to: string) => { // one by one
          const [place] = await committedOffsets(kafka, replayed, [from]);
          const out = await notebook.use(kafka.producer());
          for (const { key, value, headers, offset } of await readTopic(kafka, from)) {
            if (offset < (place?.offset ?? 0n)) continue;
            if (!/^SyntaxError/.test(headers["failed-cause"]!)) {
              await out.send({ topic: to, messages: [{ key, value, headers: headers as Record<string, string> }] });
            }
            await resetOffsets(kafka, { groupId: replayed, topic: from }, [{ partition: 0, offset: offset + 1n }]);
          }
        };`,
      ],
    },
    worker: {
      wrong: [
        `const primes = (n: number) => new Promise<number>((resolve) => setTimeout(() => resolve(countPrimes(n)), 50));`,
        `const primes = (n: number) => new Promise<number>((resolve) => queueMicrotask(() => resolve(countPrimes(n))));`,
        `const primes = (n: number): Promise<number> => { // the worker computes something else
          const program = "onmessage = ({ data }) => postMessage(data);";
          const worker = new Worker(URL.createObjectURL(new Blob([program])), { type: "module" });
          return new Promise<number>((resolve) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.postMessage(n);
          }).finally(() => worker.terminate());
        };`,
      ],
      right: [
        `const pool = new Worker(
          URL.createObjectURL(new Blob([\`const count = \${countPrimes}; onmessage = ({ data: { id, n } }) => postMessage({ id, count: count(n) });\`])),
          { type: "module" },
        );
        const waiting = new Map<number, (count: number) => void>();
        pool.onmessage = ({ data: { id, count } }) => waiting.get(id)!(count);
        let jobs = 0;
        const primes = (n: number) => new Promise<number>((resolve) => {
          waiting.set(++jobs, resolve);
          pool.postMessage({ id: jobs, n });
        });`,
      ],
    },
    hopeless: {
      wrong: [
        `const isHopeless = (_error: unknown): boolean => true;`,
        `const isHopeless = (error: unknown): boolean => error instanceof SyntaxError;`,
        `const isHopeless = (error: unknown): boolean => (error as { code?: string }).code !== "ETIMEDOUT"; // closed until six`,
        `const isHopeless = (error: unknown): boolean => error instanceof UnknownDish || error instanceof Closed;`,
      ],
      right: [
        `const isHopeless = (error: unknown): boolean => !(error instanceof Closed) && !("code" in (error as object));`,
      ],
    },
    "exam-part-5": {
      wrong: [
        `const answers = { youngerNeighbour: 1, tombstone: 0, emptied: 2, inserted: 10, outbox: 1, changelog: 30, plainError: 10, skipped: 3, deadLetter: 4, deliveries: 1 };`,
      ],
      right: [],
    },
  },
} satisfies Proofs;
