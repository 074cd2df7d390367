import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { factsOf, whyNoMount } from "./_small_disk.ts";

Deno.test({
  name:
    "a full disk is told by up() and status(), loses no acknowledged record, and start() works after freeing",
  ignore: whyNoMount() !== undefined,
  async fn() {
    const facts = await factsOf("_full_disk_story.ts");
    assertStringIncludes(
      facts.fresh,
      "/brokers/kafka/data is full; free space there and try again",
    );
    assertEquals(facts.left, ["lost+found"]);
    assertStringIncludes(facts.died, "full: free space, then start it");
    assertStringIncludes(facts.again, "is full; free space there");
    assert(facts.acknowledged >= 10, `${facts.acknowledged} acknowledged`);
    assertEquals(facts.lost, []);
  },
});
