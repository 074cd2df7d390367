import { assertEquals, assertThrows } from "@std/assert";
import { StateStore } from "lib/streams/state_store.ts";
import { TumblingWindows } from "lib/streams/tumbling_windows.ts";

const windows = new TumblingWindows({ sizeMs: 10, graceMs: 5 });
const plusOne = (count = 0) => count + 1;

/** Counts records, and says what each update gave: `start:count`, or `late`, and what it closed. */
function story(store: StateStore, timestamps: (number | string)[]) {
  return timestamps.map((timestamp) => {
    const { changed, closed } = windows.update<number>(
      store,
      { key: "Ada", timestamp },
      plusOne,
    );
    return [
      changed ? `${changed.start}:${changed.value}` : "late",
      ...closed.map(({ start, value }) => `closed ${start}:${value}`),
    ].join(" ");
  });
}

Deno.test("TumblingWindows counts by the records' own time, late ones within the grace too, and drops later ones", () => {
  const store = new StateStore();
  assertEquals(story(store, [1, 2, 9, 12, 3, 26, 4]), [
    ...["0:1", "0:2", "0:3", "10:1", "0:4"],
    "20:1 closed 0:4 closed 10:1",
    "late",
  ]);
  assertEquals(windows.dropped(store), 1);
  assertEquals(store.keys(), ["time", "20/Ada"]);
});

Deno.test("TumblingWindows closes a window when stream time is its end plus grace, and no millisecond before", () => {
  const store = new StateStore();
  assertEquals(story(store, ["9", "14", "0", "15", "0"]), [
    ...["0:1", "10:1", "0:2", "10:2 closed 0:2", "late"],
  ]);
});

Deno.test("TumblingWindows keeps keys apart, those with a slash too, and moves time for all of them", () => {
  const store = new StateStore();
  for (const key of ["a", "a/b", ""]) {
    windows.update(store, { key, timestamp: 1 }, plusOne);
  }
  const { closed } = windows.update(
    store,
    { key: "c", timestamp: 99 },
    plusOne,
  );
  assertEquals(closed.map(({ key }) => key).sort(), ["", "a", "a/b"]);
});

Deno.test("TumblingWindows puts times before 1970 into the window before, too", () => {
  assertEquals(story(new StateStore(), [-1]), ["-10:1"]);
});

Deno.test("TumblingWindows of a restored store knows stream time and what was dropped", () => {
  const store = new StateStore();
  story(store, [26, 4]);
  const changelog = store.takeChanges()
    .map(({ key, value }): [string, string] => [`${key}`, `${value}`]);
  const heir = new StateStore(changelog);
  assertEquals(story(heir, [3, 27]), ["late", "20:2"]);
  assertEquals(windows.dropped(heir), 2);
});

Deno.test("TumblingWindows refuses a size of 0 and a grace below 0", () => {
  for (const [sizeMs, graceMs] of [[0, 1], [NaN, 1], [1, -1]] as const) {
    assertThrows(
      () => new TumblingWindows({ sizeMs, graceMs }),
      RangeError,
      "Cannot make windows",
    );
  }
});
