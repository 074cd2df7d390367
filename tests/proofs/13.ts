import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: "await subtract(waiters)",
      to: "await subtract(cooks)",
      breaks: { "13/end-minus-committed": "subtracted: [6, 6]" },
    },
    {
      from: "autoCommit: false, eachMessage: async () => void handled++",
      to: "autoCommit: true, eachMessage: async () => void handled++",
      breaks: { "13/all-handled": "lag: 0n" },
    },
    {
      from: "chef.run({ eachMessage",
      to: "chef.run({ autoCommitThreshold: 1, eachMessage",
      breaks: { "13/shape": "commits: 120" },
    },
    {
      from: "fetching(20, { minBytes: 3_400 })",
      to: "fetching(20, { minBytes: 100_000 })",
      breaks: { "13/min-bytes-max-wait": "full: { records: 20, fetches: 1" },
    },
    {
      from: "if (waiting.length === 20)",
      to: "if (waiting.length === 30)",
      breaks: { "13/paused-fetch": "waiting: 30" },
    },
    {
      from: '(String(message.value) === "report") await',
      to: '(String(message.value) === "nothing") await',
      breaks: { "13/slow-topic": '"same fetch": 2' },
    },
    {
      from: 'lanes("highest"), 14',
      to: 'lanes("lowest"), 14',
      breaks: { "13/commit-highest": "highest: []" },
    },
  ], [
    {
      from: "groupId: bounded, maxBytes: 100",
      to: "groupId: bounded, maxBytes: 100, maxWaitTimeInMs: 100",
      breaks: { "13/resume": "seconds: 0" },
    },
  ]],
  answers: {
    minBytes: {
      wrong: [
        "const fetchSettings = { minBytes: 5, maxWaitTimeInMs: 3_000 };",
        "const fetchSettings = { minBytes: 500, maxWaitTimeInMs: 3_000 };",
        "const fetchSettings = { minBytes: 1_000, maxWaitTimeInMs: 3_000 };",
        "const fetchSettings = { minBytes: 850, maxWaitTimeInMs: 5_000 };",
        "const fetchSettings = { minBytes: 850, maxWaitTimeInMs: 300 };",
        // A short max wait hides a minBytes that five records do not reach.
        "const fetchSettings = { minBytes: 1_000, maxWaitTimeInMs: 2_000 };",
        "const fetchSettings = { minBytes: 100_000, maxWaitTimeInMs: 1_000 };",
      ],
      right: [
        "const fetchSettings = { minBytes: 700, maxWaitTimeInMs: 2_900 };",
      ],
    },
    tracker: {
      wrong: [
        `class Tracker { // the highest that is done
          #highest: number | undefined;
          started(_offset: number) {}
          finished(offset: number) { this.#highest = Math.max(this.#highest ?? 0, offset); }
          next() { return this.#highest === undefined ? undefined : this.#highest + 1; }
        }`,
        `class Tracker { // waits for offsets that do not exist
          #next: number | undefined;
          #done = new Set<number>();
          started(offset: number) { this.#next ??= offset; }
          finished(offset: number) {
            this.#done.add(offset);
            while (this.#done.delete(this.#next!)) this.#next!++;
          }
          next() { return this.#next; }
        }`,
        `class Tracker { // keeps all that it has seen
          #started: number[] = [];
          #finished = new Set<number>();
          #head = 0;
          started(offset: number) { this.#started.push(offset); }
          finished(offset: number) { this.#finished.add(offset); }
          next() {
            while (this.#finished.has(this.#started[this.#head]!)) this.#head++;
            const last = this.#started.at(-1);
            return this.#started[this.#head] ?? (last === undefined ? undefined : last + 1);
          }
        }`,
        `class Tracker { // forgets what is finished, and keeps what has started
          #started: number[] = [];
          #finished = new Set<number>();
          #head = 0;
          started(offset: number) { this.#started.push(offset); }
          finished(offset: number) {
            this.#finished.add(offset);
            while (this.#finished.delete(this.#started[this.#head]!)) this.#head++;
          }
          next() {
            const last = this.#started.at(-1);
            return this.#started[this.#head] ?? (last === undefined ? undefined : last + 1);
          }
        }`,
      ],
      right: [
        `class Tracker {
          #open: { offset: number; done: boolean }[] = [];
          #next: number | undefined;
          started(offset: number) {
            if (this.#open.length === 0) this.#next = offset;
            this.#open.push({ offset, done: false });
          }
          finished(offset: number) {
            this.#open.find((each) => each.offset === offset)!.done = true;
            while (this.#open[0]?.done) this.#next = this.#open.shift()!.offset + 1;
            if (this.#open.length > 0) this.#next = this.#open[0]!.offset;
          }
          next() { return this.#next; }
        }`,
      ],
    },
    late: {
      wrong: [
        `const lateMs = async (groupId: string, topic: string): Promise<number> => { // the first unread of each partition
          const stored = await readTopic(kafka, topic);
          const firsts = (await lagOf(kafka, groupId, [topic])).flatMap(({ partition, committed }) =>
            stored.find((each) => each.partition === partition && each.offset === (committed ?? 0n)) ?? []
          );
          return Math.max(0, ...firsts.map(({ timestamp }) => Date.now() - timestamp!.getTime()));
        };`,
        `const lateMs = async (groupId: string, topic: string): Promise<number> => { // no commit, no lag
          const stored = await readTopic(kafka, topic);
          const unread = (await lagOf(kafka, groupId, [topic])).flatMap(({ partition, committed, end }) =>
            stored.filter((each) => each.partition === partition && each.offset >= (committed ?? end!))
          );
          return Math.max(0, ...unread.map(({ timestamp }) => Date.now() - timestamp!.getTime()));
        };`,
        `const lateMs = async (_groupId: string, topic: string): Promise<number> => { // of all records
          const stored = await readTopic(kafka, topic);
          return Math.max(0, ...stored.map(({ timestamp }) => Date.now() - timestamp!.getTime()));
        };`,
        `const lateMs = async (groupId: string, topic: string): Promise<number> => // records, not time
          Number(totalLag(await lagOf(kafka, groupId, [topic])));`,
      ],
      right: [
        `const lateMs = async (groupId: string, topic: string): Promise<number> => {
          const admin = await notebook.use(kafka.admin());
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          const committed = new Map(group!.partitions.map((each) => [each.partition, Number(each.offset)]));
          let oldest = Infinity;
          for (const { partition, offset, timestamp } of await readTopic(kafka, topic)) {
            if (Number(offset) < (committed.get(partition) ?? -1)) continue;
            oldest = Math.min(oldest, timestamp!.getTime());
          }
          return oldest === Infinity ? 0 : Date.now() - oldest;
        };`,
      ],
    },
    "exam-part-3": {
      wrong: [
        `const answers = { restart: 8, thrown: 0, unawaited: 0, idle: 0, joined: 1, moves: 2, latest: 9, outOfRange: 5, lag: 0, paused: 2 };`,
        `const answers = { lag: 6 };`, // the others are left out
      ],
      right: [],
    },
  },
} satisfies Proofs;
