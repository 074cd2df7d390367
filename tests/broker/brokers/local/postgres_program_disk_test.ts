// A full disk under PostgreSQL.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { factsOf, whyNoMount } from "./_small_disk.ts";

Deno.test({
  name:
    "a full disk is told by up() in one sentence, and PostgreSQL starts after freeing",
  ignore: whyNoMount() !== undefined,
  async fn() {
    const facts = await factsOf("_full_disk_postgres_story.ts");
    for (const said of [facts.fresh, facts.again]) {
      assertStringIncludes(said, "Cannot start 'postgres': the disk of ");
      assertStringIncludes(said, "is full; free space there and try again");
    }
    assertEquals(facts.rows, 0);
  },
});
