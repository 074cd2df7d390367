import { assert, assertEquals, assertRejects } from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { withLaunchLock } from "lib/brokers/launch_lock.ts";

Deno.test("withLaunchLock() lets one at a time work, in one process, too", async () => {
  const path = lockPath();
  let atWork = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++atWork);
    await new Promise((resolve) => setTimeout(resolve, 30));
    atWork--;
  };
  const waited: string[] = [];
  const lock = () =>
    withLaunchLock(
      path,
      { what: "up", onWait: (line) => waited.push(line) },
      work,
    );
  await Promise.all([lock(), lock(), lock()]);
  assertEquals(most, 1);
  assertEquals(waited.length, 2);
  assert(
    waited[0]?.startsWith(`Waiting for 'up' of process ${Deno.pid}`),
    waited[0],
  );
});

Deno.test("withLaunchLock() gives up after its deadline and names who holds the lock", async () => {
  const path = lockPath();
  const { promise, resolve } = Promise.withResolvers<void>();
  const holder = withLaunchLock(path, { what: "kafka up" }, () => promise);
  await assertRejects(
    () =>
      withLaunchLock(
        path,
        { what: "kafka down", deadlineMs: 100 },
        () => Promise.resolve(),
      ),
    EngineError,
    `Cannot kafka down: 'kafka up' of process ${Deno.pid} is still at work`,
  );
  resolve();
  await holder;
});

Deno.test("withLaunchLock() is free after an error and after the holder was killed", async () => {
  const path = lockPath();
  await assertRejects(() =>
    withLaunchLock(path, { what: "up" }, () => Promise.reject(new Error("no")))
  );
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `const file = Deno.openSync(${
        JSON.stringify(path)
      }, { create: true, write: true });
       file.lockSync(true); console.log("held"); setTimeout(() => {}, 60_000);`,
    ],
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  holder.kill("SIGKILL");
  await holder.status;
  await reader.cancel();
  assertEquals(
    await withLaunchLock(path, { what: "up" }, () => Promise.resolve(1)),
    1,
  );
});

function lockPath(): string {
  return `${Deno.makeTempDirSync()}/lock`;
}
