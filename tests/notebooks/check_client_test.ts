import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkClient,
  ON_MENDED_CLIENT,
} from "../../tasks/notebooks/check_client.ts";
import { checkNotebooks } from "../../tasks/notebooks/check.ts";
import {
  type Cell,
  listNotebooks,
  PROJECT_FOLDER,
  readNotebook,
} from "../../tasks/notebooks/document.ts";
import {
  code,
  markdown,
  notebook,
  NotebookFolder,
} from "./_temporary_notebook.ts";

/** The cells that have to say on what they measure, and do not. */
function unsaid(...cells: Cell[]): number[] {
  return checkClient("x", notebook(cells)).map(({ cell }) => cell!);
}

const about = markdown("# Title\n\nHow KafkaJS sends.");
const uses = code(
  'import { kafkaClient } from "lib/client/kafka_client.ts";\nconst kafka = kafkaClient();',
);
const claims = code(
  'claim("A request for each send", await count(kafka), 1);',
);
const SAID = "This cell uses the mended client,\n`kafkaClient()`: it retries.";

Deno.test("checkClient() finds a notebook that speaks of KafkaJS and measures the mended client without a word", () => {
  const [problem, ...others] = checkClient("x", notebook([about, uses]));
  assertEquals(others, []);
  assertEquals([problem!.path, problem!.cell], ["x", 2]);
  assertStringIncludes(
    problem!.message,
    'it uses kafkaClient() in a notebook that speaks of KafkaJS: say so in a paragraph of this round, at the latest above this cell, with `kafkaClient()` and the words "mended client"',
  );
});

Deno.test("checkNotebooks() fails such a notebook, and passes it once it says so", async () => {
  await using folder = await NotebookFolder.make();
  const problemsOf = async (...cells: Cell[]) => {
    const path = await folder.write("04_client", cells);
    const results = await checkNotebooks([path]);
    return results.find(({ title }) => title === "04_client: client")!.problems;
  };
  assertEquals((await problemsOf(about, uses)).length, 1);
  assertEquals(await problemsOf(about, markdown(SAID), uses), []);
});

Deno.test("checkClient() is silent where KafkaJS is not spoken of, or nothing mended is used", () => {
  assertEquals(unsaid(markdown("# Title"), uses, claims), []);
  const published = code("const kafka = new Kafka(notebook.kafkaConfig);");
  assertEquals(unsaid(about, published, claims), []);
  const types = code(
    'import type { KafkaClientOptions } from "lib/client/kafka_client.ts";\nimport { type ChildConsumerOptions } from "lib/experiment/child_consumer.ts";',
  );
  assertEquals(unsaid(about, types), []);
});

Deno.test("checkClient() hears KafkaJS in prose, in claims and in captions", () => {
  assertEquals(unsaid(markdown("# T"), uses, markdown("As KafkaJS does.")), [
    2,
  ]);
  assertEquals(
    unsaid(markdown("# T"), uses, code('claim("KafkaJS …", 1, 2);')),
    [
      2,
    ],
  );
});

Deno.test("checkClient() wants the statement in words, not by accident", () => {
  const accidents = {
    "the name alone": "Then `kafkaClient()` is called.",
    "the words alone": "The broker waits for the mended client.",
    "in two paragraphs": "A mended client.\n\nIt is `kafkaClient()`.",
    "in a block of code": "```ts\n// mended client `kafkaClient()`\n```",
    "in a comment": "<!-- mended client `kafkaClient()` -->",
    "the name as a word": "The mended client is kafkaClient().",
  };
  for (const [what, text] of Object.entries(accidents)) {
    assertEquals(unsaid(about, markdown(text), uses), [3], what);
  }
  assertEquals(unsaid(about, uses, markdown(SAID)), [2], "below the cell");
  assertEquals(unsaid(about, code(`/* ${SAID} */`), uses), [3], "in code");
  const earlier = [about, markdown(SAID), markdown("## Round 1"), uses];
  assertEquals(unsaid(...earlier), [4], "in another round");
  for (const shape of [SAID, `> ${SAID.replace("\n", "\n> ")}`, `- ${SAID}`]) {
    assertEquals(unsaid(about, markdown(shape), uses), [], shape);
  }
});

Deno.test("checkClient() wants it again in a later round that uses what came of it and speaks of KafkaJS", () => {
  const start = [about, markdown(SAID), uses];
  const round = markdown("## Round 2\n\nWhat KafkaJS does now.");
  assertEquals(unsaid(...start, round, claims), [5]);
  assertEquals(unsaid(...start, round, markdown(SAID), claims), []);
  assertEquals(unsaid(...start, markdown("## Round 2"), claims), []);
  assertEquals(unsaid(...start, round, code("await count(other);")), []);
});

