import { assert, assertEquals } from "@std/assert";
import { linesOf } from "lib/brokers/lines_of.ts";
import { within } from "lib/client/deadline.ts";
import { PATIENCE_MS, until } from "../../../_patience.ts";
import { configOptions } from "../../../../tasks/config.ts";
import { descendants, listProcesses } from "../../../../tasks/process_list.ts";
import { type OwnBrokers, withOwnBrokers } from "../../_own_brokers.ts";

const CONFIG = await configOptions({ quiet: true });

function startSoak({ options }: OwnBrokers, args: string[]) {
  const script =
    new URL("../../../../tasks/own_command.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", ...CONFIG, script],
      ...[JSON.stringify(options), "soak", ...args],
    ],
    env: { KAFKA_ENGINE: "local", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const follow = async (stream: typeof process.stdout) => {
    for await (const line of linesOf(stream)) {
      // Node's warnings may come at any time.
      if (!line.startsWith("(node:")) lines.push(line);
    }
  };
  const said = Promise.all([follow(process.stdout), follow(process.stderr)]);
  return { process, lines, said };
}

Deno.test("deno task soak that is stopped in a fault ends its clients and the cluster it has started", () =>
  withOwnBrokers(async (own) => {
    const { process, lines, said } = startSoak(own, ["--seed", "3"]);
    await until(() => lines.some((line) => line.includes("kill broker 3")), {
      what: () => `the first fault: ${lines.join("\n")}`,
    });
    const children = await descendants(process.pid);
    assert(children.length >= 4, `${children.length} children`);
    process.kill("SIGINT");
    const { code } = await within(process.status, {
      ...{ what: "the end of the soak", deadlineMs: PATIENCE_MS },
    });
    await said;
    assertEquals(code, 130, lines.join("\n"));
    assertEquals(
      lines.at(-1),
      "Stopped: the cluster is as it was, and all clients have ended.",
    );
    const left = (await listProcesses()).filter(({ pid, command }) =>
      children.includes(pid) && command.includes("child_consumer_program")
    );
    assertEquals(left, []);
    const nodes = await own.engine.status({ cluster: true });
    assertEquals(new Set(nodes.map(({ state }) => state)), new Set(["absent"]));
  }));

Deno.test("deno task soak finds what an unsafe producer loses, and says with which seed", () =>
  withOwnBrokers(async (own) => {
    const { process, lines, said } = startSoak(own, [
      ...["--seed", "3", "--minutes", "0.5", "--unsafe", "producer"],
    ]);
    const { code } = await process.status;
    await said;
    const text = lines.join("\n");
    assertEquals(code, 1, text);
    assert(
      lines.some((line) =>
        /✘ (every acknowledged|no record|the rec)/.test(line)
      ),
      text,
    );
    assert(lines.some((line) => line.includes("seed 3, after: ")), text);
    assert(/^\d+ passed, [1-9]\d* failed$/.test(lines.at(-1)!), text);
  }));
