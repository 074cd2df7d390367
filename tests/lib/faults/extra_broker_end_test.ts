import { assertEquals } from "@std/assert";
import { endAbandoned } from "lib/faults/extra_broker_end.ts";
import {
  type ExtraBrokerOwner,
  extraBrokersFolder,
  writeOwner,
} from "lib/faults/extra_broker_folder.ts";
import { isThere } from "lib/brokers/is_there.ts";

Deno.test("endAbandoned() deletes the folder of an owner that is gone, and leaves those that run alone", async () => {
  const run = crypto.randomUUID();
  const abandoned = `${extraBrokersFolder()}/abandoned-${run}`;
  const ours = `${extraBrokersFolder()}/ours-${run}`;
  Deno.mkdirSync(abandoned, { recursive: true });
  Deno.mkdirSync(ours);
  const stranger: ExtraBrokerOwner = {
    process: { pid: Deno.pid, started: "long ago" },
    engine: "local",
  };
  Deno.writeTextFileSync(`${abandoned}/owner.json`, JSON.stringify(stranger));
  writeOwner(ours, "local");
  try {
    await endAbandoned();
    assertEquals([isThere(abandoned), isThere(ours)], [false, true]);
  } finally {
    Deno.removeSync(ours, { recursive: true });
  }
});
