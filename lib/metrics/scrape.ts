import { readSamples, type Sample } from "./samples.ts";

/** A page of metrics, and the names under which its samples are kept. */
export interface ScrapeTarget {
  /** Where the page is: `http://127.0.0.1:7071/metrics`. */
  url: string;
  /** What kind of process serves it: `kafka`. */
  job: string;
  /** Which one of them: `kafka-1`. */
  instance: string;
}

/** What was read in one round. */
export interface Scrape {
  /** When, in milliseconds since 1970. */
  atMs: number;
  /** What the pages said, and an `up` for each target. */
  samples: Sample[];
}

/**
 * Reads pages of metrics side by side, as Prometheus does: each sample gets its
 * target's `job` and `instance`, and each target a sample `up`, 1 if its page
 * was read in time, else 0.
 *
 * @param targets The pages.
 * @param options How long to wait.
 * @param options.timeoutMs After how many milliseconds a page counts as not there; 1 s by default.
 * @returns The samples of the pages that answered, and when they were asked.
 *
 * @example A page that is not there
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { samples } = await scrape([
 *   { url: "http://127.0.0.1:1/metrics", job: "kafka", instance: "kafka-9" },
 * ]);
 * assertEquals(samples, [
 *   { name: "up", labels: { job: "kafka", instance: "kafka-9" }, value: 0 },
 * ]);
 * ```
 */
export async function scrape(
  targets: readonly ScrapeTarget[],
  { timeoutMs = 1_000 }: { timeoutMs?: number } = {},
): Promise<Scrape> {
  const atMs = Date.now();
  const pages = await Promise.all(
    targets.map(async ({ url, job, instance }) => {
      const labels = { job, instance };
      const up = (value: number) => ({ name: "up", labels, value });
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const response = await fetch(url, { signal });
        const text = await response.text();
        if (!response.ok) return [up(0)];
        return [up(1), ...readSamples(text, labels)];
      } catch {
        return [up(0)]; // Nothing listens, or it is frozen.
      }
    }),
  );
  return { atMs, samples: pages.flat() };
}
