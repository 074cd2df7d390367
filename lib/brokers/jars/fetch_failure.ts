import { EngineError } from "../engine_error.ts";

const NO_NETWORK =
  /Temporary failure in name resolution|Name or service not known|nodename nor servname|getaddrinfo|failed to lookup address|dns error|NewConnectionError|Failed to establish a new connection|Network is unreachable|Connection refused|ProxyError|ConnectTimeout|timed out|error sending request|SSLError|CERTIFICATE_VERIFY_FAILED/i;

const NO_SPACE = /No space left on device|Disk quota exceeded/i;

/** What {@linkcode fetchFailure} tells of. */
export interface FailedFetch {
  /** What was to be fetched: "Kafka's jars from Maven Central". */
  what: string;
  /** The program that failed, as a person calls it. */
  program: string;
  /** The last lines that it printed. */
  lastLines: string[];
  /** The file with all that it printed, as a person would write its path. */
  logFile: string;
}

/**
 * The error of a program that was to fetch something and has failed.
 *
 * @param failed What was to be fetched, by which program, its last lines and its log.
 * @returns The error: what was to be fetched, why it failed, what to do.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { message } = fetchFailure({
 *   what: "the jars",
 *   program: "jgo",
 *   lastLines: ["Failed to establish a new connection"],
 *   logFile: ".kafka/logs/jars.log",
 * });
 *
 * assertStringIncludes(message, "Cannot fetch the jars as jgo could not reach its server");
 * ```
 */
export function fetchFailure(
  { what, program, lastLines, logFile }: FailedFetch,
): EngineError {
  const text = lastLines.join("\n");
  const [why, remedy] = NO_NETWORK.test(text)
    ? [
      `${program} could not reach its server`,
      "check the network and the proxy settings, then run this again",
    ]
    : NO_SPACE.test(text)
    ? ["the disk is full", "make room, then run this again"]
    : [
      `${program} failed (${lastError(lastLines)})`,
      "when that is put right, run this again",
    ];
  return new EngineError(
    `Cannot fetch ${what} as ${why}: ${remedy}. Its log: ${logFile}`,
  );
}

function lastError(lines: string[]): string {
  // Without the frames that some programs draw.
  const said = lines.map((line) => line.replace(/[\u2500-\u257f]/g, "").trim())
    .filter((line) => line && line !== "Error");
  return said.findLast((line) => /error|invalid|cannot/i.test(line)) ??
    said.at(-1) ?? "it said nothing";
}
