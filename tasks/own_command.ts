// `deno task kafka`, `lab` and `soak` with other files and folders than the project's, for tests
// and measurements that must not touch the user's brokers:
//
//   deno run -A tasks/own_command.ts '{"composeFile":"…","stateFolder":"…"}' kafka up
import { runCommand } from "./command.ts";

await runCommand(async ([places = "{}", name, ...args]) => {
  // Loaded one by one, so that each takes as long to start as it does for the user.
  const command = name === "lab"
    ? (await import("./lab.ts")).labCommand
    : name === "soak"
    ? (await import("./maintainers/soak.ts")).soakCommand
    : (await import("./kafka.ts")).kafkaCommand;
  return await command(args, JSON.parse(places));
});
