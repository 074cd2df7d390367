import { assertEquals } from "@std/assert";
import { ownCommand } from "lib/client/own_command.ts";

Deno.test("ownCommand() is what this person can type", () => {
  const typed = (env: Record<string, string>) => ownCommand("fresh 04", env);
  assertEquals(typed({}), "deno task fresh 04");
  // As npm tells the programs that npx starts, and those that they start.
  assertEquals(typed({ npm_command: "exec" }), "npx -y deno task fresh 04");
  assertEquals(
    typed({ KAFKA_NOTEBOOKS_DENO: "deno", npm_command: "exec" }),
    "deno task fresh 04",
  );
});
