/** How many checks passed and failed. */
export interface Counts {
  passed: number;
  failed: number;
}

/** Reads the counts of a `deno test --junit-path` report. */
export function countsOfJunit(xml: string): Counts {
  const [, attributes] = /<testsuites ([^>]*)>/.exec(xml) ?? [];
  if (!attributes) return { passed: 0, failed: 0 };
  const attribute = (name: string) =>
    Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
  const failed = attribute("failures") + attribute("errors");
  // Ignored tests have not passed.
  const skipped = xml.split("<skipped").length - 1;
  return { passed: attribute("tests") - failed - skipped, failed };
}

/** Reads the last line `N passed, N failed` of a command's output. */
export function countsOfLastLine(output: string): Counts | undefined {
  const [, passed, failed] = /^(\d+) passed, (\d+) failed\b.*\s*$/.exec(
    output.trimEnd().split("\n").at(-1) ?? "",
  ) ?? [];
  return passed === undefined
    ? undefined
    : { passed: Number(passed), failed: Number(failed) };
}

/** Counts that agree with the exit code: a command that fails without a failed check counts as one. */
export function agreeing(counts: Counts | undefined, code: number): Counts {
  const { passed, failed } = counts ?? { passed: 0, failed: 0 };
  // A command that checked nothing has not shown that all is well.
  const silent = code === 0 ? passed === 0 : failed === 0;
  return { passed, failed: silent ? failed + 1 : failed };
}
