import { fileURLToPath } from "node:url";

const windows = Deno.build.os === "windows";

/** The project's folder, without a slash at its end. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url))
  .replace(/[\\/]$/, "");

/** Where set-up puts Kafka's jars, and brokers their data: git-ignored. */
export const KAFKA_FOLDER = `${PROJECT}/.kafka`;

/** The project's Python environment: git-ignored. */
export const VENV = `${PROJECT}/.venv`;

/** The path of a program in the project's Python environment. */
export function venvProgram(name: string): string {
  return windows ? `${VENV}/Scripts/${name}.exe` : `${VENV}/bin/${name}`;
}

/** A path as a person in the project's folder would write it. */
export function shortPath(path: string): string {
  return path.startsWith(`${PROJECT}/`) ? path.slice(PROJECT.length + 1) : path;
}
