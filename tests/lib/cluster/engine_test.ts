import { assertEquals, assertRejects } from "@std/assert";
import { EngineError, findEngine } from "lib/cluster/engine.ts";

Deno.test("findEngine() takes the engine that KAFKA_ENGINE names, and a choice wins over it", async () => {
  await withEngineVariable("local", async () => {
    assertEquals((await findEngine("auto")).name, "local");
  });
  await withEngineVariable("compose", async () => {
    assertEquals((await findEngine("local")).name, "local");
  });
});

Deno.test("findEngine() refuses a KAFKA_ENGINE that it does not know", () =>
  withEngineVariable("cloud", async () => {
    await assertRejects(
      () => findEngine("auto"),
      EngineError,
      `Cannot choose an engine as KAFKA_ENGINE must be "auto", "compose" or "local": current value is "cloud"`,
    );
  }));

async function withEngineVariable(value: string, work: () => Promise<void>) {
  const before = Deno.env.get("KAFKA_ENGINE");
  Deno.env.set("KAFKA_ENGINE", value);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete("KAFKA_ENGINE");
    else Deno.env.set("KAFKA_ENGINE", before);
  }
}
