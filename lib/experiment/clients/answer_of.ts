import { settlesWithin } from "../../consumer/settles_within.ts";

/** After how long a client has no answer to give, in milliseconds. */
export const LONGEST_ANSWER_MS = 10_000;

/**
 * Waits for a client's answer, which may never come.
 *
 * @param work What to wait for.
 * @returns How it ended: "no answer" after 10 s.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await answerOf(Promise.reject(new Error("fenced"))), "refused");
 * ```
 */
export async function answerOf(
  work: Promise<unknown>,
): Promise<"acknowledged" | "refused" | "no answer"> {
  const told = work.then(() => "acknowledged", () => "refused") as Promise<
    "acknowledged" | "refused"
  >;
  return await settlesWithin(told, LONGEST_ANSWER_MS)
    ? await told
    : "no answer";
}
