// Which tests test which file.
import type { Module } from "./_modules.ts";

/**
 * The file that a file of tests tests, by its name: `tests/lib/log/varint_test.ts`
 * and `tests/broker/log/varint_faults_test.ts` test `lib/log/varint.ts`, and
 * `tests/tasks/kafka_test.ts` tests `tasks/kafka.ts`, or a folder of that name.
 *
 * @param test The path of the file of tests.
 * @param files The paths of all files that could be tested.
 * @returns The tested file, or folder; undefined if there is none of such a name.
 */
export function testedBy(test: string, files: string[]): string | undefined {
  const [, kind, place] =
    /^tests\/(lib|broker|tasks)\/(.*)_test\.ts$/.exec(test) ?? [];
  if (!place) return undefined;
  const base = kind === "tasks"
    ? `tasks/${place}`
    : place.startsWith("tasks/")
    ? place
    : `lib/${place}`;
  const named = files.map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => base === name || base.startsWith(`${name}_`))
    .sort((a, b) => b.length - a.length);
  if (named.length > 0) return `${named[0]}.ts`;
  return files.some((file) => file.startsWith(`${base}/`)) ? base : undefined;
}

/**
 * Finds the tests of each file of lib: those of its name; else, in the tests of
 * its room, those that import it and those of the files that import it, then
 * those of the files that import these, and so on; else those of other rooms,
 * and the notebooks. A program is tested with the file that starts it.
 *
 * @param modules All files, those of tests among them.
 * @returns The tests by file; none if nothing that is tested uses it.
 */
export function testsOfLib(modules: Module[]): Map<string, string[]> {
  const files = modules.map(({ path }) => path)
    .filter((path) => /^(lib|tasks)\/.*\.ts$/.test(path));
  const tests = modules.map(({ path }) => path)
    .filter((path) => /_test\.ts$|\.ipynb$/.test(path));
  const own = Map.groupBy(tests, (test) => testedBy(test, files));
  const importers = Map.groupBy(
    modules.flatMap(({ path, imports }) =>
      imports.map(({ from }) => ({ from, path }))
    ),
    ({ from }) => from,
  );
  const nearest = (path: string, isNear: (test: string) => boolean) => {
    const seen = new Set([path]);
    for (let level = [path]; level.length > 0;) {
      level = level.flatMap((each) => importers.get(each) ?? [])
        .map((importer) => importer.path)
        .filter((each) => !seen.has(each) && seen.add(each));
      const found = level.flatMap((each) =>
        tests.includes(each) ? [each] : own.get(starterOf(each)) ?? []
      ).filter(isNear);
      if (found.length > 0) return [...new Set(found)].sort();
    }
    return [];
  };
  return new Map(
    files.filter((path) => path.startsWith("lib/")).map((path) => {
      const ofItsName = own.get(path) ?? [];
      if (ofItsName.length > 0) return [path, ofItsName];
      const starter = starterOf(path);
      if (starter !== path) return [path, own.get(starter) ?? []];
      const room = path.split("/")[1];
      const ofItsRoom = nearest(path, (test) => test.split("/")[2] === room);
      return [
        path,
        ofItsRoom.length > 0 ? ofItsRoom : nearest(path, () => true),
      ];
    }),
  );
}

/** The file that starts a program; a file that is none starts itself. */
function starterOf(path: string): string {
  return path.replace(/_program\.ts$/, ".ts");
}
