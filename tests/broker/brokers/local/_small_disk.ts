// A story on a disk of its own, so small that it fills up.
import { assertEquals } from "@std/assert";
import { configOptions } from "../../../../tasks/config.ts";

/**
 * Runs a program where it may mount a small disk, in a namespace of its own.
 *
 * @param story The program, beside this file; it prints facts, an object of JSON a line.
 * @returns All facts in one object.
 */
// deno-lint-ignore no-explicit-any
export async function factsOf(story: string): Promise<any> {
  const path = new URL(story, import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["-rm", Deno.execPath(), "run", "-A"],
      ...[...await configOptions(), path],
    ],
  }).output();
  assertEquals(code, 0, decode(stderr));
  return Object.assign(
    {},
    ...decode(stdout).trim().split("\n").map((line) => JSON.parse(line)),
  );
}

/** Why no disk can be mounted here; says so, too, as such a test is left out. */
export function whyNoMount(): string | undefined {
  const reason = reasonAgainst();
  if (reason) console.log(`Not tested, a full disk: ${reason}`);
  return reason;
}

function reasonAgainst(): string | undefined {
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
