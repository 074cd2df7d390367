import { EngineUnavailableError } from "../engine_error.ts";

/** The two commands that lead to a container engine. */
export interface ContainerCommands {
  /** `docker`, of Docker itself or of podman-docker. */
  docker: string[];
  /** `docker compose` where the plugin is installed, otherwise `docker-compose`. */
  compose: string[];
}

/** How a command is run. */
export interface CommandOptions {
  /** When it is killed. Default: 30,000. */
  deadlineMs?: number;
  /** Receives its standard error, line by line, as it is written. */
  onLine?: (line: string) => void;
}

/** What a command left behind. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
  /** It was killed because its deadline had passed. */
  late: boolean;
}

/**
 * Finds the commands of a container engine, and whether the engine behind them
 * answers: a `docker` command without an engine is common. `DOCKER_HOST` and
 * Docker's contexts choose the engine, as always.
 *
 * @param names Other names of the two commands, for tests.
 * @returns The commands.
 * @throws {EngineUnavailableError} If a part is missing; the message says which, and what to do.
 *
 * @example Usage
 * ```ts ignore
 * const { docker, compose } = await findContainerCommands();
 * ```
 */
export async function findContainerCommands(
  names: { docker?: string; composeCommand?: string } = {},
): Promise<ContainerCommands> {
  const docker = [names.docker ?? "docker"];
  // `docker info` of older clients ends with 0 without an engine, `docker ps` does not.
  const answer = await runCommand([...docker, "ps", "--quiet"], {
    deadlineMs: 5_000,
  }).catch((error) => {
    if (!isMissing(error)) throw error;
    throw new EngineUnavailableError(
      "Cannot run containers as there is no 'docker' command: install Docker Desktop, Docker Engine, or Podman with podman-docker",
    );
  });
  if (answer.late || answer.code !== 0) {
    throw new EngineUnavailableError(unanswered(answer));
  }
  const standalone = names.composeCommand ?? "docker-compose";
  for (const compose of [[...docker, "compose"], [standalone]]) {
    const version = await runCommand([...compose, "version"]).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    if (version?.code === 0) return { docker, compose };
  }
  throw new EngineUnavailableError(
    "Cannot run compose.yaml in containers as neither 'docker compose' nor 'docker-compose' is installed: install Docker's Compose plugin (package docker-compose-plugin or docker-compose)",
  );
}

function unanswered({ late, stderr }: CommandResult): string {
  const engine = Deno.env.get("DOCKER_HOST");
  const where = engine ? ` at DOCKER_HOST=${engine}` : "";
  const what =
    `Cannot run containers as no engine answers the 'docker' command`;
  if (late) {
    return `${what}${where} within 5 s: start or restart Docker or Podman`;
  }
  if (/permission denied/i.test(stderr)) {
    return `${what}${where}, this user may not use it: join the group 'docker' (sudo usermod -aG docker $USER, then log in again)`;
  }
  return `${what}${where}: start ${
    engine ? "it, or unset DOCKER_HOST" : "Docker Desktop, Docker or Podman"
  } (${lastLine(stderr)})`;
}

/**
 * Runs a command to its end, or to its deadline.
 *
 * @param command The command and its arguments.
 * @param options A deadline, and a listener for its standard error.
 * @returns Its exit code and what it wrote.
 * @throws {Deno.errors.NotFound} If there is no such command.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { code, stdout } = await runCommand([Deno.execPath(), "eval", "console.log(1)"]);
 *
 * assertEquals([code, stdout], [0, "1\n"]);
 * ```
 */
export async function runCommand(
  command: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.deadlineMs ?? 30_000);
  try {
    const [stdout, stderr, status] = await Promise.all([
      new Response(child.stdout).text(),
      linesOf(child.stderr, options.onLine),
      child.status,
    ]);
    return { code: status.code, stdout, stderr, late };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The last line of a text that says something, for an error's sentence.
 *
 * @param text What a command wrote.
 * @returns The line, or "it said nothing".
 */
export function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.at(-1) ?? "it said nothing";
}

async function linesOf(
  stream: ReadableStream<Uint8Array>,
  onLine?: (line: string) => void,
): Promise<string> {
  let text = "";
  let reported = 0;
  for await (
    const chunk of stream.pipeThrough(
      new TextDecoderStream("utf-8", { ignoreBOM: true }),
    )
  ) {
    text += chunk;
    const end = text.lastIndexOf("\n");
    if (end < reported) continue;
    for (const line of text.slice(reported, end).split("\n")) {
      if (line.trim()) onLine?.(line.trim());
    }
    reported = end + 1;
  }
  return text;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}
