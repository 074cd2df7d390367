// The project's files as modules: what each exports, and what it takes from which other file.
import { textOf } from "../../tasks/notebooks/document.ts";

/** A file of TypeScript, or a notebook. */
export interface Module {
  /** Its path from the project's folder, such as `lib/client/until.ts`. */
  path: string;
  imports: Import[];
  exports: Export[];
  /** The global objects of one runtime alone that it uses: `Deno`, or none. */
  globals: string[];
}

/** What a file takes from another one of the project. */
export interface Import {
  /** The other file's path. */
  from: string;
  /** The names it takes; `*` stands for all of them. */
  names: string[];
}

/** A name that a file exports. */
export interface Export {
  name: string;
  /** Callers meet a type or an error without naming it; a value they must name. */
  kind: "type" | "error" | "value";
  /** Whether the file itself uses it, and not only declares it or hands it on. */
  usedAtHome: boolean;
}

const PROJECT = new URL("../../", import.meta.url);

/** Reads all files below some folders of the project, in the order of their paths. */
export function readModules(...folders: string[]): Module[] {
  return folders.flatMap((folder) => filesBelow(folder)).sort().map((path) =>
    moduleOf(path, sourceOf(path))
  );
}

/** The paths of the files of TypeScript and the notebooks below a folder of the project. */
export function filesBelow(folder: string): string[] {
  const entries = Deno.readDirSync(new URL(`${folder}/`, PROJECT));
  return [...entries].flatMap(({ name, isDirectory }) => {
    if (name.startsWith(".")) return [];
    if (isDirectory) return filesBelow(`${folder}/${name}`);
    return /(?<!\.d)\.ts$|\.ipynb$/.test(name) ? [`${folder}/${name}`] : [];
  });
}

function sourceOf(path: string): string[] {
  const text = Deno.readTextFileSync(new URL(path, PROJECT));
  if (!path.endsWith(".ipynb")) return [text];
  const { cells } = JSON.parse(text);
  return cells
    .filter((cell: { cell_type: string }) => cell.cell_type === "code")
    .map((cell: { source: string | string[] }) => textOf(cell.source));
}

/**
 * What a file imports and exports, read from its parsed text as deno lint
 * parses it: comments, their examples and texts are not taken for code.
 *
 * @param path The file's path from the project's folder.
 * @param sources Its text; a notebook's cells one by one.
 * @returns The module, with those imports that are of the project.
 */
export function moduleOf(path: string, sources: string[]): Module {
  const module: Module = { path, imports: [], exports: [], globals: [] };
  for (const source of sources) {
    const mentions = new Map<string, number>();
    const given: Given[] = [];
    const plugin = pluginFor({
      take(specifier, names) {
        const from = resolve(specifier, path);
        if (from) module.imports.push({ from, names });
      },
      give: (...names) => given.push(...names),
      mention(name, isGlobal) {
        mentions.set(name, (mentions.get(name) ?? 0) + 1);
        if (isGlobal && !module.globals.includes(name)) {
          module.globals.push(name);
        }
      },
    });
    Deno.lint.runPlugin(plugin, path.replace(/ipynb$/, "ts"), source);
    // A function with overloads is declared more than once.
    for (const [name, all] of Map.groupBy(given, (each) => each.name)) {
      const usedAtHome = all.every(({ declared }) => declared) &&
        (mentions.get(name) ?? 0) > all.length;
      module.exports.push({ name, kind: all[0]!.kind, usedAtHome });
    }
  }
  return module;
}

/** The project's file that a specifier stands for. */
function resolve(specifier: string, from: string): string | undefined {
  if (specifier.startsWith("lib/")) return specifier;
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** An exported name, declared here or handed on from elsewhere. */
interface Given {
  name: string;
  kind: Export["kind"];
  declared: boolean;
}

interface Findings {
  take: (specifier: string, names: string[]) => void;
  give: (...names: Given[]) => void;
  mention: (name: string, isGlobal: boolean) => void;
}

function pluginFor({ take, give, mention }: Findings): Deno.lint.Plugin {
  return {
    name: "modules",
    rules: {
      read: {
        create: () => ({
          ImportDeclaration(node) {
            take(
              node.source.value,
              node.specifiers.map((each) =>
                each.type === "ImportSpecifier" ? nameOf(each.imported) : "*"
              ),
            );
          },
          ExportNamedDeclaration(node) {
            const names = node.specifiers.map((each) => nameOf(each.local));
            if (node.source) take(node.source.value, names);
            if (node.declaration) return give(...declaredBy(node.declaration));
            give(...names.map((name): Given => ({
              name,
              kind: "value",
              declared: false,
            })));
          },
          ExportAllDeclaration: (node) => take(node.source.value, ["*"]),
          ImportExpression(node) {
            if (node.source.type !== "Literal") return;
            take(String(node.source.value), namesTaken(node));
          },
          TSImportType(node) {
            const { argument, qualifier } = node;
            if (
              argument.type !== "TSLiteralType" ||
              argument.literal.type !== "Literal"
            ) return;
            const name = qualifier?.type === "Identifier"
              ? qualifier.name
              : "*";
            take(String(argument.literal.value), [name]);
          },
          Identifier(node) {
            const isProperty = node.parent.type === "MemberExpression" &&
              node.parent.property === node && !node.parent.computed;
            mention(node.name, node.name === "Deno" && !isProperty);
          },
        }),
      },
    },
  };
}

function nameOf(node: { type: string; name?: string; value?: unknown }) {
  return node.name ?? String(node.value);
}

/** What `const { a, b } = await import(…)` and `(await import(…)).a` take; else all. */
function namesTaken(node: Deno.lint.ImportExpression): string[] {
  const user = node.parent.type === "AwaitExpression"
    ? node.parent.parent
    : undefined;
  if (
    user?.type === "MemberExpression" && user.property.type === "Identifier"
  ) return [user.property.name];
  if (
    user?.type === "VariableDeclarator" && user.id.type === "ObjectPattern"
  ) {
    return user.id.properties.map((each) =>
      each.type === "Property" && each.key.type === "Identifier"
        ? each.key.name
        : "*"
    );
  }
  return ["*"];
}

function declaredBy(
  declaration: NonNullable<Deno.lint.ExportNamedDeclaration["declaration"]>,
): Given[] {
  const given = (name: string, kind: Export["kind"]): Given => ({
    name,
    kind,
    declared: true,
  });
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [given(id.name, "value")] : []
      );
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [given(declaration.id.name, "type")];
    default: {
      const { id } = declaration as { id?: { name: string } };
      if (!id) return [];
      const isError = /Error$/.test(id.name);
      return [given(id.name, isError ? "error" : "value")];
    }
  }
}
