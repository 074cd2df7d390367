// `deno task kafka` on a test's brokers: the first argument says where they are. See own_brokers.ts.
import { runCommand } from "../../tasks/command.ts";
import { kafkaCommand } from "../../tasks/kafka.ts";

await runCommand(([places = "{}", ...args]) =>
  kafkaCommand(args, JSON.parse(places))
);
