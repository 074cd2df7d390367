import { assert, assertEquals } from "@std/assert";
import { javaSpeed } from "../../../../tasks/maintainers/bench/java_speed.ts";
import { followCpu } from "../../../../tasks/maintainers/bench/process_cpu.ts";

Deno.test({
  name:
    "followCpu() says what a process took in its life and in a part of it, and nothing of one that it does not find",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    // It counts until it has taken a second of CPU time by its own clock, however busy the machine is.
    const mark = crypto.randomUUID();
    const program =
      `import process from "node:process"; const mark = "${mark}"; while (process.cpuUsage().user < 1e6);`;
    const run = () =>
      new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
    const { result, cpu } = await followCpu([mark], run);
    assertEquals(result.code, 0);
    const end = cpu.ofTheLast(0.3);
    const mostPossible = 0.3 * navigator.hardwareConcurrency + 0.1;
    assert(end !== undefined && end <= mostPossible, `${end} s in 0.3 s`);
    assertEquals(cpu.ofTheLast(3_600), undefined);

    const other = await followCpu(["no process has this"], async () => "done");
    assertEquals(other.result, "done");
    assertEquals(other.cpu.ofTheLast(0), undefined);
  },
});

Deno.test("javaSpeed() relates the CPU time to a million records, and leaves out what is too short to be seen", () => {
  const cpu = (seconds: number | undefined) => ({
    ofTheLast: (last: number) => last === 2 ? seconds : undefined,
  });
  assertEquals(javaSpeed(500_000, 250_000, cpu(3)), {
    rate: 250_000,
    cpuPerMillion: 6,
  });
  for (const seconds of [0, undefined]) {
    assertEquals(javaSpeed(500_000, 250_000, cpu(seconds)), { rate: 250_000 });
  }
});
