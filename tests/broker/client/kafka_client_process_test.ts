// What a service imports of lib leaves the rest of its process alone.
import { assert, assertEquals } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { configOptions } from "../../../tasks/config.ts";

interface Report {
  /** How many objects were looked at. */
  seen: number;
  /** Properties of shared objects that hold something else than before. */
  changed: string[];
  /** The inside of a plain client that was made before, and of one made after. */
  shapes: Record<string, string[]>[];
}

async function report(what: "use lib" | "leave it alone"): Promise<Report> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-lock", ...await configOptions({ quiet: true })],
      new URL("_what_lib_changes.ts", import.meta.url).pathname,
      ...[what, connectionFromEnvironment().brokers.join()],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  assert(text.startsWith("{"), `${text}\n${decoder.decode(stderr)}`);
  return JSON.parse(text);
}

/** KafkaJS has one table of codecs for all clients of the process: kafkaClient() says so. */
const SHARED_BY_KAFKAJS = /Codecs\.[2-7]$/;

Deno.test("kafkaClient() and all of the rooms that a service takes change nothing for others in the process, and plain clients stay plain", async () => {
  const [used, unused] = await Promise.all([
    report("use lib"),
    report("leave it alone"),
  ]);
  assert(used.seen > 2_000, `only ${used.seen} objects were looked at`);
  assertEquals(unused.changed, []);
  assertEquals(
    used.changed.filter((path) => !SHARED_BY_KAFKAJS.test(path)),
    [],
  );
  assertEquals(used.shapes, unused.shapes);
});
