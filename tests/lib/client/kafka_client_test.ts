import { assertEquals, assertRejects } from "@std/assert";
import { logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";

Deno.test("kafkaClient() lets what it is given come before its own settings", async () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    brokers: ["127.0.0.1:1"],
    logLevel: logLevel.ERROR,
    logCreator: () => ({ log }) => lines.push(log.message),
    retry: { retries: 0 },
  });
  await assertRejects(() => kafka.admin().connect(), Error, "ECONNREFUSED");
  assertEquals(lines.length > 0, true);
});

Deno.test("kafkaClient() makes producers that warn neither of partitioners nor of retries", () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    logCreator: () => ({ log }) => lines.push(log.message),
  });
  kafka.producer();
  kafka.producer({ idempotent: true });
  kafka.producer({ transactionalId: "t", idempotent: true });
  assertEquals(lines, []);
});
