import type { Output } from "./document.ts";
import { textOf } from "./document.ts";

/** A column of a table: where its text stands, and whether there is any. */
interface Column {
  name: string;
  align: string;
  isEmpty: boolean;
}

/**
 * Compares how tables look that a cell has shown now with how they were saved:
 * who reads the saved notebook and who runs it must see the same. What is in
 * them may differ.
 *
 * @param saved The cell's outputs as saved.
 * @param shown Its outputs now.
 * @returns What differs; undefined if nothing does.
 */
export function lookDiffers(
  saved: Output[],
  shown: Output[],
): string | undefined {
  const before = tablesOf(saved);
  const now = tablesOf(shown);
  for (const [index, columns] of now.entries()) {
    for (const { name, align, isEmpty } of columns) {
      const same = before[index]?.find((column) => column.name === name);
      if (!same || isEmpty || same.isEmpty || same.align === align) continue;
      return `its column "${name}" is aligned ${align}, and was saved aligned ${same.align}: save it with deno task notebooks NN --write`;
    }
  }
}

function tablesOf(outputs: Output[]): Column[][] {
  return outputs.flatMap(({ data }) => {
    const html = textOf(data?.["text/html"] as string | string[] | undefined);
    return [...html.matchAll(/<table>.*?<\/table>/gs)].map(([table]) =>
      columnsOf(table)
    );
  });
}

function columnsOf(table: string): Column[] {
  const cells = [
    ...table.matchAll(/<td style="text-align: \w+">(.*?)<\/td>/gs),
  ].map(([, text]) => text!);
  const heads = [
    ...table.matchAll(/<th style="text-align: (\w+)">(.*?)<\/th>/gs),
  ];
  return heads.map(([, align, name], index) => ({
    name: name!,
    align: align!,
    isEmpty: cells.filter((_, at) => at % heads.length === index)
      .every((text) => text === "" || text.startsWith("<i")),
  }));
}
