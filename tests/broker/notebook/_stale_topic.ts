// Prints whether a dead run's topic is still there after a clean-up by a client with the addresses
// that are the arguments, in a process whose environment is the test's own.
import type { ISocketFactory } from "kafkajs";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { kafkaClient } from "lib/client/kafka_client.ts";
import {
  createTopic,
  deleteTopic,
  freshName,
  topicExists,
} from "lib/admin/topic.ts";
import { markedName, ownMark } from "lib/notebook/run_name.ts";
import { removeStaleResources } from "lib/notebook/stale_resources.ts";

const make = kafkaJsSocketFactory();
/** As if `far.example` were another computer, at the other end of the wire. */
const socketFactory: ISocketFactory = (address) =>
  make({
    ...address,
    host: address.host === "far.example" ? "localhost" : address.host,
  });

/** A process id that was in use and is no more. */
async function deadPid(): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", ""] })
    .spawn();
  await child.status;
  return child.pid;
}

async function staysFor(...brokers: string[]): Promise<boolean> {
  const kafka = kafkaClient({ brokers, ssl: false, socketFactory });
  const mark = { ...ownMark("93"), pid: await deadPid() };
  const topic = freshName(markedName("orders", mark));
  await createTopic(kafka, topic, { partitions: 1 });
  await removeStaleResources(kafka, ownMark("93"));
  const stays = await topicExists(kafka, topic);
  await deleteTopic(kafka, topic);
  return stays;
}

if (import.meta.main) console.log(await staysFor(...Deno.args));
