import { assertEquals } from "@std/assert";
import { kafkaJsClient } from "lib/experiment/clients/kafkajs.ts";
import { orderAfterFault } from "lib/experiment/clients/order_after_fault.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { openLab } from "../../../../tasks/maintainers/clients/open_lab.ts";

Deno.test("orderAfterFault() reads what KafkaJS leaves after a lost answer, and sees what it loses", async () => {
  await using lab = openLab(kafkaClient());
  const fault = "lost response";
  assertEquals(
    await orderAfterFault(lab, kafkaJsClient, { fault, safe: true }),
    {
      ...{ log: "A B A", acknowledged: 3, unanswered: 0 },
      ...{ lost: 1, duplicated: 1 },
    },
  );
});

Deno.test("orderAfterFault() gives up waiting for a client that stays on a silent connection", async () => {
  await using lab = openLab(kafkaClient());
  const { log, acknowledged, unanswered } = await orderAfterFault(
    lab,
    kafkaJsClient,
    { fault: "hung connection" },
  );
  assertEquals({ log, acknowledged, unanswered }, {
    ...{ log: "", acknowledged: 0, unanswered: 3 },
  });
});
