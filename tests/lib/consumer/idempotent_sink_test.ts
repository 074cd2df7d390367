import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { IdempotentSink } from "lib/consumer/idempotent_sink.ts";

/** Runs a test with a file of its own, which outlives the databases opened on it. */
async function withFile(test: (file: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    test(`${folder}/sink.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A database with a table of effects, closed at the end of a block. */
function open(file: string) {
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE IF NOT EXISTS effects (name TEXT)");
  return {
    database,
    sink: new IdempotentSink(database, { busyTimeoutMs: 0 }),
    write: (name: string) =>
      database.prepare("INSERT INTO effects VALUES (?)").run(name),
    effects: () =>
      database.prepare("SELECT name FROM effects").all()
        .map(({ name }) => name),
    [Symbol.dispose]: () => database.close(),
  };
}

Deno.test("IdempotentSink.once() runs an effect once, also after the database was opened anew", async () => {
  await withFile((file) => {
    {
      using first = open(file);
      assertEquals(first.sink.once("a", () => first.write("a")), true);
      assertEquals(first.sink.once("a", () => first.write("again")), false);
    }
    using second = open(file);
    assertEquals(second.sink.has("a"), true);
    assertEquals(second.sink.has("b"), false);
    assertEquals(second.sink.once("a", () => second.write("again")), false);
    assertEquals(second.sink.once("b", () => second.write("b")), true);
    assertEquals(second.effects(), ["a", "b"]);
  });
});

Deno.test("IdempotentSink.once() stores neither the id nor half an effect if the effect throws", () => {
  using own = open(":memory:");
  const half = () => {
    own.write("half");
    throw new Error("no money");
  };
  assertThrows(() => own.sink.once("a", half), Error, "no money");
  assertEquals([own.effects(), own.sink.has("a")], [[], false]);
  assertEquals(own.sink.once("a", () => own.write("whole")), true);
  assertEquals(own.effects(), ["whole"]);
});

Deno.test("IdempotentSink.once() refuses an effect that is not done when it returns", () => {
  using own = open(":memory:");
  const later = async () => {
    own.write("half");
    await Promise.reject(new Error("nobody waits for this"));
  };
  assertThrows(() => own.sink.once("a", later), TypeError, "a promise");
  assertEquals([own.effects(), own.sink.has("a")], [[], false]);
});

Deno.test("IdempotentSink.once() lets one writer in at a time", async () => {
  await withFile((file) => {
    using first = open(file);
    using second = open(file);
    first.sink.once("a", () => {
      assertThrows(
        () => second.sink.once("a", () => second.write("twice")),
        Error,
        "locked",
      );
      first.write("a");
    });
    assertEquals(second.sink.once("a", () => second.write("twice")), false);
    assertEquals(second.effects(), ["a"]);
  });
});

Deno.test("IdempotentSink keeps ids of several tables apart, and refuses what is no table's name", () => {
  using own = open(":memory:");
  const other = new IdempotentSink(own.database, { table: "other" });
  assertEquals(own.sink.once("a", () => own.write("one")), true);
  assertEquals(other.once("a", () => own.write("two")), true);
  assertThrows(
    () => new IdempotentSink(own.database, { table: "a; DROP TABLE effects" }),
    TypeError,
    "current value is 'a; DROP TABLE effects'",
  );
  assertThrows(
    () => new IdempotentSink(own.database, { busyTimeoutMs: -1 }),
    TypeError,
    "current value is -1",
  );
});

Deno.test("IdempotentSink knows bytes as well as text, and does not mix them up", () => {
  const database = new DatabaseSync(":memory:");
  const sink = new IdempotentSink(database);
  const ids = ["a", Uint8Array.of(0x61), Uint8Array.of(0xff)];
  const twice = [...ids, ...ids];
  assertEquals(
    twice.map((id) => sink.once(id, () => {})),
    [true, true, true, false, false, false],
  );
  assertEquals(
    [sink.has(Uint8Array.of(0xff)), sink.has(Uint8Array.of(0xfe))],
    [true, false],
  );
});
