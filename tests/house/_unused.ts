// What lib and tasks export, and nothing takes.
import type { Module } from "./_modules.ts";
import { testedBy } from "./_tests_of.ts";

/**
 * The exports that could go: what nothing uses but its own tests, and what only
 * its own file uses. Types and errors that its file uses may stay, as callers
 * meet them without naming them.
 *
 * @param modules All files that may use something, among them those that are looked at.
 * @param folder The folder whose exports must be used, such as `lib`.
 * @returns Each as path and name, such as `lib/client/until.ts: until`.
 */
export function unusedExports(modules: Module[], folder: string): string[] {
  const [used, tested] = [new Set<string>(), new Set<string>()];
  const files = modules.map(({ path }) => path);
  for (const { path, imports } of modules) {
    const ownFile = testedBy(path, files);
    for (const { from, names } of imports) {
      const takers = from === ownFile ? tested : used;
      for (const name of names) takers.add(`${from}: ${name}`);
    }
  }
  return modules.filter(({ path }) => path.startsWith(`${folder}/`)).flatMap((
    { path, exports },
  ) =>
    exports.flatMap(({ name, kind, usedAtHome }) => {
      const is = (names: Set<string>) =>
        names.has(`${path}: ${name}`) || names.has(`${path}: *`);
      const mayStay = usedAtHome && (is(tested) || kind !== "value");
      return is(used) || mayStay ? [] : [`${path}: ${name}`];
    })
  );
}
