// Whoever calls lib can do so by its doc comments: they name each parameter, result and error.
import { assert, assertEquals } from "@std/assert";
import { type DocJson, type Gap, gapsInDocs, gapsInThrows } from "./_docs.ts";
import { filesBelow } from "./_modules.ts";
import { throwersOf } from "./_throws.ts";

const PROJECT = new URL("../../", import.meta.url);

Deno.test("doc comments of lib name each parameter, result and error of what it exports", async () => {
  const gaps = await gapsOf(PROJECT, filesBelow("lib"));
  const rooms = Map.groupBy(gaps, ({ path }) => path.split("/")[1]);
  const counts = [...rooms].map(([room, { length }]) => `${room} ${length}`);
  assertEquals(gaps.map(textOf), [], `Missing by room: ${counts.join(", ")}`);
});

Deno.test("gapsInDocs() misses a comment, a parameter, an option and a result", async () => {
  assertEquals(
    await gapsIn(`
      export function nothing() {}

      /** Has a comment alone. */
      export function alone(a: number, { b = 1 }: { b?: number } = {}): number {
        return a + b;
      }

      /**
       * Names its options together.
       *
       * @param a A number.
       * @param options Something about them.
       * @returns The sum.
       */
      export function together(a: number, { b = 1, c = 1 }: { b?: number; c?: number } = {}): number {
        return a + b + c;
      }

      /** A class. */
      export class Account {
        constructor(owner: string) {}
        /** Pays in. */
        pay(amount: number): Promise<number> { return Promise.resolve(amount); }
        close() {}
        private inner(a: number) {}
      }

      /** An interface. */
      export interface Shape { area(unit: string): number }
    `),
    [
      "nothing: a doc comment",
      "alone: @param a",
      "alone: @param options",
      "alone: @returns",
      "together: @param options.b",
      "together: @param options.c",
      "Account.constructor: @param owner",
      "Account.pay: @param amount",
      "Account.pay: @returns",
      "Account.close: a doc comment",
      "Shape.area: a doc comment",
      "Shape.area: @param unit",
      "Shape.area: @returns",
    ],
  );
});

Deno.test("gapsInDocs() takes options one by one, in one sentence, or where their type says what they are", async () => {
  assertEquals(
    await gapsIn(`
      /** Options. */
      export interface Options {
        /** A size. */
        b?: number;
      }

      /**
       * With a type of their own.
       *
       * @param options What to do.
       * @returns The size.
       */
      export function ofType({ b = 1 }: Options = {}): number { return b; }

      /**
       * One by one, and in a sentence.
       *
       * @param options How: \`c\` says how often.
       * @param options.b A size.
       */
      export function oneByOne({ b = 1, c = 1 }: { b?: number; c?: number }): void { b + c; }

      /**
       * Overloaded.
       *
       * @param a A number.
       */
      export function overloaded(a: number): void;
      export function overloaded(a: unknown): void { a; }

      class Private { undocumented(a: number): number { return a; } }
      new Private();
    `),
    [],
  );
});

Deno.test("gapsInDocs() looks for what is handed on where it is declared", async () => {
  const others = { "b.ts": `export { documented, not } from "./a.ts";` };
  const gaps = await gapsIn(
    `
      /** Has a comment. */
      export function documented(): void {}
      export function not(): void {}
    `,
    others,
  );
  assertEquals(gaps, ["not: a doc comment"]);
});

Deno.test("gapsInThrows() misses errors that are thrown here, by what is called, and by private helpers", async () => {
  assertEquals(
    await gapsIn(`
      /** An error of lib. */
      export class LateError extends Error {}
      /** A kind of it. */
      export class TooLateError extends LateError {}

      /** Throws by itself. */
      export function byItself(): void { throw new RangeError("no"); }

      /**
       * Waits.
       *
       * @throws {LateError} If it is late.
       */
      export function wait(): void { throw new TooLateError("late"); }

      /** Calls what throws. */
      export async function caller(): Promise<void> { await wait(); }

      /** Calls a helper that throws. */
      export function byHelper(): void { helper(); }
      function helper() { throw new LateError("late"); }

      /** Has methods. */
      export class Account {
        /** Throws by a private method. */
        close(): void { this.#check(); }
        #check() { throw new LateError("late"); }
      }
    `),
    [
      "byItself: @throws {RangeError}",
      "caller: @throws {LateError}",
      "byHelper: @throws {LateError}",
      "Account.close: @throws {LateError}",
    ],
  );
});

Deno.test("gapsInThrows() leaves out what is caught, what other functions throw later, and what is documented", async () => {
  assertEquals(
    await gapsIn(`
      /** An error of lib. */
      export class LateError extends Error {}

      /**
       * Waits.
       *
       * @throws {LateError} If it is late.
       * @throws {Error} If it cannot wait.
       */
      export async function wait(): Promise<void> {
        if (Math.random() < 0.5) throw new TypeError("no");
        throw new LateError("late");
      }

      /** Catches. */
      export async function catching(): Promise<void> {
        try {
          await wait();
          throw new LateError("late");
        } catch {
          await wait().catch(() => {});
        }
        wait().then(() => {}, () => {});
        setTimeout(() => { throw new LateError("later"); });
      }

      /** Has two methods of nearly the same name. */
      export class Account {
        /** Catches what the private one throws. */
        close(): void { try { this.#close(); } catch { /* closed */ } }
        #close() { throw new LateError("late"); }
      }
    `),
    [],
  );
});

/** The gaps of a file with some text, and of others beside it, by their names. */
async function gapsIn(
  source: string,
  others: Record<string, string> = {},
): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  const files = { "a.ts": source, ...others };
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const root = new URL(`file://${folder}/`);
    const gaps = await gapsOf(root, Object.keys(files));
    return gaps.map((gap) => textOf(gap).replace("a.ts: ", ""));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const textOf = ({ path, symbol, missing }: Gap) =>
  `${path}: ${symbol}: ${missing}`;

async function gapsOf(root: URL, files: string[]): Promise<Gap[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--no-lock", ...files],
    cwd: root,
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  const json: DocJson = JSON.parse(text.decode(stdout));
  const throwers = files.flatMap((path) =>
    throwersOf(path, Deno.readTextFileSync(new URL(path, root)))
  );
  return [
    ...gapsInDocs(json, root.href),
    ...gapsInThrows(json, root.href, throwers),
  ];
}
