import { assertEquals, assertRejects } from "@std/assert";
import { readComposeFile } from "lib/brokers/compose/compose_file.ts";
import {
  ContainerProject,
  projectName,
  serviceStateOf,
} from "lib/brokers/containers/compose_project.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { commandScript } from "./_container_script.ts";

Deno.test("serviceStateOf() understands the words of Docker and Podman", () => {
  const states = {
    created: "absent",
    configured: "absent",
    initialized: "absent",
    removing: "absent",
    running: "running",
    paused: "frozen",
    restarting: "starting",
    exited: "stopped",
    stopped: "stopped",
  };
  for (const [status, state] of Object.entries(states)) {
    assertEquals([status, serviceStateOf(status, 0)], [status, state]);
  }
});

Deno.test("serviceStateOf() tells an orderly stop from a crash by the exit code", () => {
  const codes = [0, 130, 143, 1, 137, 139];
  assertEquals(
    codes.map((code) => serviceStateOf("exited", code)),
    ["stopped", "stopped", "stopped", "killed", "killed", "killed"],
  );
});

Deno.test("projectName() is the name that Compose gives by itself", () => {
  assertEquals(
    projectName("/a/Kafka.Notebooks_2/compose.yaml", {}),
    "kafkanotebooks_2",
  );
  assertEquals(projectName("/a/_hidden/compose.yaml", {}), "hidden");
  assertEquals(projectName("C:\\kafka\\compose.yaml", {}), "kafka");
  const environment = { COMPOSE_PROJECT_NAME: "mine" };
  assertEquals(projectName("/a/b/compose.yaml", environment), "mine");
});

/** A `docker` that knows one container, which Compose made from another folder. */
const FOREIGN = `case "$1" in
ps) echo 0123456789ab ;;
inspect) cat <<'JSON'
[{ "Id": "0123456789ab",
   "State": { "Status": "running", "ExitCode": 0, "StartedAt": "2026-11-21T03:00:00Z" },
   "Config": { "Labels": {
     "com.docker.compose.service": "kafka",
     "com.docker.compose.project.working_dir": "/somewhere/else" } } }]
JSON
;;
esac`;

Deno.test("ContainerProject leaves the containers of another folder of the same name alone", async () => {
  using docker = commandScript(FOREIGN);
  const commands = { docker: [docker.path], compose: [] };
  const project = new ContainerProject(readComposeFile(), commands);
  assertEquals((await project.containers()).get("kafka")?.state, "running");
  await assertRejects(
    () => project.ownContainers(),
    EngineError,
    "they belong to /somewhere/else; set COMPOSE_PROJECT_NAME",
  );
});
