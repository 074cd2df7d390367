import { assert } from "@std/assert";
import type { SocketFaults } from "lib/faults/socket_faults.ts";

/**
 * Fails if a client waited for an open transaction, which is to look every 10 ms
 * for two seconds whether one is ending. Some looks are in order: those of tests
 * beside this one may be.
 */
export function assertFewFetches(wire: SocketFaults): void {
  const looks = wire.requestCounts().ListTransactions ?? 0;
  assert(looks > 0 && looks < 20, `it looked ${looks} times`);
}
