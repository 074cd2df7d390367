import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

/** travelTo() that keeps the records of which `keeps` is true. */
const travel = (keeps: string) =>
  `const travelTo = async (consumer: Consumer, topic: string, time: Date) => {
  const admin = await notebook.use(kafka.admin());
  const from = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
  const begin = new Map(from.map(({ partition, offset }) => [partition, offset]));
  const expected = (await admin.fetchTopicOffsets(topic))
    .reduce((sum, { partition, high }) => sum + Number(high) - Number(begin.get(partition)), 0);
  const values = new Map<string, string>();
  if (expected === 0) return [];
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      if (${keeps}) values.set(\`\${partition}/\${message.offset}\`, String(message.value));
    },
  });
  for (const [partition, offset] of begin) consumer.seek({ topic, partition, offset });
  await until(() => values.size >= expected);
  return [...values.values()];
};`;

export default {
  runs: [[
    {
      from: 'start(notebook.group("newcomer"))',
      to: 'start(notebook.group("newcomer"), { fromBeginning: true })',
      breaks: { "12/new-group": "newcomer: [0, 1" },
    },
    {
      from: "const back = await start(patient)",
      to: "const back = await start(patient, { fromBeginning: true })",
      breaks: { "12/back-again": "[0, 1" },
    },
    {
      from: 'javaReads(quiet, "latest", seconds)',
      to:
        'javaReads(quiet, "latest --command-property enable.auto.commit=false", seconds)',
      breaks: { "12/java-commits-position": "-1" },
    },
    {
      from: "resetOffsets(kafka, regular, 11n)",
      to: "resetOffsets(kafka, regular, fromBeginning ? 0n : 14n)",
      breaks: { "12/both-settings": "[0, 14]" },
    },
    {
      from: 'seek("offset 4", "4")',
      to: 'seek("offset 4", "5")',
      breaks: { "12/seek": '"offset 4": 5' },
    },
    {
      from: '{ ...place, offset: "-1" }',
      to: '{ ...place, offset: "7" }',
      breaks: { "12/seek-minus-one": '"auto commit": 7' },
    },
    {
      from: 'const partitions = [{ partition: 0, offset: "7" }];',
      to:
        'await member.stop(); const partitions = [{ partition: 0, offset: "7" }];',
      breaks: { "12/reset-refused": "accepted" },
    },
    {
      from: "timeOf(6.5).toISOString()",
      to: "timeOf(7.5).toISOString()",
      breaks: { "12/reset": "[8, 9" },
    },
    {
      from: "start(careless, { fromBeginning: false })",
      to: "start(careless, { fromBeginning: true })",
      breaks: { "12/out-of-range": "latest: [10, 11" },
    },
  ], [
    {
      from: '{ ...place, offset: "4" }',
      to: '{ ...place, offset: "5" }',
      breaks: { "12/seek-commits": "committed: 5" },
    },
    {
      from: "start(manual, { fromBeginning: true, autoCommit: false })",
      to: "start(manual, { fromBeginning: false, autoCommit: false })",
      breaks: { "12/out-of-range-commits": "committed: -1" },
    },
  ]],
  answers: {
    firsts: {
      wrong: [
        `const firsts = { // latest is the newest record, and the setting is always asked
          "nothing committed, fromBeginning true": 5,
          "nothing committed, fromBeginning false": 9,
          "committed 8, fromBeginning false": 9,
          "committed 2, fromBeginning true": 5,
          "committed 2, fromBeginning false": 9,
        };`,
        `const firsts = { // the setting is asked in spite of a commit
          "nothing committed, fromBeginning true": 5,
          "nothing committed, fromBeginning false": 10,
          "committed 8, fromBeginning false": 10,
          "committed 2, fromBeginning true": 5,
          "committed 2, fromBeginning false": 10,
        };`,
        `const firsts = { // out of range goes to the nearest record
          "nothing committed, fromBeginning true": 5,
          "nothing committed, fromBeginning false": 10,
          "committed 8, fromBeginning false": 8,
          "committed 2, fromBeginning true": 5,
          "committed 2, fromBeginning false": 5,
        };`,
        `const firsts = { // the beginning is offset 0
          "nothing committed, fromBeginning true": 0,
          "nothing committed, fromBeginning false": 10,
          "committed 8, fromBeginning false": 8,
          "committed 2, fromBeginning true": 0,
          "committed 2, fromBeginning false": 10,
        };`,
        `const firsts = { "committed 8, fromBeginning false": 8 }; // the others are left out`,
      ],
      right: [
        `const [first, next] = [5, 10];
        const firsts = {
          "nothing committed, fromBeginning true": first,
          "nothing committed, fromBeginning false": next,
          "committed 8, fromBeginning false": 8,
          "committed 2, fromBeginning true": first,
          "committed 2, fromBeginning false": next,
        };`,
        `const firsts = { // as text
          "nothing committed, fromBeginning true": "5",
          "nothing committed, fromBeginning false": "10",
          "committed 8, fromBeginning false": "8",
          "committed 2, fromBeginning true": "5",
          "committed 2, fromBeginning false": "10",
        };`,
      ],
    },
    travelTo: {
      wrong: [
        `const travelTo = async (_consumer: Consumer, topic: string, time: Date) => { // no consumer, no seek
          const admin = await notebook.use(kafka.admin());
          const from = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
          const begin = new Map(from.map((p) => [p.partition, BigInt(p.offset)]));
          return (await readTopic(kafka, topic))
            .filter(({ partition, offset }) => offset >= begin.get(partition)!)
            .map(({ value }) => value!);
        };`,
        `const travelTo = async (consumer: Consumer, topic: string, time: Date) => { // reads all, and filters by offset
          const admin = await notebook.use(kafka.admin());
          const from = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
          const begin = new Map(from.map((p) => [p.partition, Number(p.offset)]));
          const [values, seen] = [[] as string[], { count: 0 }];
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ partition, message }) => {
              seen.count++;
              if (Number(message.offset) >= begin.get(partition)!) values.push(String(message.value));
            },
          });
          await until(() => seen.count === 19);
          return values;
        };`,
        `const travelTo = async (consumer: Consumer, topic: string, time: Date) => { // filters by time
          const [values, seen] = [[] as string[], { count: 0 }];
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message }) => {
              seen.count++;
              if (Number(message.timestamp) >= time.getTime()) values.push(String(message.value));
            },
          });
          for (const partition of [0, 1, 2]) consumer.seek({ topic, partition, offset: "0" });
          await until(() => seen.count >= 19);
          return values;
        };`,
        `const travelTo = async (consumer: Consumer, topic: string, time: Date) => { // the first partition only
          const admin = await notebook.use(kafka.admin());
          const [from] = (await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime())).sort((a, b) => a.partition - b.partition);
          const values: string[] = [];
          if (from!.offset === "12") return values;
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            autoCommit: false,
            eachMessage: async ({ partition, message }) => {
              if (partition === 0 && Number(message.offset) >= Number(from!.offset)) values.push(String(message.value));
            },
          });
          consumer.seek({ topic, partition: 0, offset: from!.offset });
          await until(() => values.length >= 12 - Number(from!.offset));
          return [...new Set(values)];
        };`,
        travel("true"), // earlier records are not left out
        travel("message.offset >= begin.get(partition)!"), // offsets compared as text
      ],
      right: [
        `const travelTo = async (consumer: Consumer, topic: string, time: Date) => {
          const admin = await notebook.use(kafka.admin());
          const ends = await admin.fetchTopicOffsets(topic);
          const journeys = (await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime()))
            .map(({ partition, offset }) => ({
              partition,
              next: Number(offset),
              end: Number(ends.find((each) => each.partition === partition)!.high),
              values: [] as string[],
            }))
            .filter(({ next, end }) => next < end);
          if (journeys.length === 0) return [];
          await consumer.subscribe({ topic });
          const run = consumer.run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              const journey = journeys.find(({ partition }) => partition === batch.partition);
              for (const { offset, value } of batch.messages) {
                if (journey === undefined || Number(offset) !== journey.next) continue;
                journey.values.push(String(value));
                journey.next++;
              }
            },
          });
          await run;
          for (const { partition, next } of journeys) {
            consumer.seek({ topic, partition, offset: String(next) });
          }
          await until(() => journeys.every(({ next, end }) => next === end));
          return journeys.flatMap(({ values }) => values);
        };`,
      ],
    },
    none: {
      wrong: [
        `const refuseToGuess = async (groupId: string, topic: string) => { // something is committed somewhere
          const admin = await notebook.use(kafka.admin());
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          if (group!.partitions.every(({ offset }) => offset === "-1")) throw new Error("nothing is committed");
        };`,
        `const refuseToGuess = async (groupId: string, topic: string) => { // does not look for deleted records
          const admin = await notebook.use(kafka.admin());
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          if (group!.partitions.some(({ offset }) => Number(offset) < 0)) throw new Error("nothing is committed");
        };`,
        `const refuseToGuess = async (groupId: string, topic: string) => { // refuses the end
          const admin = await notebook.use(kafka.admin());
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
            const { offset } = group!.partitions.find((each) => each.partition === partition)!;
            if (Number(offset) < Number(low) || Number(offset) >= Number(high)) throw new Error(offset);
          }
        };`,
        `const refuseToGuess = async (groupId: string, topic: string) => { // does not look beyond the end
          const admin = await notebook.use(kafka.admin());
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
            const { offset } = group!.partitions.find((each) => each.partition === partition)!;
            if (Number(offset) < Number(low)) throw new Error(offset);
          }
        };`,
      ],
      right: [
        `const refuseToGuess = async (groupId: string, topic: string) => {
          const admin = await notebook.use(kafka.admin());
          const ends = await admin.fetchTopicOffsets(topic);
          const commits = (await admin.fetchOffsets({ groupId }))
            .filter((each) => each.topic === topic).flatMap(({ partitions }) => partitions);
          const good = commits.filter(({ partition, offset }) => {
            const { low, high } = ends.find((each) => each.partition === partition)!;
            return BigInt(offset) >= BigInt(low) && BigInt(offset) <= BigInt(high);
          });
          if (good.length < ends.length) throw new Error("I would have to guess");
        };`,
      ],
    },
  },
} satisfies Proofs;