Deno.test("checkClient() follows other names, functions, lists, aliases and imports at run time", () => {
  const later = (first: string, then: string) =>
    unsaid(
      ...[about, markdown(SAID), code(first)],
      ...[markdown("## Round 2\n\nKafkaJS."), code(then)],
    );
  const from = 'from "lib/client/kafka_client.ts";\n';
  const cases: [string, string][] = [
    [
      `import { kafkaClient as make } ${from}const { a: [b] } = start(make());`,
      "b.send();",
    ],
    [`import * as mended ${from}`, "mended.kafkaClient();"],
    [
      `import { kafkaClient } ${from}const list = [];\nlist.push(kafkaClient());`,
      "const [one] = list;",
    ],
    [
      `import { kafkaClient } ${from}const run = async () => {\n  return kafkaClient();\n};\nconst result = await run();`,
      "table(result);",
    ],
    [
      'const { kafkaClient: make } = await import("lib/client/kafka_client.ts");',
      "make();",
    ],
    [
      'const program = `\n  import { kafkaClient } from "lib/client/kafka_client.ts";\n`;',
      "await run(program);",
    ],
  ];
  for (const [first, then] of cases) {
    assertEquals(later(first, then), [5], first);
  }
  // Words in texts, keys and comments are not names, and a notebook that was handed a client is not one.
  const same =
    `import { kafkaClient } ${from}const client = kafkaClient();\nawait notebook.use(client.admin());`;
  for (
    const then of [
      'console.log("client");',
      "// client\n1;",
      "send({ client: 1 });",
      "notebook.topic();",
    ]
  ) {
    assertEquals(later(same, then), [], then);
  }
});

Deno.test("checkClient() wants what runs on the mended client to be named", () => {
  const child = code(
    'import { ChildConsumer } from "lib/experiment/child_consumer.ts";\nnew ChildConsumer(options);',
  );
  assertEquals(unsaid(about, markdown(SAID), child), [3]);
  const said = "`ChildConsumer` runs the mended client, `kafkaClient()`.";
  assertEquals(unsaid(about, markdown(said), child), []);
});

Deno.test("checkClient() reads solutions as code", () => {
  const solution = markdown(
    '```ts\nimport { kafkaClient } from "lib/client/kafka_client.ts";\nconst kafka = kafkaClient();\n```',
    "solution:a",
  );
  assertEquals(unsaid(about, solution), [2]);
});

/** Of lib, what makes a mended client or mends one, without being measured: its plumbing. */
const PLUMBING = [
  "lib/brokers/local/make_aot_cache.ts",
  "lib/experiment/archive_broker.ts", // what it holds is read by the notebook's own client
  "lib/experiment/broker_rounds.ts", // waits for the broker
  "lib/experiment/child_consumer_program.ts", // ChildConsumer's process
  "lib/experiment/child_stream_program.ts", // a topology's process, in a notebook without KafkaJS
  "lib/experiment/exams/part_6.ts", // one question is about SafeProducer, and names it
  "lib/faults/cluster_repair.ts",
  "lib/metrics/group_metrics.ts", // asks what any client is told
  "lib/notebook/connect_notebook.ts", // deletes a connector's topics
  "lib/notebook/notebook.ts",
];
/** Parts of what is named in the list by the whole. */
const PARTS: Record<string, string> = {
  "lib/producer/safe_sender.ts": "lib/producer/safe_producer.ts",
};

async function* filesOfLib(folder = "lib"): AsyncGenerator<string> {
  for await (
    const { name, isFile } of Deno.readDir(`${PROJECT_FOLDER}/${folder}`)
  ) {
    const path = `${folder}/${name}`;
    if (!isFile) yield* filesOfLib(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("checkClient() knows all of lib that runs on the mended client", async () => {
  const found: string[] = [];
  for await (const path of filesOfLib()) {
    const text = await Deno.readTextFile(`${PROJECT_FOLDER}/${path}`);
    const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    if (
      /\{[^}]*\b(?:kafkaClient|watchedProducer)\b[^}]*\}\s*from|import\([^)]*(?:kafka_client|watched_producer)/
        .test(bare)
    ) {
      found.push(PARTS[path] ?? path);
    }
  }
  assert(found.length >= PLUMBING.length, `it found ${found}`);
  const known = [...Object.keys(ON_MENDED_CLIENT), ...PLUMBING];
  assertEquals(found.filter((path) => !known.includes(path)), []);
  for (const [path, names] of Object.entries(ON_MENDED_CLIENT)) {
    const module = await import(`${PROJECT_FOLDER}/${path}`);
    for (const name of names) assert(name in module, `${path} has no ${name}`);
  }
});

Deno.test("checkClient() finds each statement of the notebooks necessary", async () => {
  let removed = 0;
  for (const path of await listNotebooks(`${PROJECT_FOLDER}/notebooks`)) {
    const document = await readNotebook(path);
    assertEquals(checkClient(path, document), []);
    for (const [index, cell] of document.cells.entries()) {
      const text = [cell.source].flat().join("");
      if (cell.cell_type !== "markdown" || !/mended\s+client/.test(text)) {
        continue;
      }
      removed++;
      const without = structuredClone(document);
      without.cells[index]!.source = text.replace(/mended\s+client/g, "client");
      assert(
        checkClient(path, without).length > 0,
        `${path}, cell ${index + 1}: nothing needs this statement`,
      );
    }
  }
  assert(removed > 0, "no statement was found");
});
