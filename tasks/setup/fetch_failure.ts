import { TaskError } from "../command.ts";
import { shortPath } from "./paths.ts";

const NO_NETWORK =
  /Temporary failure in name resolution|Name or service not known|nodename nor servname|getaddrinfo|failed to lookup address|dns error|NewConnectionError|Failed to establish a new connection|Network is unreachable|Connection refused|ProxyError|ConnectTimeout|timed out|error sending request|SSLError|CERTIFICATE_VERIFY_FAILED/i;

/** The error of a set-up step whose program failed: what was to be fetched, why it failed, where its log is. */
export function fetchFailure(
  { what, program, lastLines, logFile }: {
    what: string;
    program: string;
    lastLines: string[];
    logFile: string;
  },
): TaskError {
  const text = lastLines.join("\n");
  const why = NO_NETWORK.test(text)
    ? `${program} could not reach its server`
    : `${program} failed (${lastError(lastLines)})`;
  const remedy = NO_NETWORK.test(text)
    ? "check the network and the proxy settings, then run this again"
    : "when that is put right, run this again";
  return new TaskError(
    `Cannot fetch ${what} as ${why}: ${remedy}. Its log: ${shortPath(logFile)}`,
  );
}

function lastError(lines: string[]): string {
  // Without the frames that some programs draw.
  const said = lines.map((line) => line.replace(/[\u2500-\u257f]/g, "").trim())
    .filter((line) => line && line !== "Error");
  return said.findLast((line) => /error|invalid|cannot/i.test(line)) ??
    said.at(-1) ?? "it said nothing";
}
