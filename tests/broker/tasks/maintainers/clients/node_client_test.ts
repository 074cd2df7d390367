// The way between Deno and a client in Node.js. The clients themselves need a compiler and minutes: in
// their place KafkaJS runs there, behind the name of one that has its interface.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { ClientProcess } from "lib/experiment/clients/client_process.ts";
import {
  bundleProgram,
  nodeVersion,
} from "../../../../../tasks/maintainers/clients/install_node_clients.ts";
import { nodeClient } from "../../../../../tasks/maintainers/clients/node_client.ts";
import { openLab } from "../../../../../tasks/maintainers/clients/open_lab.ts";
import { until } from "../../../../_patience.ts";

/** A person may have Deno alone. */
const ignore = nodeVersion() === undefined;

const NAME = "@confluentinc/kafka-javascript";

const kafkaJs = dirname(
  createRequire(import.meta.url).resolve("kafkajs/package.json"),
);

const PACKAGE = `
const kafkajs = require(${JSON.stringify(kafkaJs)});
const ofKafkaJs = ({ kafkaJS: { logger, ...config } }) => config;
exports.KafkaJS = {
  Kafka: class {
    #kafka;
    constructor(config) {
      this.#kafka = new kafkajs.Kafka({ ...ofKafkaJs(config), logLevel: 0 });
    }
    producer(config) {
      const producer = this.#kafka.producer(ofKafkaJs(config));
      const { send } = producer;
      return Object.assign(producer, {
        send(records) {
          if (records.messages[0].value !== "die") return send(records);
          console.log("{ a line of its own");
          process.kill(process.pid, "SIGKILL");
        },
      });
    }
    consumer(config) {
      const { fromBeginning, autoCommit, ...options } = ofKafkaJs(config);
      const consumer = this.#kafka.consumer(options);
      const { run, subscribe } = consumer;
      return Object.assign(consumer, {
        subscribe: (options) => subscribe({ ...options, fromBeginning }),
        run: (options) => run({ ...options, autoCommit }),
      });
    }
  },
};`;

async function clientInNode() {
  const folder = await Deno.makeTempDir();
  const place = `${folder}/node_modules/${NAME}`;
  await Deno.mkdir(place, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  await Deno.writeTextFile(`${place}/index.js`, PACKAGE);
  const program = `${folder}/program.mjs`;
  await bundleProgram(program);
  const client = nodeClient({ name: NAME, version: "1", folder, program });
  return {
    client,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test(
  "nodeClient() sends, reads, commits and closes by processes of Node.js",
  { ignore },
  async () => {
    await using made = await clientInNode();
    const { client } = made;
    await using lab = openLab(kafkaClient());
    const broker = lab.brokers[0]!;
    const topic = await lab.topic("node", { partitions: 1 });

    const sender = await client.sender({ broker });
    await Promise.all(
      ["a", "b"].map((value) => sender.send({ topic, key: "k", value })),
    );
    await assertRejects(
      () => sender.send({ topic, value: "x".repeat(2_000_000) }),
      Error,
      "larger than the max message size",
    );
    await sender.close();

    const owner = await client.transactions!({
      broker,
      transactionalId: topic,
    });
    const transaction = await owner.begin();
    await transaction.send({ topic, value: "c" });
    await transaction.commit();
    await owner.close();
    const stored = (await readTopic(lab.kafka, topic)).map(({ value }) =>
      value
    );
    assertEquals(stored.toSorted(), ["a", "b", "c"]);

    const reading = {
      ...{ broker, topic, groupId: lab.group("node"), sessionMs: 6_000 },
    };
    const got: string[] = [];
    let inHand = 0;
    const reader = await client.reader({
      ...reading,
      safe: true,
      async handle({ value }) {
        assertEquals(++inHand, 1); // the next waits for this one
        await new Promise((go) => setTimeout(go, 50));
        got.push(value);
        inHand--;
      },
    });
    await until(() => got.length === 3, { what: "three records" });
    await reader.close();
    assertEquals(got, stored);

    await using process = new ClientProcess(client, {
      reading: { ...reading, groupId: lab.group("node") },
      long: { value: stored[1]!, ms: 10, blocks: true, thenDies: true },
    });
    assertEquals(await process.ended(), [stored[0]]);
  },
);

Deno.test("nodeClient() says why a process of Node.js did not come up", {
  ignore,
}, async () => {
  await using made = await clientInNode();
  const error = await assertRejects(
    () => made.client.sender({ broker: "127.0.0.1:1" }),
    Error,
    `Cannot start ${NAME} in Node.js; it said:`,
  );
  assert(/ECONNREFUSED/.test(error.message), error.message);
});

Deno.test(
  "nodeClient() ends the calls to a process that has died",
  { ignore },
  async () => {
    await using made = await clientInNode();
    await using lab = openLab(kafkaClient());
    const topic = await lab.topic("node", { partitions: 1 });
    const sender = await made.client.sender({ broker: lab.brokers[0]! });
    for (const value of ["die", "and after that"]) {
      await assertRejects(
        async () => void await sender.send({ topic, value }),
        Error,
        "the process has ended",
      );
    }
    await assertRejects(async () => void await sender.close(), Error);
  },
);
