import { inKernel, sendToPage } from "./kernel.ts";

/** The symbol under which the Deno kernel looks for a cell result's own display. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for(
  "Jupyter.display",
) as never;

/** One output in several forms, by MIME type; a page shows the richest it knows. */
export interface DisplayBundle {
  /** For terminals, and for pages that know nothing better. */
  "text/plain": string;
  /** For pages. */
  "text/html"?: string;
  [mimeType: string]: unknown;
}

/**
 * An output for the notebook's page: as the last expression of a cell it is
 * shown by the kernel, anywhere else by {@linkcode show}, and in a terminal it
 * prints its text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const output = new Output({ "text/plain": "3 partitions", "text/html": "<b>3</b> partitions" });
 * assertEquals(String(output), "3 partitions");
 * ```
 */
export class Output {
  /** The output's forms by MIME type. */
  readonly bundle: DisplayBundle;
  /** What a page needs to know of the forms, by MIME type: a picture's size and words. */
  readonly metadata: Record<string, unknown>;

  /**
   * Makes an output of its forms.
   *
   * @param bundle The forms by MIME type.
   * @param metadata What a page needs to know of them.
   */
  constructor(bundle: DisplayBundle, metadata: Record<string, unknown> = {}) {
    this.bundle = bundle;
    this.metadata = metadata;
  }

  /**
   * What the Deno kernel calls for a cell's last expression.
   *
   * @returns The forms by MIME type.
   */
  [JUPYTER_DISPLAY](): DisplayBundle {
    return this.bundle;
  }

  /**
   * What `console.log` prints.
   *
   * @returns The text form.
   */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /**
   * Turns the output into text.
   *
   * @returns The text form.
   */
  toString(): string {
    return this.bundle["text/plain"];
  }
}

/**
 * Shows an output in the middle of a cell. Outside a notebook its text is printed.
 *
 * @param output What to show.
 *
 * @example Usage
 * ```ts
 * show(new Output({ "text/plain": "3 partitions" }));
 * ```
 */
export function show(output: Output): void {
  if (!inKernel()) return console.log(output.toString());
  sendToPage("display_data", {
    data: output.bundle,
    metadata: output.metadata,
    transient: {},
  });
}

/**
 * Makes text safe inside an HTML element or a quoted attribute.
 *
 * @param text Any text.
 * @returns The text with `&`, `<`, `>` and quotes escaped.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeHtml("a < b"), "a &lt; b");
 * ```
 */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
