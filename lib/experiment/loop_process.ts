import { within } from "../client/deadline.ts";

/** With pipes for everything: a notebook's kernel loses what a child prints otherwise. */
const PIPES = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;

/**
 * Starts a process for a loop whose text a notebook shows: a program beside
 * this file, which runs that text with KafkaJS as published. It ends when its
 * standard input does, so that it never outlives the process that started it.
 *
 * @param program The program's file name: "child_loop_program.ts".
 * @param settings What it is given: what JSON can carry, the loop's text among it.
 * @returns The process, its standard input left open.
 */
export function spawnLoop(
  program: string,
  settings: unknown,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--quiet", "--no-lock", "--no-check"],
      new URL(program, import.meta.url).href,
      JSON.stringify(settings),
    ],
    ...PIPES,
  }).spawn();
}

/** A loop that is to die has done so long before. */
const LONGEST_MS = 60_000;

/**
 * Waits for the end of a loop's process, as a cell waits: Stop ends it, and so
 * does a deadline of 60 s. The process itself goes on.
 *
 * @param ended What settles at the end.
 * @returns What it resolves to.
 * @throws {DeadlineError} If it has not ended after 60 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function untilLoopEnds<End>(ended: Promise<End>): Promise<End> {
  return await within(ended, {
    deadlineMs: LONGEST_MS,
    what: "the end of the loop's process",
  });
}
