import { assertEquals } from "@std/assert";
import { DISK_FULL, failureIn } from "lib/brokers/broker_log.ts";

Deno.test("failureIn() takes the innermost cause", () => {
  assertEquals(
    failureIn(`[12:00:00] INFO Starting (kafka.Kafka$)
[12:00:01] ERROR Exiting Kafka due to fatal exception during startup. (kafka.Kafka$)
org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092
	at org.apache.kafka.network.SocketServer.open(SocketServer.java:1)
Caused by: java.net.BindException: Address already in use
	at java.base/sun.nio.ch.Net.bind0(Native Method)
[12:00:02] INFO Closed (kafka.Kafka$)`),
    "Address already in use",
  );
});

Deno.test("failureIn() takes an error's own words where it has no exception", () => {
  assertEquals(
    failureIn(
      "[12:00:01] ERROR Encountered metadata loading fault (org.apache.kafka.Fault)\n[12:00:02] INFO on",
    ),
    "Encountered metadata loading fault",
  );
});

Deno.test("failureIn() passes over what a controller that is held up logs as an error", () => {
  const heldUp =
    "[12:00:01] ERROR [QuorumController id=1] processExpiredBrokerHeartbeat: controller event queue overloaded. Timed out heartbeat from broker 1. (org.apache.kafka.controller.QuorumController)\n";
  assertEquals(failureIn(heldUp), undefined);
  assertEquals(
    failureIn(`${heldUp}[12:00:02] ERROR Halting (kafka.Kafka$)`),
    "Halting",
  );
});

Deno.test("failureIn() reads what tools and the JVM print without a time", () => {
  assertEquals(
    failureIn(
      'Exception in thread "main" org.apache.kafka.common.config.ConfigException: Missing node.id\n\tat x',
    ),
    "Missing node.id",
  );
  assertEquals(
    failureIn("Unrecognized VM option 'UseNothing'"),
    "Unrecognized VM option 'UseNothing'",
  );
});

Deno.test("failureIn() finds a full disk wherever it shows", () => {
  assertEquals(
    failureIn(
      "[1] WARN a\n[2] ERROR b\njava.io.IOException: No space left on device",
    ),
    DISK_FULL,
  );
});

Deno.test("failureIn() of a log without errors is undefined", () => {
  assertEquals(
    failureIn("[1] INFO a (b)\n[2] WARN no error here (b)\n"),
    undefined,
  );
});
