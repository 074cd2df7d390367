import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  parseComposeFile,
  readComposeFile,
} from "lib/brokers/compose/compose_file.ts";
import { chooseServices } from "lib/brokers/compose/compose_services.ts";
import {
  composeFailure,
  reasonInLog,
  takenPort,
} from "lib/brokers/containers/container_failure.ts";
import { startContainers } from "lib/brokers/containers/container_start.ts";
import { ContainerProject } from "lib/brokers/containers/compose_project.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { freePorts } from "lib/brokers/ports.ts";
import { commandScript } from "./_container_script.ts";

function fileWithPort(port: number) {
  return parseComposeFile(
    `services:\n  kafka:\n    image: apache/kafka:4.3.1\n    ports: ["127.0.0.1:${port}:9092"]\n`,
  );
}

Deno.test("takenPort() is undefined while every published port is free", () => {
  const [port = 0] = freePorts(1);
  assertEquals(takenPort(chooseServices(fileWithPort(port))), undefined);
});

Deno.test("takenPort() names the service, the port and the process that has it", () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  const sentence = takenPort(chooseServices(fileWithPort(port))) ?? "";
  assert(
    sentence.startsWith(`Cannot start 'kafka': port ${port} is in use by`),
  );
  if (Deno.build.os === "linux") {
    assert(sentence.includes(`process ${Deno.pid} `), sentence);
  }
});

Deno.test("composeFailure() finds the taken port in the words of Docker and Podman", () => {
  const words = [
    "Error response from daemon: driver failed programming external connectivity on endpoint kafka: Bind for 127.0.0.1:9092 failed: port is already allocated",
    "Error response from daemon: Ports are not available: exposing port TCP 127.0.0.1:9092 -> 0.0.0.0:0: listen tcp4 127.0.0.1:9092: bind: address already in use",
    "cannot listen on the TCP port: listen tcp4 127.0.0.1:9092: bind: address already in use",
  ];
  for (const stderr of words) {
    const result = { code: 1, stdout: "", stderr, late: false };
    const sentence = composeFailure(["kafka"], result);
    assert(
      sentence.startsWith("Cannot start 'kafka': port 9092 is in use by"),
      sentence,
    );
  }
});

Deno.test("reasonInLog() prefers Kafka's error to the last line", () => {
  const log =
    `[2026-11-21 03:00:00,000] INFO Starting (kafka.server.KafkaRaftServer)
[2026-11-21 03:00:01,000] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
org.apache.kafka.common.config.ConfigException: Invalid value x for configuration node.id
\tat org.apache.kafka.common.config.ConfigDef.parseType(ConfigDef.java:720)
`;
  assertEquals(reasonInLog(log), "Invalid value x for configuration node.id");
});

/** A `docker` without the image and without a registry. */
const WITHOUT_REGISTRY = `case "$1" in
image) exit 1 ;;
pull) echo 'Get "https://registry.example.com/v2/": dial tcp: i/o timeout' >&2; exit 1 ;;
esac`;

Deno.test("startContainers() says which image cannot be had, and starts nothing", async () => {
  using docker = commandScript(WITHOUT_REGISTRY);
  const [port = 0] = freePorts(1);
  const file = { ...fileWithPort(port), path: readComposeFile().path };
  const project = new ContainerProject(file, {
    docker: [docker.path],
    compose: ["/nowhere/docker-compose"],
  });
  await assertRejects(
    () => startContainers(project, chooseServices(file), () => {}),
    EngineError,
    `Cannot fetch the image apache/kafka:4.3.1: Get "https://registry.example.com/v2/": dial tcp: i/o timeout; check the network`,
  );
});
