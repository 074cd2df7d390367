// Stands in for jsr:@std/assert where JSR does not answer: see ../README.md.
import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect, stripVTControlCharacters } from "node:util";
import { equal } from "./equal.ts";

// deno-lint-ignore no-explicit-any
type ErrorClassOf<E> = abstract new (...args: any[]) => E;

export class AssertionError extends Error {
  override name = "AssertionError";
}

export function assert(condition: unknown, message = ""): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  if (equal(actual, expected)) return;
  const { message: difference } = new NodeAssertionError({
    actual,
    expected,
    operator: "deepStrictEqual",
  });
  fail(`Values are not equal`, message, `\n${difference}`);
}

export function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  if (!equal(actual, expected)) return;
  fail(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}`,
    message,
  );
}

export function assertStringIncludes(
  actual: string,
  part: string,
  message?: string,
): void {
  if (actual.includes(part)) return;
  fail(`Expected actual: "${actual}" to contain: "${part}"`, message);
}

export function assertMatch(
  actual: string,
  pattern: RegExp,
  message?: string,
): void {
  if (pattern.test(actual)) return;
  fail(`Expected actual: "${actual}" to match: "${pattern}"`, message);
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: ErrorClassOf<E>,
  messagePart?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkedError(error, "thrown", ErrorClass, messagePart);
  }
  return fail("Expected function to throw");
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: ErrorClassOf<E>,
  messagePart?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    return fail("Function throws when expected to reject");
  }
  if (typeof promise?.then !== "function") {
    return fail("Function throws when expected to reject");
  }
  try {
    await promise;
  } catch (error) {
    return checkedError(error, "rejected", ErrorClass, messagePart);
  }
  return fail("Expected function to reject");
}

function checkedError<E extends Error>(
  error: unknown,
  how: "thrown" | "rejected",
  ErrorClass?: ErrorClassOf<E>,
  messagePart?: string,
): E {
  if (!ErrorClass) return error as E;
  if (!(error instanceof Error)) return fail(`A non-Error object was ${how}`);
  if (!(error instanceof ErrorClass)) {
    return fail(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"`,
    );
  }
  const [text, part] = [error.message, messagePart ?? ""].map(
    stripVTControlCharacters,
  );
  if (text!.includes(part!)) return error;
  return fail(
    `Expected error message to include ${
      JSON.stringify(messagePart)
    }, but got ${JSON.stringify(error.message)}`,
  );
}

function fail(what: string, message?: string, detail = ""): never {
  throw new AssertionError(what + (message ? `: ${message}` : ".") + detail);
}
