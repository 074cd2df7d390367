import { assertEquals, assertRejects } from "@std/assert";
import type { Consumer } from "kafkajs";
import { rejoinOnRefusedCommit } from "lib/client/rejoin_on_refused_commit.ts";

/** A consumer whose commits end as KafkaJS's do: with an error around the broker's answer. */
function refusing(type: string, wrapper: string) {
  const cause = Object.assign(new Error(type), { type });
  const error = Object.assign(new Error(type, { cause }), { name: wrapper });
  const commitOffsets = () => Promise.reject(error);
  return { cause, error, consumer: { commitOffsets } as unknown as Consumer };
}

Deno.test("rejoinOnRefusedCommit() throws the answer itself where the member has to join again", async () => {
  for (
    const [type, wrapper] of [
      ["UNKNOWN_MEMBER_ID", "KafkaJSNonRetriableError"],
      ["ILLEGAL_GENERATION", "KafkaJSNonRetriableError"],
      ["REBALANCE_IN_PROGRESS", "KafkaJSNonRetriableError"],
      ["NOT_COORDINATOR_FOR_GROUP", "KafkaJSNumberOfRetriesExceeded"],
    ] as const
  ) {
    const { cause, consumer } = refusing(type, wrapper);
    const same = rejoinOnRefusedCommit(consumer);
    const thrown = await assertRejects(() => same.commitOffsets([]), Error);
    assertEquals([thrown === cause, same === consumer], [true, true]);
  }
});

Deno.test("rejoinOnRefusedCommit() leaves other errors, and other consumers, as they are", async () => {
  const wrapper = "KafkaJSNonRetriableError";
  const { error, consumer } = refusing("GROUP_AUTHORIZATION_FAILED", wrapper);
  const other = refusing("UNKNOWN_MEMBER_ID", wrapper);
  rejoinOnRefusedCommit(consumer);
  assertEquals(
    [
      await assertRejects(() => consumer.commitOffsets([]), Error) === error,
      await assertRejects(() => other.consumer.commitOffsets([]), Error) ===
        other.error,
    ],
    [true, true],
  );
});
