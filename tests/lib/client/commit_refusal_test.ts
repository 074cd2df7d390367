import { assertEquals } from "@std/assert";
import { KafkaJSNumberOfRetriesExceeded } from "kafkajs/src/errors.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import { commitRefusal } from "lib/client/commit_refusal.ts";

const { createErrorFromCode } = protocolErrors;

/** What helps against an answer of a broker, as KafkaJS makes an error of it. */
function remedyOf(code: number): string {
  return commitRefusal(createErrorFromCode(code)).remedy;
}

Deno.test("commitRefusal() knows what helps against each answer of a broker to a commit", () => {
  const codes: Record<number, string> = {
    ...{ 14: "waiting", 15: "waiting", 7: "waiting", [-1]: "waiting" },
    ...{ 16: "joining", 22: "joining", 25: "joining", 27: "joining" },
    ...{ 29: "nothing", 30: "nothing", 12: "nothing", 24: "nothing" },
  };
  assertEquals(
    Object.fromEntries(
      Object.keys(codes).map((code) => [code, remedyOf(Number(code))]),
    ),
    codes,
  );
});

Deno.test("commitRefusal() looks into what KafkaJS wraps an answer in", () => {
  const reason = createErrorFromCode(25);
  const count = { retryCount: 5, retryTime: 100 };
  const wrapped = new KafkaJSNumberOfRetriesExceeded(reason, count);
  assertEquals(commitRefusal(wrapped), { reason, remedy: "joining" });
  assertEquals(commitRefusal(undefined).remedy, "connecting");
  assertEquals(commitRefusal("broken").remedy, "connecting");
});
