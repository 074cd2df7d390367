import { configOptions } from "../../tasks/config.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const reason = whyNoMount();
if (reason) console.log(`Not tested, a full disk: ${reason}`);

Deno.test({
  name:
    "a full disk is told by up() and status(), loses no acknowledged record, and start() works after freeing",
  ignore: reason !== undefined,
  async fn() {
    const story = new URL("full_disk_story.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["-rm", Deno.execPath(), "run", "-A"],
        ...[...await configOptions(), story],
      ],
    }).output();
    assertEquals(code, 0, decode(stderr));
    const facts = Object.assign(
      {},
      ...decode(stdout).trim().split("\n").map((line) => JSON.parse(line)),
    );
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

function whyNoMount(): string | undefined {
  if (Deno.build.os !== "linux") {
    return "a small disk of one's own needs Linux";
  }
  try {
    const { success, stderr } = new Deno.Command("unshare", {
      args: ["-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"],
    }).outputSync();
    return success ? undefined : `unshare -rm: ${decode(stderr).trim()}`;
  } catch (error) {
    return `unshare: ${(error as Error).message}`;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
