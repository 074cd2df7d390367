import type {
  ProcessSettings,
  ReadingOptions,
  SendingOptions,
  SentRecord,
} from "lib/experiment/clients/tested_client.ts";

/** The clients that run on Node.js alone: their native parts are no Node-API addons, which is all that Deno loads. */
export const NODE_CLIENTS = [
  { name: "@confluentinc/kafka-javascript", version: "1.10.1" },
  { name: "node-rdkafka", version: "3.6.1" },
] as const;

/** The name of one of them. */
export type NodeClientName = typeof NODE_CLIENTS[number]["name"];

/** What the program in Node.js is given: which client, where it is installed, and what it is to be. */
export interface NodeProgramSettings {
  client: NodeClientName;
  /** The folder in which npm installed it. */
  folder: string;
  job:
    | { process: ProcessSettings }
    | { sender: SendingOptions }
    | { transactions: SendingOptions & { transactionalId: string } }
    | { reader: Omit<ReadingOptions, "handle" | "onEnd"> };
}

/** What it is told, a JSON line each; it answers to every `id`. */
export type NodeRequest =
  | { id: number; call: "send"; record: SentRecord }
  | { id: number; call: "begin" | "commit" | "close" }
  | { handled: number };

/** What it says, a JSON line each. */
export type NodeAnswer =
  | { ready: true }
  | { id: number; error?: string }
  | { record: number; partition: number; value: string }
  | { ended: string };
