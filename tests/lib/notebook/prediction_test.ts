import { assertEquals, assertThrows } from "@std/assert";
import { judge, predict, predictionsOf } from "lib/notebook/prediction.ts";

/** Keeps what the cells would show off the test's output. */
function silently(action: () => void): void {
  const { log } = console;
  console.log = () => {};
  try {
    action();
  } finally {
    console.log = log;
  }
}

/** Predicts one thing and measures another. */
function verdict(
  value: unknown,
  measured: unknown,
  options?: Parameters<typeof predict>[2],
) {
  silently(() => predict("90/case", value, options));
  return judge("90/case", measured)?.isRight;
}

Deno.test("judge() compares by value, and by a tolerance where one was given", () => {
  const cases: [unknown, unknown, Parameters<typeof predict>[2], boolean][] = [
    [2, 2, undefined, true],
    [2, 2n, undefined, true],
    [2, 3, undefined, false],
    [[1, 2], [1n, 2n], undefined, true],
    [[1], [1, 2], undefined, false],
    [{ lost: 0 }, { lost: 0n, twice: 1 }, undefined, false],
    [40, 44, { within: 5 }, true],
    [40, 46, { within: 5 }, false],
    [40, 46n, { within: 6 }, true],
    ["none", "none", { oneOf: ["none", "all"] }, true],
    ["none", "all", { oneOf: ["none", "all"] }, false],
  ];
  for (const [value, measured, options, right] of cases) {
    assertEquals(verdict(value, measured, options), right, `${value}`);
  }
});

Deno.test("predict() takes back a prediction that is undefined again", () => {
  assertEquals(verdict(2, 2), true);
  assertEquals(verdict(undefined, 2), undefined);
});

Deno.test("predict() refuses what cannot be compared", () => {
  assertThrows(
    () => predict("90/case", "few", { oneOf: ["none", "all"] }),
    TypeError,
    `Cannot predict "few": it must be one of "none", "all"`,
  );
  assertThrows(
    () => predict("90/case", "few", { within: 2 }),
    TypeError,
    "it must be a number",
  );
  for (const id of ["case", "9/case", "90/Case", "90/", "90/a b"]) {
    assertThrows(() => predict(id, 1), TypeError, "identifier");
  }
});

Deno.test("predictionsOf() counts what was measured, notebook by notebook", () => {
  silently(() => {
    predict("91/a", 1);
    predict("91/b", 2);
    predict("91/c", 3);
    predict("91/d", undefined);
    predict("92/a", 1);
  });
  assertEquals(predictionsOf("91"), undefined);
  judge("91/a", 1);
  assertEquals(predictionsOf("91"), "You made 1 prediction: it was right.");
  judge("91/b", 1);
  assertEquals(
    predictionsOf("91"),
    "You made 2 predictions: 1 of them was right.",
  );
});
