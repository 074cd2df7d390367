import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../tasks/command.ts";
import { killConnectCommand } from "../../../tasks/maintainers/kill_connect.ts";

Deno.test("killConnectCommand() prints its help", async () => {
  assertEquals(await killConnectCommand(["--help"]), 0);
});

Deno.test("killConnectCommand() refuses numbers that cannot be meant", async () => {
  await assertRejects(
    () => killConnectCommand(["--rounds", "no"]),
    UsageError,
    "--rounds must be a whole number from 1",
  );
  await assertRejects(
    () => killConnectCommand(["--rows", "20"]),
    UsageError,
    "--rows must be a whole number from 200",
  );
});
