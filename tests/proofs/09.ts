import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

/** Exercise 2, around how it listens. */
const worker = (listening: string, after = "") => `
interface Callbacks {
  assigned: (partitions: number[]) => void;
  revoked: (partitions: number[]) => void;
  handle: (value: string) => Promise<void>;
}
const runWorker = async (
  consumer: Consumer,
  topic: string,
  { assigned, revoked, handle }: Callbacks,
): Promise<void> => {
  const { GROUP_JOIN, REBALANCING, STOP, DISCONNECT } = consumer.events;
  ${listening}
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: ({ message }) => handle(String(message.value)) });
  ${after}
};`;

export default {
  runs: [[
    // The sixth cook works in a group of her own, so that each partition has two cooks.
    {
      from: "shares.flat().length === partitions",
      to: "shares.flat().length >= partitions",
      breaks: {},
    },
    {
      from: "await join(name, kitchen, orders)",
      to:
        `await join(name, name === "Finn" ? notebook.group("bar") : kitchen, orders)`,
      breaks: {
        "09/idle": "[4, 1, 1, 1, 1]",
        "09/dealt-by-id": "measured: [[0], [1], [2], [3], []]",
        "09/idle-members": "idle: 1",
        "09/idle-leaves": `"cooks with a partition": 5`,
        "09/two-groups": "kitchen: [80, 40]",
        "09/empty-group": `["Stable", 4, `,
      },
    },
    // There has been a group before.
    {
      from: "const was = await admin.listTopics();",
      to:
        `const early = await notebook.use(fresh.consumer({ groupId: "early", ...timing }));
await early.subscribe({ topic: "orders" });
await early.run({ eachMessage: async () => {} });
await early.disconnect();
const was = await admin.listTopics();`,
      breaks: { "09/first-group": "differs: .was" },
    },
    {
      from: `"max.poll.records=10"`,
      to: `"max.poll.records=7"`,
      breaks: { "09/taken-back": `counts: "1111111` },
    },
  ]],
  answers: {
    groups: {
      wrong: [
        "const groupIdOf = (service: string, instance: number): string => `${service}-${instance}`;",
        `const groupIdOf = (_service: string, _instance: number): string => "shop";`,
        `const groupIdOf = (service: string, _instance: number): string =>
  service === "billing" ? "billing" : "others";`,
        'const groupIdOf = (service: string, instance: number): string => service === "mail" ? `mail-${instance}` : service;',
      ],
      right: [
        `const groupIdOf = (service: string, instance: number): string => {
  const shared = new Map([["billing", "the-billers"], ["mail", "the-mailers"]]);
  return shared.get(service) ?? [service, instance].join("/");
};`,
      ],
    },
    worker: {
      wrong: [
        // Says what it got, and never what it lost.
        worker(`consumer.on(GROUP_JOIN, ({ payload }) => {
    const mine = payload.memberAssignment[topic] ?? [];
    if (mine.length > 0) assigned(mine);
  });
  void [revoked, REBALANCING, STOP, DISCONNECT];`),
        // Forgets the stop.
        worker(`let mine: number[] = [];
  consumer.on(REBALANCING, () => {
    if (mine.length > 0) revoked(mine);
    mine = [];
  });
  consumer.on(GROUP_JOIN, ({ payload }) => {
    mine = payload.memberAssignment[topic] ?? [];
    if (mine.length > 0) assigned(mine);
  });
  void [STOP, DISCONNECT];`),
        // Calls with nothing.
        worker(`let mine: number[] = [];
  const letGo = () => {
    revoked(mine);
    mine = [];
  };
  consumer.on(REBALANCING, letGo);
  consumer.on(STOP, letGo);
  consumer.on(GROUP_JOIN, ({ payload }) => {
    mine = payload.memberAssignment[topic] ?? [];
    assigned(mine);
  });
  void DISCONNECT;`),
        // Does not remember.
        worker(
          `consumer.on(GROUP_JOIN, ({ payload }) => assigned(payload.memberAssignment[topic] ?? []));
  consumer.on(REBALANCING, () => revoked([]));
  void [STOP, DISCONNECT];`,
        ),
      ],
      right: [
        worker(`const mine = new Set<number>();
  const all = () => {
    const list = [...mine];
    mine.clear();
    if (list.length > 0) revoked(list);
  };
  consumer.on(REBALANCING, all);
  consumer.on(DISCONNECT, all);
  consumer.on(GROUP_JOIN, ({ payload }) => {
    for (const partition of payload.memberAssignment[topic] ?? []) mine.add(partition);
    if (mine.size > 0) assigned([...mine]);
  });
  void STOP;`),
      ],
    },
    range: {
      wrong: [
        // Round robin.
        `const range: Plan = (members, counts) => {
  const shares: Shares = Object.fromEntries(members.map((id) => [id, {}]));
  for (const [topic, count] of Object.entries(counts)) {
    for (let p = 0; p < count; p++) (shares[members[p % members.length]!]![topic] ??= []).push(p);
  }
  return shares;
};`,
        // The last ones get more.
        `const range: Plan = (members, counts) => {
  const shares: Shares = Object.fromEntries(members.map((id) => [id, {}]));
  for (const [topic, count] of Object.entries(counts)) {
    members.forEach((id, i) => {
      const from = Math.floor((i * count) / members.length);
      const to = Math.floor(((i + 1) * count) / members.length);
      shares[id]![topic] = Array.from({ length: to - from }, (_, k) => from + k);
    });
  }
  return shares;
};`,
        // All topics in one row: the second topic does not begin at the first member.
        `const range: Plan = (members, counts) => {
  const shares: Shares = Object.fromEntries(members.map((id) => [id, {}]));
  const all = Object.entries(counts).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  );
  const size = Math.ceil(all.length / members.length);
  all.forEach(({ topic, partition }, i) =>
    (shares[members[Math.floor(i / size)]!]![topic] ??= []).push(partition)
  );
  return shares;
};`,
        // The first member gets the whole remainder.
        `const range: Plan = (members, counts) => {
  const shares: Shares = Object.fromEntries(members.map((id) => [id, {}]));
  for (const [topic, count] of Object.entries(counts)) {
    const floor = Math.floor(count / members.length);
    const left = [...Array(count).keys()];
    members.forEach((id, i) => {
      shares[id]![topic] = left.splice(0, floor + (i === 0 ? count % members.length : 0));
    });
  }
  return shares;
};`,
      ],
      right: [
        `const range: Plan = (members, counts) => {
  const shares: Shares = {};
  for (const id of members) shares[id] = {};
  for (const topic of Object.keys(counts)) {
    const left = [...Array(counts[topic]!).keys()];
    members.forEach((id, i) => {
      shares[id]![topic] = left.splice(0, Math.ceil(left.length / (members.length - i)));
    });
  }
  return shares;
};`,
      ],
    },
  },
} satisfies Proofs;
