import { assertEquals, assertThrows } from "@std/assert";
import {
  parseComposeFile,
  readComposeFile,
} from "lib/brokers/compose/compose_file.ts";
import { serviceNamed } from "lib/brokers/compose/compose_services.ts";
import { configureForHost } from "lib/brokers/local/host_configuration.ts";

const project = readComposeFile();

Deno.test("configureForHost() replaces hosts of services, and nothing else", () => {
  const { environment, listeners, probe } = configure("kafka-2");
  assertEquals(
    environment.KAFKA_ADVERTISED_LISTENERS,
    "PLAINTEXT://localhost:19192,INTERNAL://localhost:19194",
  );
  assertEquals(
    environment.KAFKA_LISTENERS,
    "PLAINTEXT://127.0.0.1:19192,INTERNAL://127.0.0.1:19194",
  );
  assertEquals(
    environment.KAFKA_CONTROLLER_QUORUM_VOTERS,
    "10@localhost:19093",
  );
  assertEquals(environment.KAFKA_NODE_ID, "2");
  assertEquals(listeners.map(({ port }) => port), [19192, 19194]);
  assertEquals(probe, "127.0.0.1:19192");
});

Deno.test("configureForHost() keeps hosts that are no services", () => {
  const file = parseComposeFile(service(`
      KAFKA_LISTENERS: PLAINTEXT://:2000
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://example.com:2000
      KAFKA_CONTROLLER_QUORUM_VOTERS: 1@one:2001,2@other:2001`));
  const { environment } = configureForHost(
    file,
    serviceNamed(file, "one"),
    "/f",
  );
  assertEquals(
    environment.KAFKA_ADVERTISED_LISTENERS,
    "PLAINTEXT://example.com:2000",
  );
  assertEquals(
    environment.KAFKA_CONTROLLER_QUORUM_VOTERS,
    "1@localhost:2001,2@other:2001",
  );
});

Deno.test("configureForHost() gives each data folder a place of its own", () => {
  const file = parseComposeFile(service(`
      KAFKA_LISTENERS: PLAINTEXT://:2000
      KAFKA_LOG_DIRS: /a,/b
      KAFKA_METADATA_LOG_DIR: /b`));
  const { environment, dataFolders } = configureForHost(
    file,
    serviceNamed(file, "one"),
    "/f",
  );
  assertEquals(dataFolders, ["/f/data", "/f/data-2"]);
  assertEquals(environment.KAFKA_LOG_DIRS, "/f/data,/f/data-2");
  assertEquals(environment.KAFKA_METADATA_LOG_DIR, "/f/data-2");
});

Deno.test("configureForHost() asks a broker at a listener without encryption", () => {
  const file = parseComposeFile(service(`
      KAFKA_LISTENERS: SAFE://:2000,INTERNAL://:2001,CONTROLLER://:2002
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: SAFE:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`));
  const { probe } = configureForHost(file, serviceNamed(file, "one"), "/f");
  assertEquals(probe, "127.0.0.1:2001");
});

Deno.test("configureForHost() keeps a listener on an IPv6 address where it is", () => {
  const file = parseComposeFile(service(`
      KAFKA_LISTENERS: PLAINTEXT://[::1]:2000,CONTROLLER://[::]:2002
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://[::1]:2000`));
  const { probe, environment, listeners } = configureForHost(
    file,
    serviceNamed(file, "one"),
    "/f",
  );
  assertEquals(probe, "[::1]:2000");
  assertEquals(
    environment.KAFKA_LISTENERS,
    "PLAINTEXT://[::1]:2000,CONTROLLER://127.0.0.1:2002",
  );
  assertEquals(listeners.map(({ host }) => host), ["::1", "127.0.0.1"]);
});

Deno.test("configureForHost() takes heap and JVM options from the description", () => {
  assertEquals(configure("kafka").jvmOptions.slice(0, 4), [
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
  ]);
});

Deno.test("configureForHost() refuses a port that is published under another number", () => {
  const file = parseComposeFile(service(`
      KAFKA_LISTENERS: PLAINTEXT://:2000
    ports: ["127.0.0.1:3000:2000"]`));
  assertThrows(
    () => configureForHost(file, serviceNamed(file, "one"), "/f"),
    Error,
    "publishes port 3000 for 2000, but a process has one port",
  );
});

Deno.test("configureForHost() refuses a service without listeners", () => {
  const file = parseComposeFile(service(" {}"));
  assertThrows(
    () => configureForHost(file, serviceNamed(file, "one"), "/f"),
    Error,
    "gives it no KAFKA_LISTENERS",
  );
});

function configure(name: string) {
  return configureForHost(project, serviceNamed(project, name), "/f");
}

function service(environment: string): string {
  return `services:\n  one:\n    image: apache/kafka:4.3.1\n    environment:${environment}\n`;
}
