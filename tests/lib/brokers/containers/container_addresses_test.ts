import { assertEquals } from "@std/assert";
import {
  parseComposeFile,
  readComposeFile,
} from "lib/brokers/compose/compose_file.ts";
import { withContainerAddresses } from "lib/brokers/containers/container_addresses.ts";

const file = readComposeFile();

Deno.test("withContainerAddresses() replaces every address in a list", () => {
  assertEquals(
    withContainerAddresses(
      file,
      "--bootstrap-server=localhost:19092,localhost:19192,localhost:19292",
    ),
    "--bootstrap-server=kafka-1:19094,kafka-2:19194,kafka-3:19294",
  );
});

Deno.test("withContainerAddresses() leaves alone what only looks like an address of the file", () => {
  const others =
    "localhost:90921 notlocalhost:9092 x.localhost:9092 kafka:9093";
  assertEquals(withContainerAddresses(file, others), others);
});

Deno.test("withContainerAddresses() replaces an IPv6 address as a whole", () => {
  const six = parseComposeFile(`
services:
  kafka:
    image: apache/kafka:4.3.1
    ports: ["[::1]:9092:9092"]
    environment:
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://[::1]:9092,INTERNAL://kafka:9093
      KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL
`);
  assertEquals(
    withContainerAddresses(six, "[::1]:9092 1:9092 [::1]:90921 [2::1]:9092"),
    "kafka:9093 1:9092 [::1]:90921 [2::1]:9092",
  );
});
