/**
 * Has an extra broker ended when this process is gone, however that came: a
 * kernel that is restarted or killed runs no code any more. A shell waits for
 * the end of its standard input, which the system closes with this process,
 * and only then starts what ends the broker.
 *
 * @param folder The broker's folder.
 * @returns Ends the watch; to be called once the broker is gone.
 *
 * @example Usage
 * ```ts
 * const folder = await Deno.makeTempDir();
 * const stopWatching = watchOwner(folder);
 *
 * stopWatching();
 * ```
 */
export function watchOwner(folder: string): () => void {
  // Only containers run there, and the next extra broker ends what is left.
  if (Deno.build.os === "windows") return () => {};
  const script = new URL("extra_broker_end.ts", import.meta.url).href;
  const watch = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", 'cat >/dev/null; exec "$@"', "sh"],
      ...[Deno.execPath(), "run", "-A", "--no-lock", script, folder],
    ],
    cwd: decodeURIComponent(new URL("../..", import.meta.url).pathname),
    // A session of its own: an interrupt of this process's group is not for it.
    detached: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  watch.unref();
  return () => {
    try {
      watch.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    // So that no descriptor stays open.
    watch.stdin.close().catch(() => {});
  };
}
