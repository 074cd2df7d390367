import { TaskError, UsageError } from "../command.ts";

const FIRST_PORT = 8888;
const PORTS_TRIED = 50;

/** Reads the option `--port`. */
export function portOption(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (/^\d+$/.test(value) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(
    `Cannot use the port '${value}': --port takes a number from 1 to 65535.`,
  );
}

/** The wanted port, or else the first free one from 8888. */
export function freePort(wanted?: number): number {
  if (wanted !== undefined) {
    if (isFree(wanted)) return wanted;
    throw new TaskError(
      `Cannot start JupyterLab on port ${wanted} as another process uses it: choose another, or leave --port out to get a free one.`,
    );
  }
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++) {
    if (isFree(port)) return port;
  }
  throw new TaskError(
    `Cannot start JupyterLab as the ports ${FIRST_PORT} to ${
      FIRST_PORT + PORTS_TRIED - 1
    } are all in use: choose one with --port.`,
  );
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (
      error instanceof Deno.errors.AddrInUse ||
      error instanceof Deno.errors.PermissionDenied
    ) return false;
    throw error;
  }
}
