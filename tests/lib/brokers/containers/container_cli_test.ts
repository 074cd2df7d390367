import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  findContainerCommands,
  runCommand,
} from "lib/brokers/containers/container_cli.ts";
import { EngineUnavailableError } from "lib/brokers/engine_error.ts";
import { commandScript } from "./_container_script.ts";

const NO_COMMAND = "/nowhere/docker";

Deno.test("findContainerCommands() takes 'docker compose' before 'docker-compose'", async () => {
  using docker = commandScript("exit 0");
  using standalone = commandScript("exit 0");
  const names = { docker: docker.path, composeCommand: standalone.path };
  assertEquals((await findContainerCommands(names)).compose, [
    docker.path,
    "compose",
  ]);
});

Deno.test("findContainerCommands() takes 'docker-compose' where Docker has no plugin", async () => {
  using docker = commandScript('test "$1" = ps');
  using standalone = commandScript("exit 0");
  const names = { docker: docker.path, composeCommand: standalone.path };
  assertEquals((await findContainerCommands(names)).compose, [standalone.path]);
});

Deno.test("findContainerCommands() says what to install where there is no docker command", async () => {
  await assertRejects(
    () => findContainerCommands({ docker: NO_COMMAND }),
    EngineUnavailableError,
    "there is no 'docker' command: install Docker Desktop",
  );
});

Deno.test("findContainerCommands() says that the engine behind the docker command is not running", async () => {
  using docker = commandScript(
    "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2; exit 1",
  );
  const error = await assertRejects(
    () => findContainerCommands({ docker: docker.path }),
    EngineUnavailableError,
    "no engine answers the 'docker' command",
  );
  assert(error.message.includes("Cannot connect to the Docker daemon"));
});

Deno.test("findContainerCommands() gives an engine that hangs five seconds", async () => {
  using docker = commandScript("exec sleep 60");
  const began = Date.now();
  await assertRejects(
    () => findContainerCommands({ docker: docker.path }),
    EngineUnavailableError,
    "within 5 s: start or restart Docker or Podman",
  );
  assert(Date.now() - began < 30_000, "it waited for the engine");
});

Deno.test("findContainerCommands() tells a user who may not use the engine which group to join", async () => {
  using docker = commandScript(
    "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1",
  );
  await assertRejects(
    () => findContainerCommands({ docker: docker.path }),
    EngineUnavailableError,
    "join the group 'docker'",
  );
});

Deno.test("findContainerCommands() says that Compose is missing", async () => {
  using docker = commandScript('test "$1" = ps');
  await assertRejects(
    () =>
      findContainerCommands({
        docker: docker.path,
        composeCommand: NO_COMMAND,
      }),
    EngineUnavailableError,
    "neither 'docker compose' nor 'docker-compose' is installed",
  );
});

Deno.test("runCommand() ends a command at its deadline and says so", async () => {
  using command = commandScript("echo first; exec sleep 30");
  const { late, stdout } = await runCommand([command.path], {
    deadlineMs: 5_000,
  });
  assertEquals({ late, stdout }, { late: true, stdout: "first\n" });
});
