import { DOMParser } from "linkedom";

/** A page may be read on a slow line. */
const MOST_BYTES = 1_500_000;

/**
 * Looks through a built site for links that lead nowhere, for anything that a page would fetch from
 * elsewhere, and for pages that are too large.
 *
 * @param folder The folder of the built site.
 * @returns One sentence for each thing found.
 */
export async function checkSite(folder: string): Promise<string[]> {
  const problems: string[] = [];
  const pages = new Map<string, Page>();
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".html")) continue;
    pages.set(name, readPage(await Deno.readTextFile(`${folder}/${name}`)));
  }
  for (const [name, { size, links, fetched }] of pages) {
    if (size > MOST_BYTES) problems.push(`${name} has ${size} bytes`);
    for (const address of fetched) {
      if (/^(https?:)?\/\//.test(address)) {
        problems.push(`${name} fetches ${address}`);
      } else if (!address.startsWith("data:") && !isFile(folder, address)) {
        problems.push(`${name} lacks ${address}`);
      }
    }
    for (const link of links) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file = "", anchor = ""] = link.split("#");
      const target = file === "" ? name : decodeURIComponent(file);
      const page = pages.get(target);
      if (page === undefined && !isFile(folder, target)) {
        problems.push(`${name} links ${link}, and there is no such page`);
      } else if (
        page !== undefined && anchor !== "" &&
        !page.ids.has(decodeURIComponent(anchor))
      ) {
        problems.push(`${name} links ${link}, and that page has no such place`);
      }
    }
  }
  return [...new Set(problems)];
}

interface Page {
  size: number;
  ids: Set<string>;
  links: string[];
  /** What the page's reader fetches by itself: scripts, styles, pictures. */
  fetched: string[];
}

function readPage(html: string): Page {
  const document = new DOMParser().parseFromString(html, "text/html");
  const all = (selector: string, attribute: string): string[] =>
    [...document.querySelectorAll(selector)]
      .map((element) => element.getAttribute(attribute) ?? "");
  return {
    size: new TextEncoder().encode(html).length,
    ids: new Set([...all("[id]", "id"), ""]),
    links: all("a[href]", "href"),
    fetched: [
      ...all("script[src]", "src"),
      ...all("img[src]", "src"),
      ...all("link[rel=stylesheet], link[rel=preload], link[rel=icon]", "href"),
    ],
  };
}

function isFile(folder: string, address: string): boolean {
  const path = decodeURIComponent(address.replace(/[?#].*$/, ""));
  try {
    return Deno.statSync(`${folder}/${path}`).isFile;
  } catch {
    return false;
  }
}
