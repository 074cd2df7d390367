import { assertEquals } from "@std/assert";
import { StateStore } from "lib/streams/state_store.ts";

Deno.test("StateStore gives each changed key to the changelog once, with its last value, or null", () => {
  const store = new StateStore();
  store.set("a", 1);
  store.set("a", 2);
  store.set("b", { n: 1 });
  store.set("b", undefined);
  store.set("never there", undefined);
  assertEquals(store.takeChanges(), [
    { key: "a", value: "2" },
    { key: "b", value: null },
  ]);
  store.set("a", 2);
  assertEquals(store.takeChanges(), []);
});

Deno.test("StateStore.rollback() goes back to the last commit, over changes that the changelog was given", () => {
  const store = new StateStore();
  store.set("kept", 1);
  store.set("removed", 1);
  store.takeChanges();
  store.commit();
  store.set("kept", 2);
  store.takeChanges();
  store.set("kept", 3);
  store.set("removed", undefined);
  store.set("new", 1);
  store.rollback();
  assertEquals(store.keys().sort(), ["kept", "removed"]);
  assertEquals(store.get("kept"), 1);
  assertEquals(store.takeChanges(), []);
});

Deno.test("StateStore begins with what its changelog says", () => {
  const store = new StateStore([["a", "3"]]);
  assertEquals(store.get("a"), 3);
  assertEquals(store.takeChanges(), []);
});

Deno.test("StateStore hands out copies", () => {
  const store = new StateStore();
  const list = [1];
  store.set("list", list);
  list.push(2);
  store.get<number[]>("list")!.push(3);
  assertEquals(store.get("list"), [1]);
});
