import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

/** What an answer to the exercise "events" begins with. */
const SHOP_EVENT = `interface ShopEvent {
  id: string;
  text: string;
}
type OnDelivery = (error: Error | null, stored?: RecordMetadata) => void;
const messageOf = (event: ShopEvent) => ({ key: event.id, value: JSON.stringify(event) });
`;

/** A good produceEvent. */
const PRODUCE_EVENT =
  `const produceEvent = (producer: Producer, topic: string, event: ShopEvent, done: OnDelivery) => {
  producer.send({ topic, messages: [messageOf(event)] })
    .then(([stored]) => done(null, stored), (error) => done(error));
};
`;

/** A good produceEvents, one after the other. */
const PRODUCE_EVENTS =
  `const produceEvents = async (producer: Producer, topic: string, events: ShopEvent[]) => {
  const report = { delivered: 0, failed: [] as string[] };
  for (const event of events) {
    try {
      await producer.send({ topic, messages: [messageOf(event)] });
      report.delivered++;
    } catch {
      report.failed.push(event.id);
    }
  }
  return report;
};
`;

export default {
  runs: [[
    {
      from:
        "const oneSend = await costOf(() => producer.send({ topic, messages: events }));",
      to:
        "const oneSend = await costOf(async () => { for (const event of events) await producer.send({ topic, messages: [event] }); });",
      breaks: { "06/requests-per-send": '"one send": 500' },
    },
    {
      from: "outcomeOf(0)",
      to: "outcomeOf(1)",
      breaks: { "06/acks-0": '"acks: 0": "rejects: MESSAGE_TOO_LARGE"' },
    },
    {
      from: "if (isPatient) await Promise.all(sends);",
      to: "await Promise.all(sends);",
      breaks: { "06/disconnect": "hasty: { atOnce: 10" },
    },
    {
      from: "await gone.disconnect();",
      to: "",
      breaks: { "06/disconnected": 'measured: "sent"' },
    },
    {
      from: "const add = lingering(gathered, 10);",
      to:
        "const add = (message: Message) => producer.send({ topic: gathered, messages: [message] });",
      breaks: { "06/one-batch": "requests: 1000" },
    },
    {
      from: '"--command-property", "linger.ms=100"',
      to: '"--command-property", "linger.ms=0"',
      breaks: { "06/linger-awaited": '"--sync": 20' },
    },
    {
      from: 'perf("linger.ms=0", "batch.size=16384")',
      to: 'perf("linger.ms=0", "batch.size=1")',
      breaks: { "06/linger-0": "batches: 10000" },
    },
    {
      from: 'perf("linger.ms=10", "batch.size=16384")',
      to: 'perf("linger.ms=10", "batch.size=1")',
      breaks: { "06/profiles": "measured: [10000, 10000" },
    },
  ]],
  answers: {
    three: {
      wrong: [
        "const batchSize = 32_768;", // four
        "const batchSize = 65_536;", // two
        "const batchSize = 1_048_576;", // one
      ],
      right: ["const batchSize = 48 * 1024;"],
    },
    events: {
      wrong: [
        // Success is reported before there is any.
        `${SHOP_EVENT}
const produceEvent = (producer: Producer, topic: string, event: ShopEvent, done: OnDelivery) => {
  producer.send({ topic, messages: [messageOf(event)] }).catch(() => {});
  done(null);
};
${PRODUCE_EVENTS}`,
        // Both branches run when onDelivery is told of an error.
        `${SHOP_EVENT}
const produceEvent = (producer: Producer, topic: string, event: ShopEvent, done: OnDelivery) => {
  producer.send({ topic, messages: [messageOf(event)] })
    .catch((error) => done(error)).then((sent) => done(null, sent?.[0]));
};
${PRODUCE_EVENTS}`,
        // Errors are swallowed.
        `${SHOP_EVENT}
const produceEvent = (producer: Producer, topic: string, event: ShopEvent, done: OnDelivery) => {
  producer.send({ topic, messages: [messageOf(event)] })
    .then(([stored]) => done(null, stored), () => done(null));
};
${PRODUCE_EVENTS}`,
        // All in one send: the good ones go down with the bad.
        `${SHOP_EVENT}${PRODUCE_EVENT}
const produceEvents = async (producer: Producer, topic: string, events: ShopEvent[]) => {
  const ids = events.map(({ id }) => id);
  return await producer.send({ topic, messages: events.map(messageOf) }).then(
    () => ({ delivered: events.length, failed: [] as string[] }),
    () => ({ delivered: 0, failed: ids }),
  );
};`,
        // No flush: it reports before the answers are there.
        `${SHOP_EVENT}${PRODUCE_EVENT}
const produceEvents = (producer: Producer, topic: string, events: ShopEvent[]) => {
  const report = { delivered: 0, failed: [] as string[] };
  for (const event of events) {
    produceEvent(producer, topic, event, (error) => {
      if (error) report.failed.push(event.id);
      else report.delivered++;
    });
  }
  return Promise.resolve(report);
};`,
        // No key.
        `${
          SHOP_EVENT.replace("key: event.id, ", "")
        }${PRODUCE_EVENT}${PRODUCE_EVENTS}`,
        // The id twice.
        `${
          SHOP_EVENT.replace("(event) })", "({ ...event, key: event.id }) })")
        }${PRODUCE_EVENT}${PRODUCE_EVENTS}`,
        // The text alone.
        `${
          SHOP_EVENT.replace("JSON.stringify(event)", "event.text")
        }${PRODUCE_EVENT}${PRODUCE_EVENTS}`,
      ],
      right: [
        `${SHOP_EVENT}${PRODUCE_EVENT}${PRODUCE_EVENTS}`,
        // The same JSON, in another order and on several lines.
        `${
          SHOP_EVENT.replace(
            "stringify(event)",
            "stringify({ text: event.text, id: event.id }, null, 2)",
          )
        }${PRODUCE_EVENT}${PRODUCE_EVENTS}`,
        `${SHOP_EVENT}
const produceEvent = async (producer: Producer, topic: string, event: ShopEvent, done: OnDelivery) => {
  let stored: RecordMetadata[];
  try {
    stored = await producer.send({ topic, messages: [messageOf(event)] });
  } catch (error) {
    return done(error as Error);
  }
  done(null, stored[0]);
};
const produceEvents = async (producer: Producer, topic: string, events: ShopEvent[]) => {
  const results = await Promise.allSettled(
    events.map((event) => producer.send({ topic, messages: [messageOf(event)] })),
  );
  const failed = events.filter((_, n) => results[n]!.status === "rejected");
  return { delivered: events.length - failed.length, failed: failed.map(({ id }) => id) };
};`,
      ],
    },
    linger: {
      wrong: [
        // Debounce: every value starts the time anew.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  let batch: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    const full = batch;
    batch = [];
    sendBatch(full);
  };
  return (value: string) => {
    clearTimeout(timer);
    timer = setTimeout(go, ms);
    batch.push(value);
    if (batch.join("").length >= bytes) go();
  };
};`,
        // The timer of a full batch is never cleared.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  let batch: string[] = [];
  const go = () => {
    const full = batch;
    batch = [];
    if (full.length > 0) sendBatch(full);
  };
  return (value: string) => {
    if (batch.length === 0) setTimeout(go, ms);
    batch.push(value);
    if (batch.join("").length >= bytes) go();
  };
};`,
        // It counts values in place of bytes.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, _bytes: number, sendBatch: SendBatch) => {
  let batch: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    const full = batch;
    batch = [];
    sendBatch(full);
  };
  return (value: string) => {
    if (batch.length === 0) timer = setTimeout(go, ms);
    batch.push(value);
    if (batch.length === 10) go();
  };
};`,
        // Far too patient.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  let batch: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    const full = batch;
    batch = [];
    sendBatch(full);
  };
  return (value: string) => {
    if (batch.length === 0) timer = setTimeout(go, 5 * ms);
    batch.push(value);
    if (batch.join("").length >= bytes) go();
  };
};`,
        // The size of earlier batches is not forgotten.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  let batch: string[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    const full = batch;
    batch = [];
    sendBatch(full);
  };
  return (value: string) => {
    if (batch.length === 0) timer = setTimeout(go, ms);
    batch.push(value);
    size += value.length;
    if (size >= bytes) go();
  };
};`,
        // It empties the array that it has handed over.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  const batch: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    sendBatch(batch);
    batch.length = 0;
  };
  return (value: string) => {
    if (batch.length === 0) timer = setTimeout(go, ms);
    batch.push(value);
    if (batch.join("").length >= bytes) go();
  };
};`,
      ],
      right: [
        // A new object for each batch; a timer looks whether it is its own that waits.
        `type SendBatch = (values: string[]) => void;
const gather = (ms: number, bytes: number, sendBatch: SendBatch) => {
  let current: { values: string[] } | undefined;
  return (value: string) => {
    if (!current) {
      const mine = current = { values: [] as string[] };
      setTimeout(() => {
        if (current !== mine) return;
        current = undefined;
        sendBatch(mine.values);
      }, ms);
    }
    current.values.push(value);
    const { values } = current;
    if (values.reduce((sum, { length }) => sum + length, 0) < bytes) return;
    current = undefined;
    sendBatch(values);
  };
};`,
      ],
    },
  },
} satisfies Proofs;
