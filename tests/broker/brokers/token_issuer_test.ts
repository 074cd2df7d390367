import { assert, assertEquals, assertRejects } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { denialsIn } from "lib/brokers/denials.ts";
import { setQuota } from "lib/brokers/quotas.ts";
import { outcomesOf } from "lib/brokers/refusals.ts";
import { tokenIssuer } from "lib/brokers/token_issuer.ts";
import { deleteUser, setUsers } from "lib/brokers/users.ts";
import { consumeOne } from "lib/experiment/consume_one.ts";
import { sendOne } from "lib/experiment/send_one.ts";
import { until } from "../../_patience.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";
import { createTopic } from "lib/admin/topic.ts";

Deno.test("a broker with an authorizer takes the issuer's tokens and SCRAM's users, logs what it denies, and holds a user to a quota", async (t) => {
  const issuer = await tokenIssuer();
  await issuer.connect();
  const broker = extraBroker({
    security: {
      TICKET: { login: { tokens: issuer.trusted } },
      LOGIN: { login: { scram: ["SCRAM-SHA-512"] } },
    },
    environment: {
      KAFKA_AUTHORIZER_CLASS_NAME:
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      KAFKA_SUPER_USERS: "User:ANONYMOUS;User:chef",
      KAFKA_QUOTA_WINDOW_NUM: "2",
    },
    async prepare(broker) {
      await setUsers(broker, { chef: "chef-secret", alice: "alice-secret" });
      const kafka = new Kafka({ brokers: [broker.address] });
      await createTopic(kafka, "orders", { partitions: 1 });
    },
  });
  const client = (listener: string, sasl: object) =>
    new Kafka({
      brokers: [broker.addresses[listener]!],
      sasl: sasl as never,
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 3 },
    });
  const byToken = (value: string) =>
    client("TICKET", {
      mechanism: "oauthbearer",
      oauthBearerProvider: () => Promise.resolve({ value }),
    });
  const byPassword = (username: string) =>
    client("LOGIN", {
      ...{ mechanism: "scram-sha-512", username },
      password: `${username}-secret`,
    });
  await broker.connect();
  try {
    await t.step(
      "tokenIssuer() vouches for a user until the token expires",
      async () => {
        await sendOne(byToken(await issuer.token("chef")), "orders");
        // A broker that has just been started may still be loading its groups.
        await until(
          () =>
            consumeOne(byPassword("chef"), "orders", { groupId: "readers" })
              .then(() => true, (error) => {
                if (error.type === "GROUP_LOAD_IN_PROGRESS") return false;
                throw error;
              }),
          { what: "the group's coordinator" },
        );
        const late = byToken(await issuer.token("chef", { expiresInS: -60 }));
        const [expired] = await outcomesOf(broker, {
          expired: () => sendOne(late, "orders"),
        });
        assertEquals([expired!.layer, expired!.log], [
          "login",
          "The JWT is no longer valid",
        ]);
      },
    );
    await t.step("denialsIn() finds who was denied what", async () => {
      const alice = byToken(await issuer.token("alice"));
      await assertRejects(() => sendOne(alice, "orders"));
      const denial = denialsIn(await broker.log()).at(-1)!;
      assertEquals([denial.principal, denial.resource], [
        "User:alice",
        "orders",
      ]);
    });
    await t.step(
      "consumeOne() throws what its consumer or its handler fails with",
      async () => {
        await assertRejects(
          () => consumeOne(byPassword("alice"), "orders", { groupId: "g" }),
          Error,
          "Not authorized",
        );
        await assertRejects(
          () =>
            consumeOne(byPassword("chef"), "orders", { groupId: "g" }, () => {
              throw new Error("no pizza");
            }),
          Error,
          "no pizza",
        );
      },
    );
    await t.step("setQuota() has the client held back", async () => {
      await setQuota(broker, "chef", { producerBytesPerSecond: 20_000 });
      const producer = byPassword("chef").producer();
      let heldBackMs = 0;
      producer.on(producer.events.REQUEST, ({ payload }) => {
        heldBackMs = Math.max(heldBackMs, payload.pendingDuration);
      });
      await producer.connect();
      const messages = [{ value: "x".repeat(10_000) }];
      for (let n = 0; n < 6; n++) {
        await producer.send({ topic: "orders", messages });
      }
      await producer.disconnect();
      assert(heldBackMs >= 300, `${heldBackMs}`);
    });
    await t.step("deleteUser() has a new login refused", async () => {
      await deleteUser(broker, "alice");
      const [refused] = await outcomesOf(broker, {
        anew: () => sendOne(byPassword("alice"), "orders"),
      });
      assertEquals(refused!.layer, "login");
    });
  } finally {
    await broker.disconnect();
    await issuer.disconnect();
  }
});
