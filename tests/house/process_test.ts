// What a service imports changes nothing in its process: not for its own code, nor for other libraries.
import { assert, assertEquals } from "@std/assert";
import { roomOf, ROOMS_OF_A_SERVICE } from "./_arrows.ts";
import { filesBelow } from "./_modules.ts";

const PROGRAM = new URL("_changes_of_process.ts", import.meta.url).pathname;
const PROJECT = new URL("../../", import.meta.url).pathname;

Deno.test("importing every file that a service takes changes nothing in its process", async () => {
  const files = filesBelow("lib")
    .filter((path) => ROOMS_OF_A_SERVICE.includes(roomOf(path) ?? ""));
  assert(files.length > 50, "there are files to import");
  const code = files.map((file) => `await import(${JSON.stringify(file)});`);
  assertEquals(await changesBy(code.join("\n")), []);
});

const PLANTED: [code: string, change: string][] = [
  [`globalThis.planted = 1`, "globalThis.planted"],
  [`console.log = () => {}`, "globalThis.console.log"],
  [`Promise.prototype.then = () => {}`, "globalThis.Promise.prototype.then"],
  [`delete Array.prototype.at`, "globalThis.Array.prototype.at"],
  [`addEventListener("error", () => {})`, "globalThis.addEventListener()"],
  [`setInterval(() => {}, 1_000)`, "globalThis.setInterval()"],
  [`Deno.addSignalListener("SIGINT", () => {})`, "Deno.addSignalListener()"],
  [
    `process.on("uncaughtException", () => {})`,
    "process.on uncaughtException",
  ],
  [`process.env.PLANTED = "1"`, "process.env.PLANTED"],
  [`process.chdir("/")`, "process.cwd()"],
  [
    `(await import("kafkajs")).default.CompressionCodecs[4] = () => {}`,
    "kafkajs.CompressionCodecs.4",
  ],
  [
    `(await import("kafkajs/src/network/connection.js")).default.prototype.send = () => {}`,
    "kafkajs/src/network/connection.js.prototype.send",
  ],
];

Deno.test("the search for changes of a process sees each of many kinds", async () => {
  const found = await changesBy(PLANTED.map(([code]) => code).join(";\n"));
  for (const [code, change] of PLANTED) {
    assert(found.includes(change), `${code} among ${found.join(", ")}`);
  }
});

/** What some code changes in a process of its own. */
async function changesBy(code: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", PROGRAM, code],
    cwd: PROJECT,
    stdin: "null",
  }).output();
  const [printed, said] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  assert(success, said);
  return JSON.parse(printed!);
}
