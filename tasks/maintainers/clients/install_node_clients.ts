import type { TestedClient } from "lib/experiment/clients/tested_client.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { runProgram } from "lib/brokers/jars/run_program.ts";
import { readIfThere, removeIfThere } from "lib/brokers/jars/stamp.ts";
import { configOptions } from "../../config.ts";
import { KAFKA_FOLDER, PROJECT } from "../../setup/paths.ts";
import { showStep } from "../../setup/progress.ts";
import { NODE_CLIENTS } from "./node/protocol.ts";
import { nodeClient } from "./node_client.ts";

const FOLDER = `${KAFKA_FOLDER}/node-clients`;
const PROGRAM = `${FOLDER}/program.mjs`;

/** The clients that run on Node.js alone. */
export interface NodeClients {
  clients: TestedClient[];
  /** "22.18.0"; undefined without Node.js. */
  nodeVersion: string | undefined;
  /** A sentence for each that is left out. */
  skipped: string[];
}

/**
 * Installs the clients that run on Node.js alone, each in a folder of its own. npm fetches
 * their native parts ready for use, or builds them, which takes minutes and a C++ compiler.
 */
export async function installNodeClients(): Promise<NodeClients> {
  const clients: TestedClient[] = [];
  const skipped: string[] = [];
  for (const { name, version } of NODE_CLIENTS) {
    const folder = `${FOLDER}/${name.replace("/", "-")}`;
    const why = await showStep(
      `${name} ${version} for Node.js`,
      () => install(`${name}@${version}`, folder),
    );
    if (why === undefined) {
      clients.push(nodeClient({ name, version, folder, program: PROGRAM }));
    } else {
      skipped.push(
        `${name} is left out: its native part is not a Node-API addon, which is all that Deno loads, and on Node.js it could not be used: ${why}`,
      );
    }
  }
  if (clients.length > 0) await bundleProgram();
  return { clients, nodeVersion: nodeVersion(), skipped };
}

/** Says why it cannot be installed. */
async function install(
  spec: string,
  folder: string,
): Promise<string | undefined> {
  if (nodeVersion() === undefined) return "there is no Node.js";
  const stamp = `${folder}/installed`;
  const wanted = `${spec} ${askNode("process.versions.modules")}`;
  if (readIfThere(stamp) !== wanted) {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(`${folder}/package.json`, "{}\n");
    const why = await npmInstall(spec, folder);
    if (why !== undefined) return why;
  }
  const name = spec.slice(0, spec.lastIndexOf("@"));
  const { code, stderr } = await new Deno.Command("node", {
    args: ["--eval", `require(${JSON.stringify(name)})`],
    cwd: folder,
  }).output();
  if (code === 0) {
    Deno.writeTextFileSync(stamp, wanted);
    return undefined;
  }
  await removeIfThere(stamp);
  const said = new TextDecoder().decode(stderr);
  return /^\w*Error: .*/m.exec(said)?.[0] ?? said.slice(-200);
}

/** Says why npm could not install it. */
async function npmInstall(
  spec: string,
  folder: string,
): Promise<string | undefined> {
  const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  try {
    const { code, lastLines } = await runProgram(
      npm,
      ["install", "--no-fund", "--no-audit", spec],
      {
        ...{ logFile: `${folder}/npm.log`, cwd: folder },
        env: headersBesideNode(),
      },
    );
    if (code === 0) return undefined;
    // npm ends with where its log is, which is nobody else's business.
    const said = lastLines.filter((line) =>
      line.startsWith("npm error") && !line.includes("A complete log")
    );
    return `npm said: ${said.at(-1) ?? `code ${code}`}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no npm";
    throw error;
  }
}

/** A build needs Node's headers: those beside it, where it has some, else npm fetches them. */
function headersBesideNode(): Record<string, string> {
  const prefix = askNode("process.execPath")?.replace(/\/bin\/node$/, "");
  return prefix !== undefined && isThere(`${prefix}/include/node/node.h`)
    ? { npm_config_nodedir: prefix }
    : {};
}

/** Which version of Node.js is here: "22.18.0"; undefined if there is none. */
export function nodeVersion(): string | undefined {
  return askNode("process.versions.node");
}

/** What Node.js says of itself; undefined where there is none. */
function askNode(expression: string): string | undefined {
  try {
    const { stdout } = new Deno.Command("node", {
      args: ["--print", expression],
    }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** @throws {Error} If Deno cannot bundle it. */
export async function bundleProgram(output = PROGRAM): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", ...await configOptions({ quiet: true })],
      ...["--output", output],
      new URL("node/program.ts", import.meta.url).href,
    ],
    cwd: PROJECT,
  }).output();
  if (code === 0) return;
  throw new Error(
    `Cannot bundle the program for Node.js: ${
      new TextDecoder().decode(stderr).trim()
    }`,
  );
}
