/** What is written to stderr while something happens. */
export async function linesDuring(
  action: () => unknown | Promise<unknown>,
): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    await action();
    await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    console.error = error;
  }
  return lines;
}
