/** Clients whose native part is built for Node.js alone: Deno loads only Node-API addons. */
const NODE_ONLY = ["@confluentinc/kafka-javascript", "node-rdkafka"];

/** A sentence for each, which says why it is not in the table. */
export function nodeOnlyClients(): string[] {
  return NODE_ONLY.map((name) =>
    `${name} is not measured here: its native addon is not a Node-API addon, so that Deno cannot load it. kafka-crab-js has the same librdkafka inside.`
  );
}
