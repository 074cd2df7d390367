import { assertRejects } from "@std/assert";
import { requireCopies } from "lib/admin/require_copies.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();

Deno.test("requireCopies() names a topic with fewer copies, and says what to do", async () => {
  await withOwnTopic(kafka, { partitions: 1 }, async () => {
    await requireCopies(kafka, 1);
    await assertRejects(
      () => requireCopies(kafka, 99),
      Error,
      "topics with fewer than 99 copies",
    );
  });
});
