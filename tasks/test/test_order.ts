import { PROJECT } from "../setup/paths.ts";

/** What a test file imports that starts brokers, kernels or whole commands: each of its tests takes seconds. */
const SLOW =
  /"[./]*(?:\w+\/)*_(?:own_brokers|temporary_notebook|secured_broker|project_copy)\.ts"/;
/** How many times longer such a test is taken to be. */
const SLOW_FACTOR = 10;
/** What measures, with all the cores that it gets: it comes when the notebooks beside the tests have ended. */
const MEASURES = /"\.\/_own_bench\.ts"/;

/** A test file, and how long it may take beside others, in no unit. */
export interface TestFile {
  path: string;
  weight: number;
}

/**
 * Guesses how long a test file takes, from its text: files run side by side,
 * and the tests of one of them one after the other.
 */
export function weightOf(text: string): number {
  if (MEASURES.test(text)) return 0;
  const tests = text.match(/^ *Deno\.test\(/gm)?.length ?? 0;
  return tests * (SLOW.test(text) ? SLOW_FACTOR : 1);
}

/** All test files below a folder of the project, the longest first, so that none begins when all others have ended; but what measures comes last. */
export async function testsLongestFirst(folder: string): Promise<string[]> {
  const files: TestFile[] = [];
  const collect = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const inside = `${path}/${name}`;
      if (isDirectory) await collect(inside);
      if (!name.endsWith("_test.ts")) continue;
      const text = await Deno.readTextFile(inside);
      files.push({ path: inside, weight: weightOf(text) });
    }
  };
  await collect(`${PROJECT}/${folder}`);
  // By path where they weigh the same: the order must not depend on the disk.
  return files
    .toSorted((a, b) => b.weight - a.weight || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path.slice(PROJECT.length + 1));
}
