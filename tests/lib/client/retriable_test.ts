import { assertEquals } from "@std/assert";
import {
  KafkaJSConnectionError,
  KafkaJSProtocolError,
} from "kafkajs/src/errors.js";
import { isRetriable } from "lib/client/retriable.ts";
import protocolErrors from "kafkajs/src/protocol/error.js";

/** KafkaJS's table of what brokers answer. */
const CODES: { type: string; code: number }[] = protocolErrors.errorCodes;

const codeOf = (type: string) => CODES.find((each) => each.type === type)!.code;

Deno.test("isRetriable() follows the broker: its passing troubles, and not its refusals", () => {
  const answers = {
    NOT_LEADER_FOR_PARTITION: true,
    REQUEST_TIMED_OUT: true,
    NOT_ENOUGH_REPLICAS: true,
    TOPIC_AUTHORIZATION_FAILED: false,
    MESSAGE_TOO_LARGE: false,
    INVALID_TOPIC_EXCEPTION: false,
  };
  for (const [type, passes] of Object.entries(answers)) {
    const error = protocolErrors.createErrorFromCode(codeOf(type));
    assertEquals(error instanceof KafkaJSProtocolError, true);
    assertEquals(isRetriable(error), passes, type);
  }
});

Deno.test("isRetriable() takes a broken connection for passing, and no other error", () => {
  assertEquals(isRetriable(new KafkaJSConnectionError("reset")), true);
  for (const error of [new TypeError("no"), "text", {}]) {
    assertEquals(isRetriable(error), false);
  }
});
