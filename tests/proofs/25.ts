import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const SESSIONS_HEAD = `
interface Session {
  start: number;
  end: number;
  count: number;
}
const GAP = 30;
`;
const SHOP_HEAD = `
interface ShopRecord {
  key: string;
  value: "ordered" | "paid";
  time: number;
}
`;

/** The solution's loop, with what is to be different in it. */
const settle = (
  {
    paidInTime = "paid - ordered <= 60",
    isOver = "streamTime - ordered > 60",
    orders = 'id.startsWith("ordered ")',
  } = {},
) =>
  `${SHOP_HEAD}
const settle = (record: ShopRecord, store: StateStore): string[] => {
  const { key, value, time } = record;
  const streamTime = Math.max(store.get<number>("time") ?? 0, time);
  store.set("time", streamTime);
  store.set(\`\${value} \${key}\`, time);
  const lines: string[] = [];
  for (const id of store.keys().filter((id) => ${orders})) {
    const order = id.slice("ordered ".length);
    const ordered = store.get<number>(id)!;
    const paid = store.get<number>(\`paid \${order}\`);
    const isPaid = paid !== undefined && ${paidInTime};
    if (isPaid) lines.push(\`\${order} paid\`);
    else if (${isOver}) lines.push(\`\${order} expired\`);
    else continue;
    store.set(id, undefined);
    store.set(\`paid \${order}\`, undefined);
  }
  return lines;
};`;

export default {
  runs: [[{
    // In order of their times: nobody was in a tunnel.
    from: "await sendClicks(events, [1, 2, 9, 12, 3, 26, 4]);",
    to: "await sendClicks(events, [1, 2, 3, 4, 9, 12, 26]);",
    breaks: { "25/late-records": '"0 to 10": 5' },
  }, {
    // Both without a changelog.
    from: "[lives(), lives(changelog)]",
    to: "[lives(), lives(changelog && undefined)]",
    breaks: { "25/state-survives": "kills: 3, finished: " },
  }, {
    // A longer grace, in Java alone: less is late there, after a crash as well.
    from: "Duration.ofSeconds(10), Duration.ofSeconds(5)))",
    to: "Duration.ofSeconds(10), Duration.ofSeconds(30)))",
    breaks: {
      "25/java-agrees": "results: 320",
      "25/restarted": '"Kafka Streams": [1, 2, 3, 4]',
    },
  }, {
    // Ada stays where she is.
    from: 'await move("Ada", "Rome");',
    to: 'await move("Ada", "Oslo");',
    breaks: { "25/join": 'second: ["Ada in Oslo", "Bob in Lima"]' },
  }, {
    // Given out as they came.
    from: "merged.push(...ready.sort((a, b) => a.time - b.time));",
    to: "merged.push(...ready);",
    breaks: {
      "25/one-view": "view: [1, 4, 2, 0, 8, 13, 14, 11, 10, 20]",
    },
  }, {
    // The agent is alive.
    from: 'await tell(1, "41 ok", "61 ok");',
    to: 'await tell(1, "41 ok", "61 ok");\nawait tell(2, "60 cpu 20%");',
    breaks: { "25/silent-source": "inSilence: 5" },
  }]],
  answers: {
    grace: {
      wrong: [
        "const graceSeconds = 16;", // a window is closed at exactly its end plus the grace
        "const graceSeconds = 22;", // counted from the click, not from its window's end
        "const graceSeconds = 26;", // enough, and more than enough
        "const graceSeconds = 16.001;",
      ],
      right: ["const graceSeconds = 26 - 10 + 1;"],
    },
    sessions: {
      wrong: [
        // It joins the first session nearby, and never two sessions.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number): Session[] => {
  const near = sessions.find(({ start, end }) =>
    start - GAP <= time && time <= end + GAP
  );
  const joined = {
    start: Math.min(time, near?.start ?? time),
    end: Math.max(time, near?.end ?? time),
    count: (near?.count ?? 0) + 1,
  };
  return [...sessions.filter((each) => each !== near), joined]
    .sort((a, b) => a.start - b.start);
};`,
        // A gap of exactly 30 s parts.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number): Session[] => {
  const isNear = ({ start, end }: Session) =>
    start - GAP < time && time < end + GAP;
  const near = sessions.filter(isNear);
  const joined = {
    start: Math.min(time, ...near.map(({ start }) => start)),
    end: Math.max(time, ...near.map(({ end }) => end)),
    count: near.reduce((sum, { count }) => sum + count, 1),
  };
  return [...sessions.filter((each) => !isNear(each)), joined]
    .sort((a, b) => a.start - b.start);
};`,
        // A late click moves the end of its session back.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number): Session[] => {
  const isNear = ({ start, end }: Session) =>
    start - GAP <= time && time <= end + GAP;
  const near = sessions.filter(isNear);
  const joined = {
    start: Math.min(time, ...near.map(({ start }) => start)),
    end: time,
    count: near.reduce((sum, { count }) => sum + count, 1),
  };
  return [...sessions.filter((each) => !isNear(each)), joined]
    .sort((a, b) => a.start - b.start);
};`,
        // Two sessions become one, and the new one comes last whatever its time.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number): Session[] => {
  const isNear = ({ start, end }: Session) =>
    start - GAP <= time && time <= end + GAP;
  const near = sessions.filter(isNear);
  return [...sessions.filter((each) => !isNear(each)), {
    start: Math.min(time, ...near.map(({ start }) => start)),
    end: Math.max(time, ...near.map(({ end }) => end)),
    count: near.reduce((sum, { count }) => sum + count, 1),
  }];
};`,
      ],
      right: [
        // The click as a session of its own, and then neighbours joined from left to right.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number): Session[] => {
  const parts = [...sessions, { start: time, end: time, count: 1 }]
    .toSorted((a, b) => a.start - b.start);
  const joined: Session[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last === undefined || part.start - last.end > GAP) joined.push({ ...part });
    else {
      last.end = Math.max(last.end, part.end);
      last.count += part.count;
    }
  }
  return joined;
};`,
        // The gap is a parameter, too.
        `${SESSIONS_HEAD}
