import { assert, assertEquals, assertRejects } from "@std/assert";
import { within } from "lib/client/deadline.ts";
import { until } from "../../_patience.ts";
import type {
  ReadProcessWrite,
  ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { type LoopScene, withLoop } from "./_loop_scene.ts";

const quick = { intervalMs: 2 };
const ended = { deadlineMs: 5_000, what: "the end" };

/** Each way to end the loop. */
const ends = {
  "loop.disconnect()": (loop: ReadProcessWrite) => loop.disconnect(),
  "consumer.stop()": (loop: ReadProcessWrite) => loop.consumer.stop(),
  "consumer.disconnect()": (loop: ReadProcessWrite) =>
    loop.consumer.disconnect(),
};

for (const [what, end] of Object.entries(ends)) {
  Deno.test(`ReadProcessWrite finishes its transaction when ${what} is awaited inside of process`, () =>
    withLoop({
      letters: "abc",
      options: (scene) => ({
        recordsPerTransaction: 1,
        process: async ({ value }) => {
          if (`${value}` === "b") await end(scene.loop);
          return [{ topic: "out", messages: [{ value }] }];
        },
      }),
    }, async ({ cluster, loop }) => {
      await loop.connect();
      await within(loop.done, ended);
      assertEquals(cluster.read("out"), "ab");
      assertEquals(cluster.committed.get("g in/0"), 2n);
      assertEquals(cluster.story.slice(-4), [
        ...["commit", "consumer disconnected", "producer disconnected"],
        "admin disconnected",
      ]);
      await loop.disconnect();
    }));
}

Deno.test("ReadProcessWrite that is disconnected inside of any hook ends, and writes each record once", async () => {
  type Hook = "onTakenOver" | "onLost" | "onAborted" | "onFailed" | "onPoint";
  const hooks: Hook[] = ["onTakenOver", "onLost", "onAborted", "onFailed"];
  const points = ["received", "offsets sent", "sent", "committed"];
  const places = [
    ...hooks.map((hook) => ({ hook, point: "" })),
    ...points.map((point) => ({ hook: "onPoint" as const, point })),
  ];
  for (const { hook, point } of places) {
    const disconnecting = (scene: LoopScene) => {
      const options: Partial<ReadProcessWriteOptions> = {
        recordsPerTransaction: 1,
        retries: 0,
        process: ({ value }) => {
          if (`${value}` === "X") throw new Error("no X");
          return [{ topic: "out", messages: [{ value }] }];
        },
        onFailed: ({ value }) => [{ topic: "dead", messages: [{ value }] }],
        [hook]: async (...args: unknown[]) => {
          if (point === "" || args[0] === point) await scene.loop.disconnect();
          return [];
        },
      };
      return options;
    };
    await withLoop({
      letters: "aXb",
      options: disconnecting,
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      if (hook === "onLost") {
        await committed(3n);
        await loop.disconnect();
      }
      await within(loop.done, {
        ...ended,
        what: `the end in ${hook} ${point}`,
      });
      const next = Number(cluster.committed.get("g in/0") ?? 0n);
      const written = cluster.read("out") + cluster.read("dead");
      assertEquals(
        written.length,
        hook === "onFailed" ? next - 1 : next,
        `${hook} ${point}: ${written}`,
      );
      assert(cluster.story.includes("producer disconnected"));
      assert(cluster.story.includes("admin disconnected"));
    });
  }
});

Deno.test("ReadProcessWrite.disconnect() waits for the transaction under way when it is called elsewhere", () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  return withLoop({
    options: {
      process: async ({ value }) => {
        entered.resolve();
        await gate.promise;
        return [{ topic: "out", messages: [{ value }] }];
      },
    },
  }, async ({ cluster, loop }) => {
    await loop.connect();
    await entered.promise;
    let isOver = false;
    const ending = loop.disconnect().then(() => isOver = true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([isOver, cluster.read("out", "all")], [false, ""]);
    gate.resolve();
    await ending;
    assertEquals(cluster.read("out"), "abc");
    await within(loop.done, ended);
  });
});

Deno.test("ReadProcessWrite.disconnect() that a callback does not await is not inside any more when it has returned", () =>
  withLoop({
    letters: "a",
    options: (scene) => ({
      process: ({ value }) => {
        setTimeout(async () => {
          await scene.loop.disconnect();
          scene.hooks.push("disconnected");
        }, 20);
        return [{ topic: "out", messages: [{ value }] }];
      },
    }),
  }, async ({ cluster, loop, hooks }) => {
    await loop.connect();
    await within(loop.done, ended);
    await until(() => hooks.includes("disconnected"), quick);
    assertEquals(cluster.story.at(-1), "admin disconnected");
    assertEquals(hooks.slice(-2), ["in/0 lost", "disconnected"]);
  }));

Deno.test("ReadProcessWrite.disconnect() closes everything and settles, whatever does not close", async () => {
  for (
    const call of [
      "disconnect consumer",
      "disconnect producer",
      "disconnect admin",
    ] as const
  ) {
    await withLoop({
      partitions: 2,
      prepare: (cluster) => {
        cluster.letters("in", "x", 1);
        cluster.fail(call, new Error("it hangs"));
      },
    }, async ({ cluster, loop, committed, hooks }) => {
      await loop.connect();
      await committed(3n);
      await committed(1n, 1);
      if (call === "disconnect consumer") {
        await assertRejects(() => loop.disconnect(), Error, "it hangs");
        await assertRejects(() => within(loop.done, ended), Error, "it hangs");
      } else {
        await loop.disconnect();
        await within(loop.done, ended);
      }
      const closed = cluster.story.filter((what) =>
        what.endsWith("disconnected")
      );
      assertEquals(closed.sort(), [
        "admin disconnected",
        "consumer disconnected",
        "producer disconnected",
        "producer disconnected",
      ], call);
      assertEquals(hooks.slice(-2).sort(), ["in/0 lost", "in/1 lost"]);
    });
  }
});

Deno.test("ReadProcessWrite ends at once in the pause of a failing record", () =>
  withLoop({
    letters: "a",
    options: {
      retryMs: 60_000,
      maxRetryMs: 60_000,
      process: () => {
        throw new Error("no");
      },
    },
  }, async ({ cluster, loop }) => {
    await loop.connect();
    await until(() => cluster.lines.length === 1, quick);
    await within(loop.disconnect(), ended);
    await within(loop.done, ended);
  }));

Deno.test("ReadProcessWrite that was never connected can be disconnected, often", () =>
  withLoop({}, async ({ loop }) => {
    await Promise.all([loop.disconnect(), loop.disconnect()]);
    await within(loop.done, ended);
    await loop.disconnect();
  }));

Deno.test("ReadProcessWrite puts one line on stderr when it ends by an error and nobody looks", async () => {
  const lines: unknown[] = [];
  const { error } = console;
  console.error = (line) => void lines.push(line);
  try {
    await withLoop({}, async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(3n);
      cluster.members("g")[0]!.crash(new Error("no more"));
      await until(() => lines.length > 0, quick);
    });
  } finally {
    console.error = error;
  }
  assertEquals(lines, [
    "ReadProcessWrite of group 'g' has ended by an error: Error: no more",
  ]);
});

Deno.test("ReadProcessWrite tries a partition again when a hook throws, and writes each record once", async () => {
  for (const hook of ["onTakenOver", "onAborted", "onLost"] as const) {
    let throws = 2;
    await withLoop({
      letters: "aXb",
      options: {
        recordsPerTransaction: 1,
        retries: 5,
        process: failsOnce(),
        [hook]: () => {
          if (throws-- > 0) throw new Error("the hook fails");
        },
      },
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(3n);
      assertEquals(cluster.read("out"), "aXb", hook);
      await loop.disconnect();
      assert(
        cluster.lines.some((line) => line.includes("the hook fails")),
        hook,
      );
    });
  }
});

function failsOnce(): ReadProcessWriteOptions["process"] {
  let failures = 0;
  return ({ value }) => {
    if (`${value}` === "X" && failures++ === 0) throw new Error("no X");
    return [{ topic: "out", messages: [{ value }] }];
  };
}
