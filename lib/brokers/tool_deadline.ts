import type { ToolProcess } from "./engine.ts";
import { EngineError } from "./engine_error.ts";

/**
 * Kills a tool when its time is over; `ended` then throws.
 *
 * @param tool The running tool.
 * @param name What the error calls it.
 * @param deadlineMs After how long, in milliseconds.
 * @returns The tool, watched.
 * @throws {EngineError} From `ended`, if the tool was killed.
 */
export function withToolDeadline(
  tool: ToolProcess,
  name: string,
  deadlineMs: number,
): ToolProcess {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    tool.kill("SIGKILL").catch(() => {});
  }, deadlineMs);
  const ended = tool.ended.finally(() => clearTimeout(timer)).then((end) => {
    if (!late) return end;
    throw new EngineError(
      `Cannot wait longer for ${name}: it was killed after ${
        deadlineMs / 1_000
      } s; give it a longer 'deadlineMs' if it needs more`,
    );
  });
  // Who only reads lines need not await this.
  ended.catch(() => {});
  return { ...tool, ended };
}
