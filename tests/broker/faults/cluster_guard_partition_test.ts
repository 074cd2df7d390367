import { assertEquals } from "@std/assert";
import { configOptions } from "../../../tasks/config.ts";

/** A user other than root needs further groups of its own, for the firewall to tell brokers apart. */
const UNSHARE = Deno.uid() === 0 ? ["-n"] : ["-rn", "--map-auto"];

const reason = whyNoPartition();
if (reason) console.log(`Not tested, a network partition: ${reason}`);

Deno.test({
  name:
    "a leader cut off from the others refuses acks=all, loses only what acks=1 was told, and the safe producer loses nothing",
  ignore: reason !== undefined,
  async fn() {
    const story =
      new URL("_network_partition_story.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...[...UNSHARE, Deno.execPath(), "run", "-A"],
        ...[...await configOptions(), story],
      ],
    }).output();
    assertEquals(code, 0, decode(stderr));
    const facts = Object.assign(
      {},
      ...decode(stdout).trim().split("\n").map((line) => JSON.parse(line)),
    );
    assertEquals(facts.all, {
      ...{ acknowledged: 0, lost: 0 },
      reasons: ["The request timed out"],
    });
    assertEquals(facts.one, { acknowledged: 1, lost: 1, reasons: [] });
    assertEquals(facts.majority, { acknowledged: 1, lost: 0, reasons: [] });
    // A consumer that lost its coordinator may have got some of them again.
    const { lost, reordered, sent, acknowledged } = facts.flow;
    assertEquals([lost, reordered], [0, 0]);
    assertEquals(acknowledged, sent, "each was acknowledged in the end");
  },
});

function whyNoPartition(): string | undefined {
  if (Deno.build.os !== "linux") {
    return "network namespaces are a thing of Linux";
  }
  const tries = "ip link set lo up && nft add table inet cut && " +
    "setpriv --regid=7001 --clear-groups true";
  try {
    const { success, stderr } = new Deno.Command("unshare", {
      args: [...UNSHARE, "sh", "-c", tries],
    }).outputSync();
    return success
      ? undefined
      : `unshare ${UNSHARE.join(" ")}: ${
        decode(stderr).trim() || "nft or setpriv is missing"
      }`;
  } catch (error) {
    return `unshare: ${(error as Error).message}`;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
