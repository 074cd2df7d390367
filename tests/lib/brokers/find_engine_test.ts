import { assertEquals, assertStringIncludes } from "@std/assert";
import { configOptions } from "../../../tasks/config.ts";

Deno.test("findEngine() takes the engine that KAFKA_ENGINE names, and a choice wins over it", async () => {
  assertEquals(await findEngineWith("local", "auto"), "local");
  assertEquals(await findEngineWith("compose", "local"), "local");
});

Deno.test("findEngine() refuses a KAFKA_ENGINE that it does not know", async () => {
  assertStringIncludes(
    await findEngineWith("cloud", "auto"),
    `EngineError: Cannot choose an engine as KAFKA_ENGINE must be "auto", "compose" or "local": current value is "cloud"`,
  );
});

/** The engine's name, or the error, in a process of its own with this `KAFKA_ENGINE`. */
async function findEngineWith(
  variable: string,
  choice: "auto" | "local",
): Promise<string> {
  const program = `
    import { findEngine } from "lib/brokers/find_engine.ts";
    const name = await findEngine("${choice}").then(({ name }) => name, String);
    console.log(name);
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", ...await configOptions(), "--no-lock", "-q", program],
    env: { KAFKA_ENGINE: variable },
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
