// What the doc comments of lib leave out.
import type { Thrower } from "./_throws.ts";

/** A doc comment that is missing, or leaves something out. */
export interface Gap {
  /** The file, from the project's folder. */
  path: string;
  /** The symbol, such as `until` or `Ledger.acknowledge`. */
  symbol: string;
  /** What is missing: `a doc comment`, `@param kafka`, `@returns` or `@throws {RangeError}`. */
  missing: string;
}

// What this reads of the JSON of `deno doc`.

interface JsDoc {
  doc?: string;
  tags?: { kind: string; name?: string; doc?: string; tsType?: Type }[];
}

interface Type {
  repr?: string;
  kind: string;
  value?: unknown;
}

interface Param {
  kind: "identifier" | "object" | "array" | "assign" | "rest";
  name?: string;
  left?: Param;
  arg?: Param;
  tsType?: Type;
}

interface Callable {
  params: Param[];
  returnType?: Type;
}

interface Member {
  name: string;
  kind?: string;
  jsDoc?: JsDoc;
  accessibility?: string;
  isOverride?: boolean;
  functionDef?: Callable;
  params?: Param[];
  returnType?: Type;
}

interface Declaration {
  location: { filename: string };
  declarationKind: string;
  kind: string;
  jsDoc?: JsDoc;
  def: Partial<Callable> & {
    hasBody?: boolean;
    constructors?: Member[];
    methods?: Member[];
    /** The class that a class extends. */
    extends?: string;
  };
}

/** The output of `deno doc --json`. */
export interface DocJson {
  nodes: Record<string, {
    symbols: { name: string; declarations: Declaration[] }[];
  }>;
}

/**
 * Lists what the doc comments of exported symbols and their methods leave out:
 * the comment; each parameter, by its name, or the options by any name and
 * those that have no type of their own one by one; what is returned.
 *
 * @param json What `deno doc --json` says of some files.
 * @param root The address of the folder from which paths are given.
 */
export function gapsInDocs({ nodes }: DocJson, root: string): Gap[] {
  return Object.entries(nodes).flatMap(([address, { symbols }]) => {
    const path = address.replace(root, "");
    return symbols.flatMap(({ name, declarations }) => {
      // What is behind overloads is nobody's to call.
      const isOverloaded = declarations.length > 1 &&
        declarations.every(({ kind }) => kind === "function");
      return declarations
        .filter(({ declarationKind }) => declarationKind === "export")
        // What is handed on is documented where it is declared.
        .filter(({ kind, location }) =>
          kind !== "reference" && location.filename === address
        )
        .filter(({ def }) => !(isOverloaded && def.hasBody))
        .flatMap((declaration) => gapsOf(declaration, name))
        .map((gap) => ({ path, ...gap }));
    });
  });
}

type SymbolGap = Omit<Gap, "path">;

function gapsOf({ kind, jsDoc, def }: Declaration, name: string): SymbolGap[] {
  const gaps = gapsOfText(jsDoc, name);
  if (kind === "function") {
    return [...gaps, ...gapsOfCall(def as Callable, jsDoc, name)];
  }
  const { constructors = [], methods = [] } = def;
  return [
    ...gaps,
    ...constructors.flatMap(({ params = [], jsDoc }) =>
      gapsOfCall({ params }, jsDoc, `${name}.constructor`)
    ),
    ...methods.filter(isPublic).flatMap((member) => {
      const call = member.functionDef ??
        (member.params ? member as Callable : undefined);
      const own = `${name}.${member.name}`;
      return [
        ...gapsOfText(member.jsDoc, own),
        ...(call && !/[gs]etter/.test(member.kind ?? "")
          ? gapsOfCall(call, member.jsDoc, own)
          : []),
      ];
    }),
  ];
}

/** Overrides and well-known symbols are documented where they come from. */
function isPublic({ name, accessibility, isOverride }: Member): boolean {
  return !/private|protected/.test(accessibility ?? "") && !isOverride &&
    !name.startsWith("[");
}

function gapsOfText(jsDoc: JsDoc | undefined, symbol: string): SymbolGap[] {
  return jsDoc?.doc?.trim() ? [] : [{ symbol, missing: "a doc comment" }];
}

