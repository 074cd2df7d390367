// Stands in for jsr:@std/cli/parse-args where JSR does not answer: see ../README.md.

export interface ParseOptions<
  Booleans extends string,
  Strings extends string,
  Defaults extends Record<string, unknown>,
> {
  boolean?: readonly Booleans[];
  string?: readonly Strings[];
  default?: Defaults;
  alias?: Record<string, string | readonly string[]>;
  negatable?: readonly string[];
  stopEarly?: boolean;
  /** Told of each argument that no option describes; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export type ParsedArgs<
  Booleans extends string,
  Strings extends string,
  Defaults,
> =
  & { _: (string | number)[] }
  & { [Name in Booleans]: boolean }
  & { [Name in Exclude<Strings, keyof Defaults | "_">]?: string }
  & { [Name in Strings & keyof Defaults]: string };

export function parseArgs<
  const Booleans extends string = never,
  const Strings extends string = never,
  const Defaults extends Record<string, unknown> = Record<never, never>,
>(
  args: readonly string[],
  options: ParseOptions<Booleans, Strings, Defaults> = {},
): ParsedArgs<Booleans, Strings, Defaults> {
  const values = new Parser(options).parse(args);
  return values as ParsedArgs<Booleans, Strings, Defaults>;
}

type AnyOptions = ParseOptions<string, string, Record<string, unknown>>;

class Parser {
  readonly #values: Record<string, unknown> & { _: (string | number)[] } = {
    _: [],
  };
  readonly #options: AnyOptions;
  readonly #boolean: Set<string>;
  readonly #string: Set<string>;
  readonly #negatable: Set<string>;

  constructor(options: AnyOptions) {
    this.#options = options;
    this.#boolean = this.#withAliases(options.boolean);
    this.#string = this.#withAliases(options.string);
    this.#negatable = this.#withAliases(options.negatable);
  }

  parse(args: readonly string[]): Record<string, unknown> {
    const end = args.indexOf("--");
    const afterDashes = end === -1 ? [] : args.slice(end + 1);
    const queue = end === -1 ? [...args] : args.slice(0, end);
    for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
      if (/^--./.test(arg)) this.#long(arg, queue);
      else if (/^-(?:[A-Za-z]+|\d)$/.test(arg)) this.#short(arg, queue);
      else {
        this.#positional(arg);
        if (this.#options.stopEarly) this.#values._.push(...queue.splice(0));
      }
    }
    this.#fillIn();
    this.#values._.push(...afterDashes);
    return this.#values;
  }

  #long(arg: string, queue: string[]): void {
    const [, name, , given] = /^--([^=]+)(=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) return this.#positional(arg);
    if (given !== undefined) {
      return this.#set(
        name,
        this.#boolean.has(name) ? given !== "false" : given,
        arg,
      );
    }
    const positive = name.replace(/^no-/, "");
    if (positive !== name && this.#negatable.has(positive)) {
      return this.#set(positive, false, arg);
    }
    this.#setWithNext(name, arg, queue, /^-/);
  }

  #short(arg: string, queue: string[]): void {
    const letters = [...arg.slice(1)];
    const last = letters.pop()!;
    for (const letter of letters) {
      this.#set(letter, this.#string.has(letter) ? "" : true, arg);
    }
    this.#setWithNext(last, arg, queue, /^--?[^-]/);
  }

  #setWithNext(
    name: string,
    arg: string,
    queue: string[],
    option: RegExp,
  ): void {
    const next = queue[0];
    if (next && !this.#boolean.has(name) && !option.test(next)) {
      return this.#set(name, queue.shift()!, arg);
    }
    if (next === "true" || next === "false") {
      return this.#set(name, queue.shift() === "true", arg);
    }
    this.#set(name, this.#string.has(name) ? "" : true, arg);
  }

  #set(name: string, value: string | boolean, arg: string): void {
    const names = [name, ...this.#aliasesOf(name)];
    const described = names.length > 1 || this.#boolean.has(name) ||
      this.#string.has(name);
    if (!described && this.#options.unknown?.(arg, name, value) === false) {
      return;
    }
    const kept = this.#string.has(name) ? value : numberIfNumeric(value);
    for (const each of names) this.#values[each] = kept;
  }

  #positional(arg: string): void {
    if (this.#options.unknown?.(arg) === false) return;
    this.#values._.push(
      this.#string.has("_") ? arg : numberIfNumeric(arg) as string | number,
    );
  }

  #fillIn(): void {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (Object.hasOwn(this.#values, name)) continue;
      for (const each of [name, ...this.#aliasesOf(name)]) {
        this.#values[each] = value;
      }
    }
    for (const name of this.#boolean) this.#values[name] ??= false;
  }

  #withAliases(names: readonly string[] = []): Set<string> {
    return new Set(names.flatMap((name) => [name, ...this.#aliasesOf(name)]));
  }

  #aliasesOf(name: string): string[] {
    const groups = Object.entries(this.#options.alias ?? {})
      .map(([key, others]) => [key, ...[others].flat()]);
    return (groups.find((group) => group.includes(name)) ?? []).filter((each) =>
      each !== name
    );
  }
}

function numberIfNumeric(value: string | boolean): string | number | boolean {
  if (typeof value === "boolean" || value.trim() === "") return value;
  return Number.isFinite(Number(value)) ? Number(value) : value;
}
