/**
 * Has something tidied up when this process is gone, however that came: a
 * kernel that is restarted or killed runs no code any more. A shell waits for
 * the end of its standard input, which the system closes with this process,
 * and only then starts the script that tidies up.
 *
 * @param argument What the script is told, such as the folder of an extra broker.
 * @param script What tidies up.
 * @returns Ends the watch; to be called once there is nothing to tidy up.
 *
 * @example Usage
 * ```ts
 * const folder = await Deno.makeTempDir();
 * const script = new URL("extra_broker_end.ts", import.meta.url);
 * const stopWatching = runAfterExit(folder, script);
 *
 * stopWatching();
 * ```
 */
export function runAfterExit(argument: string, script: URL): () => void {
  // Only containers run there, and their next user tidies up.
  if (Deno.build.os === "windows") return () => {};
  const watch = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", 'cat >/dev/null; exec "$@"', "sh"],
      ...[Deno.execPath(), "run", "-A", "--no-lock", script.href, argument],
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
