import { assert, assertEquals, assertThrows } from "@std/assert";
import { freshName } from "lib/admin/topic.ts";

Deno.test("freshName() makes a different name each time", () => {
  const names = new Set(
    Array.from({ length: 1_000 }, () => freshName("orders")),
  );
  assertEquals(names.size, 1_000);
  assert([...names].every((name) => /^orders-[a-z0-9]{8}$/.test(name)));
});

for (const base of ["", "two words", "a/b", "ä", "x".repeat(241)]) {
  Deno.test(`freshName() refuses '${base.slice(0, 12)}', as Kafka would`, () => {
    assertThrows(
      () => freshName(base),
      RangeError,
      "'base' must be 1 to 240 letters",
    );
  });
}