function gapsOfCall(
  { params, returnType }: Callable,
  jsDoc: JsDoc | undefined,
  symbol: string,
): SymbolGap[] {
  const tags = jsDoc?.tags ?? [];
  const named = tags.filter(({ kind, doc }) => kind === "param" && doc?.trim());
  const names = params.map((param) => nameOf(param));
  const missing = params.flatMap((param, i) => {
    const name = names[i];
    if (name !== undefined) {
      const isNamed = name.startsWith("_") ||
        named.some((tag) => tag.name === name);
      return isNamed ? [] : [`@param ${name}`];
    }
    // Destructured: the tag that names no other parameter.
    const tag = named.find((each) =>
      !names.includes(each.name) && !each.name?.includes(".")
    );
    const own = fieldsOf(param).filter((field) =>
      !named.some((each) => each.name?.endsWith(`.${field.name}`)) &&
      !tag?.doc?.includes(`\`${field.name}\``) && !field.jsDoc?.doc
    ).map((field) => `@param options.${field.name}`);
    const hasFields = fieldsOf(param).length > 0;
    return tag || hasFields && own.length === 0 ? own : ["@param options"];
  });
  const returns = tags.some(({ kind, doc }) =>
    kind === "return" && doc?.trim()
  );
  if (returnsSomething(returnType) && !returns) missing.push("@returns");
  return missing.map((each) => ({ symbol, missing: each }));
}

/** A parameter's name; undefined if it is destructured. */
function nameOf({ kind, name, left, arg }: Param): string | undefined {
  const inner = left ?? arg;
  return kind === "identifier" ? name : inner && nameOf(inner);
}

/** The fields of a destructured parameter that are declared on the spot. */
function fieldsOf({ tsType, left }: Param): Member[] {
  const type = tsType ?? left?.tsType;
  if (type?.kind !== "typeLiteral") return [];
  return (type.value as { properties: Member[] }).properties;
}

function returnsSomething(type: Type | undefined): boolean {
  if (!type) return false;
  if (type.repr === "Promise") {
    const [inner] = (type.value as { typeParams?: Type[] }).typeParams ?? [];
    return returnsSomething(inner);
  }
  return !["void", "never", "this"].includes(type.repr ?? "") &&
    !(type.kind === "typePredicate" &&
      (type.value as { asserts?: boolean }).asserts);
}

/** What documents throws: `until`, with `["DeadlineError"]`. */
type Documented = Map<string, string[]>;

/**
 * Lists the errors that exported functions and methods throw and do not
 * document: those that they make themselves; and of lib's own errors those that
 * what they call documents, or makes where it is not exported.
 *
 * @param json What `deno doc --json` says of some files.
 * @param root The address of the folder from which paths are given.
 * @param throwers What the text of the same files shows.
 */
export function gapsInThrows(
  json: DocJson,
  root: string,
  throwers: Thrower[],
): Gap[] {
  const documented = documentedThrows(json, root);
  const own = new Map(
    throwers.map((each) => [`${each.path}: ${each.symbol}`, each]),
  );
  /** The errors of lib, and what each is a kind of. */
  const errors = new Map(
    Object.values(json.nodes).flatMap(({ symbols }) => symbols)
      .filter(({ name }) => name.endsWith("Error"))
      .map(({ name, declarations }) => [name, declarations[0]?.def.extends]),
  );
  return throwers.flatMap(({ path, symbol, throws, calls }) => {
    const place = `${path}: ${symbol}`;
    const known = documented.get(place);
    if (!known) return [];
    const handedOn = calls.filter((call) => call !== place).flatMap((call) =>
      documented.get(call) ?? own.get(call)?.throws ?? []
    ).filter((name) => errors.has(name));
    return [...new Set([...throws, ...handedOn])]
      .filter((name) =>
        // A kind of what is named; lib's own have to be named all the same.
        ![name, errors.has(name) ? errors.get(name) : "Error"]
          .some((each) => each !== undefined && known.includes(each))
      )
      .map((name) => ({ path, symbol, missing: `@throws {${name}}` }));
  });
}

/** What exported functions, methods and constructors say that they throw; empty if they say nothing. */
function documentedThrows({ nodes }: DocJson, root: string): Documented {
  const documented: Documented = new Map();
  const add = (place: string, jsDoc: JsDoc | undefined) => {
    const names = (jsDoc?.tags ?? []).filter(({ kind }) => kind === "throws")
      .map(({ tsType }) => tsType?.repr ?? "Error");
    documented.set(place, [...documented.get(place) ?? [], ...names]);
  };
  for (const [address, { symbols }] of Object.entries(nodes)) {
    const path = address.replace(root, "");
    for (const { name, declarations } of symbols) {
      for (const { kind, jsDoc, def } of declarations) {
        if (kind === "function") add(`${path}: ${name}`, jsDoc);
        if (kind !== "class") continue;
        for (const member of def.methods ?? []) {
          if (!isPublic(member)) continue;
          add(`${path}: ${name}.${member.name}`, member.jsDoc);
        }
        for (const member of def.constructors ?? []) {
          add(`${path}: ${name}.constructor`, member.jsDoc);
        }
      }
    }
  }
  return documented;
}
