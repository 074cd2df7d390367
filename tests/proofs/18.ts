import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const gather = (body: string) =>
  `type SendAll = (values: string[]) => Promise<unknown>;
const gather = (send: SendAll): (value: string) => Promise<unknown> => {
  ${body}
};`;

const lanes = (body: string) =>
  `import type { Producer } from "kafkajs";
const lanes = (producers: Producer[], topic: string) => {
  const store = (lane: number, key: string, value: string) =>
    producers[lane]!.send({ topic, messages: [{ key, value }] });
  ${body}
};`;

export default {
  runs: [[{
    from: 'logAfter(together, "none")',
    to: 'logAfter(oneByOne, "none")',
    breaks: { "18/together": '"A B C"' },
  }, {
    from: 'logAfter(oneByOne, "dropRequest")',
    to: 'logAfter((send) => together(send), "dropRequest")',
    breaks: { "18/in-flight-one": 'oneByOne: "C B A"' },
  }, {
    from: 'logAfter(together, "dropResponse", safeAndOne)',
    to: 'logAfter(oneByOne, "dropResponse", safeAndOne)',
    breaks: {
      "18/idempotent-together": 'log: "A B C"',
      "18/told-another-offset": 'C: "3"',
    },
  }, {
    from: 'logAfter(queued, "dropResponse", idempotent)',
    to: 'logAfter(queued, "dropResponse", {})',
    breaks: { "18/serial": 'both: "A A B C"' },
  }, {
    from: 'hung.wire.hangConnection({ apiKey: "Produce" })',
    to: 'hung.wire.dropRequest({ apiKey: "Produce" })',
    breaks: { "18/hung-connection": 'answers: ["acknowledged"' },
  }, {
    from: '{ ...off, "max.in.flight.requests.per.connection": 1 }',
    to: '{ ...off, "max.in.flight.requests.per.connection": 5 }',
    breaks: { "18/java": 'javaOne: "C B A"' },
  }, {
    from: '"max.in.flight.requests.per.connection": 10 }',
    to: '"max.in.flight.requests.per.connection": 4 }',
    breaks: { "18/java-five-at-most": '"A B C"' },
  }]],
  answers: {
    order: {
      wrong: [
        'const config: ProducerConfig = { idempotent: true, maxInFlightRequests: 1 };\nconst sends: Sends = (send) => Promise.all(["A", "B", "C"].map(send));',
        "const config: ProducerConfig = { maxInFlightRequests: 1 };\nconst sends: Sends = oneByOne;",
        'const config: ProducerConfig = { idempotent: true };\nconst sends: Sends = async (send) => {\n  await send("A");\n  await Promise.all(["B", "C"].map(send));\n};',
        'const config: ProducerConfig = { idempotent: true };\nconst sends: Sends = (send) => send("A B C");',
      ],
      right: [
        "const config: ProducerConfig = { idempotent: true, maxInFlightRequests: 1 };\nconst sends: Sends = queued;",
        'const config: ProducerConfig = { idempotent: true, retry: { retries: 20 } };\nconst sends: Sends = (send) =>\n  ["A", "B", "C"].reduce((last: Promise<unknown>, value) => last.then(() => send(value)), Promise.resolve());',
      ],
    },
    gather: {
      wrong: [
        // In order, a request for each.
        gather("return serial((value) => send([value]));"),
        // Tells each caller that all is well.
        gather(`let waiting: string[] = [];
  let next: Promise<unknown> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (value) => {
    waiting.push(value);
    next ??= last.then(() => {
      const values = waiting;
      waiting = [];
      next = undefined;
      return send(values).catch(() => {});
    });
    last = next;
    return next;
  };`),
        // Stands still after an error.
        gather(`let waiting: string[] = [];
  let next: Promise<unknown> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (value) => {
    waiting.push(value);
    next ??= last.then(() => {
      const values = waiting;
      waiting = [];
      next = undefined;
      return send(values);
    });
    last = next;
    return next;
  };`),
        // All that wait share one promise, which knows no results.
        gather(`let waiting: string[] = [];
  let running: Promise<unknown> | undefined;
  return (value) => {
    waiting.push(value);
    running ??= (async () => {
      try {
        while (waiting.length) {
          const values = waiting;
          waiting = [];
          await send(values);
        }
      } finally {
        running = undefined;
      }
    })();
    return running;
  };`),
        // Gathers for a moment, and does not wait for the send before.
        gather(`let waiting: string[] = [];
  let next: Promise<unknown> | undefined;
  return (value) => {
    waiting.push(value);
    if (waiting.length === 5) {
      const values = waiting;
      waiting = [];
      next = send(values);
    }
    return next ?? Promise.resolve();
  };`),
      ],
      right: [
        gather(
          `type Waiting = { value: string; resolve: (result: unknown) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let isBusy = false;
  const drain = async () => {
    if (isBusy) return;
    isBusy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const result = await send(batch.map(({ value }) => value));
        for (const { resolve } of batch) resolve(result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isBusy = false;
  };
  return (value) =>
    new Promise((resolve, reject) => {
      waiting.push({ value, resolve, reject });
      void drain();
    });`,
        ),
      ],
    },
    lanes: {
      wrong: [
        // One line for all.
        lanes(`let last: Promise<unknown> = Promise.resolve();
  return (key: string, value: string): Promise<unknown> => {
    const mine = last.then(() => store(0, key, value));
    last = mine.catch(() => {});
    return mine;
  };`),
        // The producers in turn, whatever the key.
        lanes(
          `const last = producers.map((): Promise<unknown> => Promise.resolve());
  let turn = 0;
  return (key: string, value: string): Promise<unknown> => {
    const lane = turn++ % producers.length;
    const mine = last[lane]!.then(() => store(lane, key, value));
    last[lane] = mine.catch(() => {});
    return mine;
  };`,
        ),
        // A producer for each key, and no waiting.
        lanes(
          `return (key: string, value: string): Promise<unknown> => store(Number(key.slice(1)) % producers.length, key, value);`,
        ),
        // In order for each key, and several sends of a producer under way.
        lanes(`const last = new Map<string, Promise<unknown>>();
  return (key: string, value: string): Promise<unknown> => {
    const lane = Number(key.slice(1)) % producers.length;
    const mine = (last.get(key) ?? Promise.resolve()).then(() => store(lane, key, value));
    last.set(key, mine.catch(() => {}));
    return mine;
  };`),
      ],
      right: [
        lanes(`const queues = producers.map((_, lane) => {
    let last: Promise<unknown> = Promise.resolve();
    return (key: string, value: string) => {
      const mine = last.then(() => store(lane, key, value));
      last = mine.catch(() => {});
      return mine;
    };
  });
  const hash = (key: string) => [...key].reduce((sum, letter) => sum * 31 + letter.codePointAt(0)!, 7);
  return (key: string, value: string): Promise<unknown> => queues[hash(key) % queues.length]!(key, value);`),
      ],
    },
  },
} satisfies Proofs;
