import { MARK, POSTGRES_MARK } from "./process_mark.ts";
import { commandLine } from "./process_identity.ts";

/**
 * Whether a port of this host can be listened on.
 *
 * @param port The port.
 * @param host On which of the host's own addresses. Default: 127.0.0.1.
 * @returns Whether nothing listens there; true of an IPv6 address that this host does not have.
 * @throws {Error} The system's, if the port cannot be asked for, as with one below 1024.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * assertEquals(isPortFree(listener.addr.port), false);
 * ```
 */
export function isPortFree(port: number, host = "127.0.0.1"): boolean {
  try {
    Deno.listen({ hostname: host, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    if (host.includes(":")) return true; // Some machines have no IPv6.
    throw error;
  }
}

/** Below these the systems give no port to outgoing connections, and above are those well known. */
const FIRST = 20_000;
const LAST = 32_000;

/**
 * Finds ports of this host that nothing listens on, by IPv4 or IPv6.
 *
 * @param count How many.
 * @returns Different ports. They are not reserved, so use them soon.
 * @throws {Error} If there are not so many.
 *
 * @example Usage
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 *
 * const [one, other] = freePorts(2);
 *
 * assertNotEquals(one, other);
 * ```
 */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > LAST - FIRST) {
      throw new Error(
        `Cannot find ${count} free ports between ${FIRST} and ${LAST}`,
      );
    }
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (isPortFree(port) && isPortFree(port, "::1")) ports.add(port);
  }
  return [...ports];
}

/**
 * Names the process that listens on a port.
 *
 * @param port The port.
 * @returns Such as "process 4242 (java -Xmx1g …)", or undefined where the
 * operating system does not tell, as with another user's process.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * assertStringIncludes(portOwner(listener.addr.port) ?? "", `process ${Deno.pid}`);
 * ```
 */
export function portOwner(port: number): string | undefined {
  const pid = Deno.build.os === "linux" ? ownerInProc(port) : ownerByLsof(port);
  if (pid === undefined) return undefined;
  const words = commandLine(pid);
  const after = (mark: string) =>
    words.find((word) => word.startsWith(mark))?.slice(mark.length);
  const folder = after(MARK);
  const database = after(POSTGRES_MARK);
  const what = database
    ? `the PostgreSQL of ${database}`
    : folder
    ? `the broker of ${folder}`
    : shortened(words.join(" "));
  return what ? `process ${pid} (${what})` : `process ${pid}`;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80).trimEnd()}…` : text;
}

function ownerInProc(port: number): number | undefined {
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    listeningSockets(table, port)
  );
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && hasOpen(`/proc/${name}/fd`, sockets)) {
      return Number(name);
    }
  }
  return undefined;
}

function listeningSockets(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  let rows: string[];
  try {
    rows = Deno.readTextFileSync(table).split("\n").slice(1);
  } catch {
    return []; // A host without IPv6 has no such table.
  }
  return rows.map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[1]?.endsWith(`:${hexPort}`) && cells[3] === "0A")
    .flatMap((cells) => cells[9] ?? []);
}

function hasOpen(folder: string, sockets: Set<string>): boolean {
  return filesIn(folder).some((name) => {
    try {
      return sockets.has(Deno.readLinkSync(`${folder}/${name}`));
    } catch {
      return false; // Closed since it was listed, as the listing's own is: others may follow.
    }
  });
}

function filesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // Another user's process, or one that has just ended.
  }
}

function ownerByLsof(port: number): number | undefined {
  try {
    const { stdout } = new Deno.Command("lsof", {
      args: ["-nP", "-t", `-iTCP:${port}`, "-sTCP:LISTEN"],
    }).outputSync();
    const pid = Number(new TextDecoder().decode(stdout).split("\n")[0]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined; // There is no lsof.
  }
}
