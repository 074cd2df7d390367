import { EngineError, EngineUnavailableError } from "../engine_error.ts";
import { engineFolders } from "../engine_folders.ts";
import { isThere } from "../is_there.ts";
import { findRuntime, javaEnvironment } from "./kafka_runtime.ts";

/** An event that a JVM's flight recorder noted, such as one write to a socket. */
export interface FlightEvent {
  /** Its name in Java: "jdk.SocketWrite". */
  type: string;
  /** Its fields by Java's names: `bytesWritten` and `host` of a "jdk.SocketWrite". */
  values: Record<string, unknown>;
}

/** A command of Java's own that takes longer has met a JVM that does not answer. */
const COMMAND_MS = 30_000;

/**
 * Notes what the Java code of a broker does while something else happens. Each
 * JVM has a flight recorder (JFR) for that; `jcmd` switches it on and off in a
 * process that runs, and `jfr` prints what it noted. What the operating system
 * does by itself, such as `sendfile`, is not among it.
 *
 * @param processId The broker's process, of the local engine: `status()` of an
 * engine and `processId()` of an extra broker name it.
 * @param events The events to note, each time and however short: "jdk.SocketWrite".
 * @param work What happens meanwhile.
 * @returns The events, in the order of time.
 * @throws {EngineUnavailableError} If the Java of this machine lacks `jcmd` or `jfr`, as a JRE may.
 * @throws {EngineError} If the process takes no command of theirs: it is gone, frozen, or not a JVM of this user.
 *
 * @example Usage
 * ```ts ignore
 * const { pid } = (await engine.status())[0]!;
 * const writes = await recordFlight(pid!, ["jdk.SocketWrite"], () => readTopic(kafka, "orders"));
 * const bytes = writes.map(({ values }) => Number(values.bytesWritten));
 * ```
 */
export async function recordFlight(
  processId: number,
  events: string[],
  work: () => Promise<unknown>,
): Promise<FlightEvent[]> {
  const folder = await Deno.makeTempDir({ prefix: "kafka-flight-" });
  try {
    const settings = `${folder}/settings.jfc`;
    const recording = `${folder}/recording.jfr`;
    await Deno.writeTextFile(settings, settingsFor(events));
    const command = (...args: string[]) =>
      runJavaProgram("jcmd", [`${processId}`, ...args]);
    const name = `name=kafka-flight-${crypto.randomUUID().slice(0, 8)}`;
    await command("JFR.start", name, `settings=${settings}`);
    let isWorkDone = false;
    try {
      await work();
      isWorkDone = true;
    } finally {
      const stop = command("JFR.stop", name, `filename=${recording}`);
      // Why the work failed says more than why the recorder cannot be stopped.
      await (isWorkDone ? stop : stop.catch(() => {}));
    }
    const printed = await runJavaProgram("jfr", [
      ...["print", "--json", "--events", events.join(",")],
      recording,
    ]);
    return JSON.parse(printed).recording.events;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function settingsFor(events: string[]): string {
  const settings = Object.entries({
    enabled: true,
    threshold: "0 ms",
    stackTrace: false,
    throttle: "off",
  }).map(([name, value]) => `<setting name="${name}">${value}</setting>`);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<configuration version="2.0">`,
    ...events.map((name) =>
      `<event name="${name}">${settings.join("")}</event>`
    ),
    `</configuration>`,
  ].join("\n");
}

/** Runs one of the programs beside `java`, and returns what it printed. */
async function runJavaProgram(name: string, args: string[]): Promise<string> {
  const { java } = findRuntime(engineFolders());
  const path = java.path.replace(/java$/, name);
  if (!isThere(path)) {
    throw new EngineUnavailableError(
      `Cannot record what a broker does as the Java at ${java.path} has no ${name} beside it; set-up fetches one that has`,
    );
  }
  const { code, stdout, stderr } = await new Deno.Command(path, {
    args,
    clearEnv: true,
    env: javaEnvironment(),
    stdin: "null",
    signal: AbortSignal.timeout(COMMAND_MS),
  }).output();
  const [said, complaint] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  // Of a recorder that refuses, jcmd says so and still ends with 0.
  if (code !== 0 || (name === "jcmd" && /^Could not/m.test(said!))) {
    throw new EngineError(
      `Cannot record what process ${args[0]} does: '${name} ${
        args.join(" ")
      }' said: ${
        (complaint || said)!.trim().split("\n").at(-1) ||
        `nothing within ${COMMAND_MS} ms`
      }`,
    );
  }
  return said!;
}
