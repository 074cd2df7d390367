/**
 * What was seen, as `notebooks/clients.json` holds it.
 *
 * `form` is 1, and changes when the meaning of a field does. Each entry of
 * `results` is one client in one experiment with one setting; its `outcomes`
 * are what came of it, and how often, the most frequent first. A client that
 * was not measured is in `left_out`, with the reason.
 */
export interface ClientReport {
  form: 1;
  /** The day: "2026-11-26". */
  date: string;
  kafka: string;
  deno: string;
  /** "linux x86_64". */
  system: string;
  /** How often each experiment was run. */
  runs: number;
  /** `runs_on` is what ran it: "Deno 2.9.8", "Node.js 22.18.0". */
  clients: { name: string; version: string; runs_on: string }[];
  results: ClientResult[];
  left_out: string[];
}

/** One client in one experiment. */
export interface ClientResult {
  experiment: string;
  setting: "as installed" | "safe" | "either";
  client: string;
  outcomes: { outcome: string; times: number }[];
}

/** Counts equal outcomes, the most frequent first; numbers that differ become a range. */
export function countOutcomes(seen: string[]): ClientResult["outcomes"] {
  const numbers = seen.map(Number);
  if (numbers.every((it) => !Number.isNaN(it)) && new Set(seen).size > 1) {
    const range = `${Math.min(...numbers)}-${Math.max(...numbers)}`;
    return [{ outcome: range, times: seen.length }];
  }
  const times = new Map<string, number>();
  for (const outcome of seen) times.set(outcome, (times.get(outcome) ?? 0) + 1);
  return [...times].map(([outcome, times]) => ({ outcome, times }))
    .sort((a, b) => b.times - a.times);
}

/** The page `notebooks/clients.md`: a row for each experiment and setting, a column for each client. */
export function reportPage(report: ClientReport): string {
  const { clients, results, runs } = report;
  const rows = new Map<string, ClientResult[]>();
  for (const result of results) {
    const { experiment, setting } = result;
    const name = setting === "either"
      ? experiment
      : `${experiment} (${setting})`;
    rows.set(name, [...rows.get(name) ?? [], result]);
  }
  const cellOf = (row: ClientResult[], client: string) =>
    row.find((result) => result.client === client)?.outcomes
      .map(({ outcome, times }) =>
        times === runs ? outcome : `${outcome} (${times} of ${runs})`
      ).join("; ") ?? "has none";
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return `# What each client did

[Notebook 31](31_which_client.ipynb) runs these experiments and explains them.
Measured on ${report.date} with \`deno task clients\`: Kafka ${report.kafka}, Deno
${report.deno}, ${report.system}. Each was run ${runs} times, and came out the same unless
a count stands behind it. The same as data: [clients.json](clients.json), whose
\`results\` have for each \`experiment\`, \`setting\` and \`client\` the \`outcomes\`, and
how many \`times\` each was seen.

<div class="full-width">

${
    line([
      "",
      ...clients.map(({ name, version, runs_on }) =>
        runs_on.startsWith("Deno")
          ? `${name} ${version}`
          : `${name} ${version}, on ${runs_on}`
      ),
    ])
  }
${line(["---", ...clients.map(() => "---")])}
${
    [...rows].map(([name, row]) =>
      line([name, ...clients.map((client) => cellOf(row, client.name))])
    ).join("\n")
  }
</div>
${report.left_out.map((why) => `\n- ${why}`).join("")}

"As installed" is the client's default, and the automatic commits that it
offers. "Safe" has these settings instead. They are there to prevent what can go
wrong as installed: idempotence, that a record is stored twice or out of order;
Java's partitioner, that a key moves; a commit after the work, that a crash
skips a record; the ids of -1, that an old producer still commits. The table
shows whether they do.

- kafkajs: \`idempotent: true\`; \`autoCommit: false\` and \`commitOffsets()\`.
- @platformatic/kafka: \`idempotent: true\`, \`compatibilityPartitioner\`;
  \`autocommit: false\` and \`message.commit()\`; for transactions
  \`producerId: -1n, producerEpoch: -1\`.
- kafka-ts: nothing, it has no other setting.
- kafka-crab-js: \`enable.idempotence\`, \`partitioner: murmur2_random\`;
  \`enableAutoCommit: false\` and \`commitMessage()\`. Its order with several
  sends under way differs from run to run, and nothing is claimed of it.
- @confluentinc/kafka-javascript: \`idempotent: true\`; \`autoCommit: false\` and
  \`commitOffsets()\`.
- node-rdkafka: \`enable.idempotence\`, \`partitioner: murmur2_random\`;
  \`enable.auto.commit: false\` and \`commitMessageSync()\`.
`;
}