const addClick = (sessions: Session[], time: number, gap = GAP): Session[] => {
  const isNear = ({ start, end }: Session) =>
    start - gap <= time && time <= end + gap;
  const near = sessions.filter(isNear);
  return [...sessions.filter((each) => !isNear(each)), {
    start: Math.min(time, ...near.map(({ start }) => start)),
    end: Math.max(time, ...near.map(({ end }) => end)),
    count: near.reduce((sum, { count }) => sum + count, 1),
  }].toSorted((a, b) => a.start - b.start);
};`,
      ],
    },
    deadline: {
      wrong: [
        // Its memory is its own, and dies with the process.
        settle().replace(
          "const settle",
          "const memory = new StateStore();\nconst settle",
        ).replaceAll("store.", "memory."),
        // 60 s are too late.
        settle({ paidInTime: "paid - ordered < 60" }),
        // Time passes for an order only when a record of its own comes.
        settle({ orders: "id === \`ordered \${key}\`" }),
        // A second too early for an order that is paid at its deadline.
        settle({ isOver: "streamTime - ordered >= 60" }),
        // The record's time in place of stream time.
        settle({ isOver: "time - ordered > 60" }),
        // A payment that came before its order is in time, whatever its own time.
        settle({ paidInTime: '(value === "ordered" || paid - ordered <= 60)' }),
      ],
      right: [
        // An entry for each order, with what is known of it.
        `${SHOP_HEAD}
interface Known {
  ordered?: number;
  paid?: number;
}
const settle = (record: ShopRecord, store: StateStore): string[] => {
  const now = Math.max(record.time, store.get<number>("#now") ?? -Infinity);
  store.set("#now", now);
  const { ordered, paid } = store.get<Known>(record.key) ?? {};
  store.set(record.key, {
    ordered,
    paid: record.value === "paid" ? Math.min(record.time, paid ?? Infinity) : paid,
    ...(record.value === "ordered" ? { ordered: record.time } : {}),
  });
  return store.keys().filter((key) => key !== "#now").flatMap((key) => {
    const { ordered, paid } = store.get<Known>(key)!;
    if (ordered === undefined) return [];
    if (paid !== undefined && paid <= ordered + 60) {
      store.set(key, undefined);
      return [\`\${key} paid\`];
    }
    if (now <= ordered + 60) return [];
    store.set(key, undefined);
    return [\`\${key} expired\`];
  });
};`,
      ],
    },
  },
} satisfies Proofs;
