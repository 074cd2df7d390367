import { freePorts } from "lib/brokers/ports.ts";
import { isThere } from "lib/brokers/is_there.ts";

/** A broker that was killed, or has not been started yet, leaves its port free: the other tests must not take it. */
const FOLDER = `${Deno.env.get("TMPDIR") ?? "/tmp"}/kafka-notebooks-test-ports`;
/** A test that was killed could not give its ports back. */
const STALE_MS = 3_600_000;

/**
 * Finds free ports that no other test takes, in this or another process, until
 * they are given back.
 */
export function reservePorts(
  count: number,
): { ports: number[]; release: () => void } {
  Deno.mkdirSync(FOLDER, { recursive: true });
  const ports: number[] = [];
  while (ports.length < count) {
    const [port] = freePorts(1);
    if (reserve(port!)) ports.push(port!);
  }
  return {
    ports,
    release() {
      for (const path of ports.map(fileOf)) {
        if (isThere(path)) Deno.removeSync(path);
      }
    },
  };
}

const fileOf = (port: number) => `${FOLDER}/${port}`;

function reserve(port: number): boolean {
  try {
    Deno.openSync(fileOf(port), { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return takeOver(port);
  }
}

function takeOver(port: number): boolean {
  try {
    const { mtime } = Deno.statSync(fileOf(port));
    if (Date.now() - (mtime?.getTime() ?? 0) < STALE_MS) return false;
    const now = new Date();
    Deno.utimeSync(fileOf(port), now, now);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
