import type { ToolProcess, ToolResult } from "./engine.ts";

/**
 * Gives a tool its whole input, and collects what it writes until it ends.
 *
 * @param tool The running tool.
 * @param input What it reads, if anything.
 * @returns Its exit code and what it wrote.
 * @throws {EngineError} If its deadline passed.
 */
export async function collectOutput(
  tool: ToolProcess,
  input?: string,
): Promise<ToolResult> {
  const stdout = Array.fromAsync(tool.lines);
  // A tool that never started has none; `ended` says why.
  stdout.catch(() => {});
  if (input !== undefined) await tool.write(input).catch(() => {});
  await tool.closeInput().catch(() => {});
  const { code, stderr } = await tool.ended;
  const lines = await stdout;
  return { code, stdout: lines.map((line) => `${line}\n`).join(""), stderr };
}
