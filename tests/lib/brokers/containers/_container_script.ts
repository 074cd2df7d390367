/** A shell script that stands for a command of this host, removed when its block ends. */
export function commandScript(text: string): { path: string } & Disposable {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/command`;
  Deno.writeTextFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}
