import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: `await startCook("Cleo");`,
      to: "",
      breaks: { "10/ada-joins": "Ada 2" },
    },
    {
      from: `{ ...quick, groupId: notebook.group("calm") }`,
      to:
        `{ ...quick, groupId: notebook.group("calm"), rebalanceTimeout: 1_000 }`,
      breaks: { "10/record-in-hand": "Bob joins → " },
    },
    {
      from: `await leaver!.disconnect();`,
      to: `leaver!.kill();`,
      breaks: { "10/leave-at-once": "ms: " },
    },
    {
      from: `...{ groupId, ...short },`,
      to: `...{ groupId, ...short, sessionTimeout: 10_000 },`,
      breaks: { "10/slow-handler": "seen: [0, 1, 2]" },
    },
    {
      from: `      await heartbeat();\n`,
      to: ``,
      breaks: { "10/heartbeat-in-handler": "[0, 0]" },
    },
    {
      from: `max.poll.interval.ms=1500`,
      to: `max.poll.interval.ms=600000`,
      breaks: { "10/java-poll-timeout": "false" },
    },
    {
      from: `startTrio(quiet, byTheBook),`,
      to: `startTrio(quiet, { ...byTheBook, maxWaitTimeInMs: 500 }),`,
      breaks: { "10/storm": "quiet: [0, 0, 0]" },
    },
    {
      from: `KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "3000"`,
      to: `KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0"`,
      breaks: { "10/initial-delay": "delayed: " },
    },
  ], [
    {
      from: `    eachMessage: async ({ topic, partition, message }) => {
      await pause(200);`,
      to: `    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      await pause(200);`,
      breaks: { "10/none-twice": "expected: 40" },
    },
    {
      from: `{ ...rushed, rebalanceTimeout: 1_000 }`,
      to: `{ ...rushed, rebalanceTimeout: 60_000 }`,
      breaks: { "10/rebalance-timeout": "Bob joins" },
    },
    {
      from: `victim!.kill();`,
      to: `await victim!.disconnect();`,
      breaks: { "10/crash": "ms: " },
    },
    {
      from: `await late.commitOffsets([{ topic, partition, offset }]);`,
      to:
        `await late.commitOffsets([{ topic, partition, offset }]).catch(() => {});`,
      breaks: { "10/late-commit": "undefined" },
    },
    {
      from: `maxWaitTimeInMs: 1_000 }), // for later`,
      to: `maxWaitTimeInMs: 5_000 }), // for later`,
      breaks: { "10/storm-cured": "expected: [0, 0, 0]" },
    },
  ]],
  answers: {
    settings: {
      wrong: [
        // Too slow to notice a crash.
        `const mySettings = { sessionTimeout: 30_000, heartbeatInterval: 3_000, maxWaitTimeInMs: 1_000, metadataMaxAge: 500 };`,
        // The handler takes more than a third of it.
        `const mySettings = { sessionTimeout: 1_500, heartbeatInterval: 500, maxWaitTimeInMs: 500, metadataMaxAge: 500 };`,
        // By the book, and a storm.
        `const mySettings = { sessionTimeout: 4_500, heartbeatInterval: 1_500, metadataMaxAge: 500 };`,
        // New partitions are not read.
        `const mySettings = { sessionTimeout: 6_000, heartbeatInterval: 1_000, maxWaitTimeInMs: 1_000 };`,
        // New partitions may be read too late.
        `const mySettings = { sessionTimeout: 6_000, heartbeatInterval: 2_000, maxWaitTimeInMs: 500, metadataMaxAge: 3_000 };`,
      ],
      right: [
        `const mySettings = { sessionTimeout: 4_500, heartbeatInterval: 1_500, maxWaitTimeInMs: 500, metadataMaxAge: 500 };`,
      ],
    },
    demonstrate: {
      wrong: [
        // A sum, without a group.
        `const demonstrate = async () => [[7], [4, 3], [3, 2, 2], [4, 3], [7]];`,
        // All at once.
        `const demonstrate = async (topic, groupId) => {
  const shares = new Map();
  const consumers = await Promise.all(["Ada", "Bob", "Cleo"].map((name) =>
    joinGroup(notebook, topic, {
      groupId, ...quick,
      watch: (consumer) => consumer.on("consumer.group_join", ({ payload }) =>
        shares.set(name, payload.memberAssignment[topic].length)),
    })));
  await until(() => [...shares.values()].reduce((a, b) => a + b, 0) === 7);
  for (const consumer of consumers) await consumer.disconnect();
  return [[...shares.values()].sort().reverse()];
};`,
        // What the others have is noted before they have joined again; nobody leaves.
        `const demonstrate = async (topic, groupId) => {
  const shares = new Map();
  const notes = [];
  for (const name of ["Ada", "Bob", "Cleo"]) {
    await joinGroup(notebook, topic, {
      groupId, ...quick, maxWaitTimeInMs: 100,
      watch: (consumer) => consumer.on("consumer.group_join", ({ payload }) =>
        shares.set(name, payload.memberAssignment[topic].length)),
    });
    notes.push([...shares.values()].sort().reverse());
  }
  return notes;
};`,
        // The last one stays in the group.
        `const demonstrate = async (topic, groupId) => {
  const shares = new Map();
  const notes = [];
  const consumers = [];
  const note = async () => {
    await until(() => shares.size === consumers.length &&
      [...shares.values()].reduce((a, b) => a + b, 0) === 7);
    notes.push([...shares.values()].sort().reverse());
    shares.clear();
  };
  for (const name of ["Ada", "Bob", "Cleo"]) {
    shares.clear();
    consumers.push(await joinGroup(notebook, topic, {
      groupId, ...quick,
      watch: (consumer) => consumer.on("consumer.group_join", ({ payload }) =>
        shares.set(name, payload.memberAssignment[topic].length)),
    }));
    await note();
  }
  for (let left = 2; left > 0; left--) {
    await consumers.shift().disconnect();
    await note();
  }
  return notes;
};`,
      ],
      right: [
        // It asks the coordinator.
        `const demonstrate = async (topic, groupId) => {
  const { AssignerProtocol } = await import("kafkajs");
  const admin = await notebook.use(notebook.kafka.admin());
  const notes = [];
  const consumers = [];
  const note = async () => {
    const shares = await until(async () => {
      const { groups: [group] } = await admin.describeGroups([groupId]);
      if (group.state !== "Stable" || group.members.length !== consumers.length) return;
      return group.members.map(({ memberAssignment }) =>
        AssignerProtocol.MemberAssignment.decode(memberAssignment).assignment[topic].length);
    }, { what: "a stable group" });
    notes.push(shares.sort((a, b) => b - a));
  };
  for (let i = 0; i < 3; i++) {
    consumers.push(await joinGroup(notebook, topic, { groupId, ...quick }));
    await note();
  }
  while (consumers.length > 1) {
    await consumers.shift().disconnect();
    await note();
  }
  await consumers[0].disconnect();
  return notes;
};`,
      ],
    },
    alarm: {
      wrong: [
        // Joins in all.
        `const alarm = (consumer, onStorm) => {
  let joins = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => void (++joins > 3 && onStorm()));
};`,
        // Joins in ten seconds.
        `const alarm = (consumer, onStorm) => {
  let joins = [];
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joins = [...joins, Date.now()].filter((at) => at > Date.now() - 10_000);
    if (joins.length > 7) onStorm();
  });
};`,
        // The first removal.
        `const alarm = (consumer, onStorm) => {
  let before;
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (before && before !== payload.memberId) onStorm();
    before = payload.memberId;
  });
};`,
        // Three removals, however long it takes.
        `const alarm = (consumer, onStorm) => {
  const ids = new Set();
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    ids.add(payload.memberId);
    if (ids.size > 3) onStorm();
  });
};`,
        // Each less than a minute after the one before.
        `const alarm = (consumer, onStorm) => {
  let [before, last, count] = [undefined, -Infinity, 0];
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId }, timestamp }) => {
    if (before !== undefined && before !== memberId) {
      count = timestamp - last < 60_000 ? count + 1 : 1;
      last = timestamp;
      if (count >= 3) onStorm();
    }
    before = memberId;
  });
};`,
      ],
      right: [
        // By the clock.
        `const alarm = (consumer, onStorm) => {
  let before;
  let removals = [];
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId } }) => {
    if (before !== undefined && memberId !== before) removals.push(Date.now());
    before = memberId;
    removals = removals.filter((at) => Date.now() - at < 60_000);
    if (removals.length >= 3) onStorm();
  });
};`,
        `const alarm = (consumer, onStorm) => {
  const lives = [];
  consumer.on("consumer.group_join", ({ payload: { memberId }, timestamp }) => {
    if (lives.at(-1)?.memberId === memberId) return;
    lives.push({ memberId, timestamp });
    if (lives.length > 3 && timestamp - lives.at(-3).timestamp < 60_000) onStorm();
  });
};`,
      ],
    },
  },
} satisfies Proofs;
