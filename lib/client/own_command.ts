import process from "node:process";

/** What a person types before `task`, where it is not `deno`: for kernels, which npx has not started. */
export const DENO_VARIABLE = "KAFKA_NOTEBOOKS_DENO";

/**
 * A command of this project in the form in which this person can type it: who
 * has come by `npx` may have no `deno` on the path.
 *
 * @param task The task with its arguments: "kafka up".
 * @param env The variables, by default those of the process.
 * @returns The command, for a message.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ownCommand("kafka up", {}), "deno task kafka up");
 * assertEquals(
 *   ownCommand("kafka up", { npm_command: "exec" }),
 *   "npx -y deno task kafka up",
 * );
 * ```
 */
export function ownCommand(
  task: string,
  env: Record<string, string | undefined> = process.env,
): string {
  return `${denoCommand(env)} task ${task}`;
}

/**
 * How this person starts Deno.
 *
 * @param env The variables, by default those of the process.
 * @returns "deno" or "npx -y deno".
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(denoCommand({ KAFKA_NOTEBOOKS_DENO: "npx -y deno" }), "npx -y deno");
 * ```
 */
export function denoCommand(
  env: Record<string, string | undefined> = process.env,
): string {
  return env[DENO_VARIABLE] ||
    (env.npm_command === "exec" ? "npx -y deno" : "deno");
}
