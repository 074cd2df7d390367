// Which errors the functions of lib throw, as far as their text shows it.

/** What the text of a function or method shows. */
export interface Thrower {
  /** The file, from the project's folder. */
  path: string;
  /** Its name: `until`, `Ledger.acknowledge`, or `Ledger.constructor`. */
  symbol: string;
  /** The errors that it makes and throws itself. */
  throws: string[];
  /** What it calls: `lib/client/until.ts: until`. */
  calls: string[];
}

type Node = Exclude<
  Deno.lint.Node,
  Deno.lint.LineComment | Deno.lint.BlockComment
>;

/**
 * Reads what functions and methods throw and call, themselves and not in the
 * functions within them. What is in a `try` that catches, or has a `.catch()`,
 * ends there and is left out.
 *
 * @param path The file's path from the project's folder.
 * @param source Its text.
 * @returns Each function, method and constructor of the file.
 */
export function throwersOf(path: string, source: string): Thrower[] {
  const imported = new Map<string, string>();
  const found = new Map<string, Thrower>();
  const throwerAt = (node: Node) => {
    const symbol = symbolAround(node);
    if (symbol === undefined || isCaught(node)) return undefined;
    let thrower = found.get(symbol);
    if (!thrower) {
      thrower = { path, symbol, throws: [], calls: [] };
      found.set(symbol, thrower);
    }
    return thrower;
  };
  Deno.lint.runPlugin(
    {
      name: "throws",
      rules: {
        read: {
          create: () => ({
            ImportDeclaration({ source, specifiers }) {
              if (!source.value.startsWith(".")) return;
              const from = new URL(source.value, `file:///${path}`).pathname;
              for (const each of specifiers) {
                if (each.type !== "ImportSpecifier") continue;
                const name = (each.imported as { name: string }).name;
                imported.set(each.local.name, `${from.slice(1)}: ${name}`);
              }
            },
            ThrowStatement(node) {
              const { argument } = node;
              if (
                argument.type === "NewExpression" &&
                argument.callee.type === "Identifier"
              ) throwerAt(node)?.throws.push(argument.callee.name);
            },
            CallExpression(node) {
              const name = calleeName(node);
              if (name) throwerAt(node)?.calls.push(name);
            },
            NewExpression(node) {
              if (node.callee.type !== "Identifier") return;
              throwerAt(node)?.calls.push(`${node.callee.name}.constructor`);
            },
          }),
        },
      },
    },
    path,
    source,
  );
  return [...found.values()].map((thrower) => ({
    ...thrower,
    calls: thrower.calls.map((call) => {
      const [name, member] = call.split(".");
      const place = imported.get(name!) ?? `${path}: ${name}`;
      return member ? `${place}.${member}` : place;
    }),
  }));
}

/** A function by its name; a method of its own class by both. */
function calleeName({ callee }: Deno.lint.CallExpression): string | undefined {
  if (callee.type === "Identifier") return callee.name;
  if (
    callee.type !== "MemberExpression" ||
    callee.object.type !== "ThisExpression"
  ) return undefined;
  const own = classAround(callee);
  const name = memberName(callee.property);
  return own && name && `${own}.${name}`;
}

/** A private member has its mark, as a public one may have the same name. */
function memberName(key: Node): string | undefined {
  const { name } = key as { name?: string };
  return key.type === "PrivateIdentifier"
    ? name && `#${name.replace(/^#/, "")}`
    : name;
}

/** The function or method whose own code a node is; undefined within another function. */
function symbolAround(node: Node): string | undefined {
  for (let at = node; at.type !== "Program"; at = at.parent as Node) {
    if (at.type === "ArrowFunctionExpression") return undefined;
    if (at.type === "FunctionDeclaration") {
      const { type } = at.parent;
      const isOuter = type === "Program" || type === "ExportNamedDeclaration";
      return isOuter ? at.id?.name : undefined;
    }
    if (at.type === "FunctionExpression") {
      if (at.parent.type !== "MethodDefinition") return undefined;
      const { key } = at.parent;
      const own = classAround(at);
      const name = memberName(key);
      return own && name && `${own}.${name}`;
    }
  }
  return undefined;
}

function classAround(node: Node): string | undefined {
  for (let at = node; at.type !== "Program"; at = at.parent as Node) {
    if (at.type === "ClassDeclaration") return at.id?.name;
  }
  return undefined;
}

function isCaught(node: Node): boolean {
  for (let at = node; at.type !== "Program"; at = at.parent as Node) {
    const parent = at.parent as Node;
    if (parent.type === "TryStatement" && parent.block === at) {
      if (parent.handler) return true;
    }
    if (parent.type === "MemberExpression" && parent.object === at) {
      const { property } = parent;
      const { name } = property as { name?: string };
      const call = parent.parent as Node;
      if (call.type !== "CallExpression" || call.callee !== parent) continue;
      if (name === "catch" || name === "then" && call.arguments.length > 1) {
        return true;
      }
    }
    if (/Function/.test(at.type)) return false;
  }
  return false;
}
