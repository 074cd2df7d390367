// Prints what a `deno` command of this project needs to find its `jsr:` imports: nothing where
// JSR answers, else `-c deno.offline.json`, which links the stand-ins of tasks/stand_ins in their
// place. Itself it imports nothing from JSR.
//
//   deno test -A $(deno task -q config) tests/lib

const ROOT = new URL("../", import.meta.url);
const STAND_INS = [
  "./tasks/stand_ins/std-assert",
  "./tasks/stand_ins/std-cli",
];
const OFFLINE_CONFIG = "deno.offline.json";
const OFFLINE_LOCK = ".kafka/deno.offline.lock";
/** There once set-up has fetched all packages. */
const PACKAGES_STAMP = ".kafka/packages.stamp";
const DEADLINE_MS = 2_000;

/** Holds the answer for child processes, so that one command asks once: "yes" or "no". */
const ANSWER_VARIABLE = "KAFKA_NOTEBOOKS_JSR";

/**
 * The options that a `deno` command of this project needs where it runs now, the answer being
 * kept in the environment of this process and its children.
 */
export async function configOptions(
  { quiet = false }: { quiet?: boolean } = {},
): Promise<string[]> {
  const known = Deno.env.get(ANSWER_VARIABLE);
  if (!known) {
    const failure = await whyJsrIsOutOfReach();
    Deno.env.set(ANSWER_VARIABLE, failure ? "no" : "yes");
    if (failure && !quiet) {
      console.error(
        `JSR does not answer (${failure}): using the stand-ins of tasks/stand_ins for @std/assert and @std/cli.`,
      );
    }
  }
  if (Deno.env.get(ANSWER_VARIABLE) === "yes") return [];
  writeOfflineConfig();
  return ["-c", OFFLINE_CONFIG];
}

async function whyJsrIsOutOfReach(): Promise<string | undefined> {
  const url = new URL(
    "@std/assert/meta.json",
    Deno.env.get("JSR_URL") ?? "https://jsr.io/",
  );
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await response.json();
    return response.ok ? undefined : `${url.host} says ${response.status}`;
  } catch (error) {
    const timedOut = error instanceof DOMException &&
      error.name === "TimeoutError";
    return timedOut
      ? `no answer from ${url.host} within 2 s`
      : `${url.host} is not reachable`;
  }
}

function writeOfflineConfig(): void {
  const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const offline = { ...config, links: STAND_INS, lock: OFFLINE_LOCK };
  const text = JSON.stringify(offline, undefined, 2) + "\n";
  if (text !== readIfThere(OFFLINE_CONFIG)) replace(OFFLINE_CONFIG, text);

  // Deno notes links in the lock file: let it do so in a copy of the committed one.
  const lock = readIfThere("deno.lock");
  if (lock && changedAt("deno.lock") > changedAt(OFFLINE_LOCK)) {
    Deno.mkdirSync(new URL(".kafka/", ROOT), { recursive: true });
    replace(OFFLINE_LOCK, lock);
  }
}

function readIfThere(name: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(name, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function changedAt(name: string): number {
  try {
    return Deno.statSync(new URL(name, ROOT)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Writes aside and renames, as another command may be reading the file. */
function replace(name: string, text: string): void {
  const aside = new URL(`${name}.${Deno.pid}`, ROOT);
  Deno.writeTextFileSync(aside, text);
  Deno.renameSync(aside, new URL(name, ROOT));
}

/** Says why it cannot, for a person, and ends. */
async function main(): Promise<void> {
  if (readIfThere(PACKAGES_STAMP) === undefined) {
    console.error(
      "First start: what is missing is fetched into this folder. Each step says what, and how far it is.",
    );
  }
  try {
    console.log((await configOptions()).join(" "));
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    console.error(
      `Cannot write in ${ROOT.pathname} (${error.message}): put the project into a folder of your own.`,
    );
    Deno.exit(1);
  }
}

if (import.meta.main) await main();
