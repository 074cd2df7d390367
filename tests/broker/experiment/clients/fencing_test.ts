import { assertEquals, assertRejects } from "@std/assert";
import { fencing } from "lib/experiment/clients/fencing.ts";
import { kafkaJsClient } from "lib/experiment/clients/kafkajs.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { openLab } from "../../../../tasks/maintainers/clients/open_lab.ts";

Deno.test("fencing() sees that KafkaJS's old producer is refused", async () => {
  await using lab = openLab(kafkaClient());
  assertEquals(await fencing(lab, kafkaJsClient), {
    ...{ newOwner: "acknowledged", zombie: "refused" },
    readable: "new owner",
  });
});

Deno.test("fencing() says which client has no transactions", async () => {
  await using lab = openLab(kafkaClient());
  const plain = { ...kafkaJsClient, transactions: undefined };
  await assertRejects(
    () => fencing(lab, plain),
    TypeError,
    "Cannot try transactions as kafkajs 2.2.4 has none",
  );
});
