import { assert, assertEquals } from "@std/assert";
import { until } from "../../_patience.ts";
import {
  findProcesses,
  identifyProcess,
  processState,
  signalProcess,
} from "lib/brokers/process_identity.ts";

Deno.test("processState() follows a process from running to frozen to gone", async () => {
  const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  const identity = identifyProcess(child.pid);
  assert(identity);
  assertEquals(processState(identity), "running");
  signalProcess(identity, "SIGSTOP");
  await settle(() => processState(identity) === "frozen");
  signalProcess(identity, "SIGCONT");
  await settle(() => processState(identity) === "running");
  assertEquals(signalProcess(identity, "SIGKILL"), true);
  await child.status;
  assertEquals(processState(identity), "gone");
  assertEquals(signalProcess(identity, "SIGKILL"), false);
});

Deno.test("signalProcess() never signals another process with the same number", async () => {
  const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  const stale = { pid: child.pid, started: "before this one" };
  assertEquals(signalProcess(stale, "SIGKILL"), false);
  const identity = identifyProcess(child.pid);
  assertEquals(identity && processState(identity), "running");
  child.kill("SIGKILL");
  await child.status;
});

Deno.test("identifyProcess() of a number that no process has is undefined", () => {
  assertEquals(identifyProcess(2 ** 22 + 1), undefined);
});

Deno.test("findProcesses() finds by a whole word of the command line", async () => {
  const word = `mark-${crypto.randomUUID()}`;
  const child = new Deno.Command("sh", {
    args: ["-c", "sleep 60; true", word],
  }).spawn();
  await settle(() => findProcesses(word).length === 1);
  assertEquals(findProcesses(word)[0]?.identity.pid, child.pid);
  assertEquals(findProcesses(word.slice(0, -1)), []);
  child.kill("SIGKILL");
  await child.status;
});

async function settle(condition: () => boolean) {
  await until(condition, { intervalMs: 10 });
}
