import { PATIENCE_MS } from "../_patience.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PROJECT_FOLDER, textOf } from "../../tasks/notebooks/document.ts";
import { KernelSession } from "../../tasks/notebooks/kernel_session.ts";
import { isRunning } from "./_temporary_notebook.ts";

const folder = `${PROJECT_FOLDER}/tests`;

Deno.test("KernelSession starts kernels in the folder it is told, without colours", async () => {
  await using session = await KernelSession.start({ folder });
  const { outputs } = await session.execute(
    'console.log(Deno.cwd(), Deno.noColor, Deno.env.get("NO_COLOR"));',
    { timeoutMs: PATIENCE_MS },
  );
  assertEquals(textOf(outputs[0]!.text), `${folder} true 1\n`);
});

Deno.test("KernelSession.end() leaves no process, also when its driver was killed", async () => {
  const session = await KernelSession.start({ folder });
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "ppid=", "-p", String(session.pid)],
  }).output();
  const driver = Number(new TextDecoder().decode(stdout));
  assert(await isRunning(session.pid));
  Deno.kill(driver, "SIGKILL");
  await assertRejects(
    () => session.execute("1", { timeoutMs: PATIENCE_MS }),
    Error,
    "driver has ended before it was asked to",
  );
  await session.end();
  assert(!await isRunning(session.pid));
});

Deno.test("KernelSession.start() says what to run if set-up is missing", async () => {
  await assertRejects(
    () => KernelSession.start({ folder, venv: `${folder}/no_such_venv` }),
    Error,
    'no_such_venv/bin/python is missing: run "deno task setup"',
  );
});
