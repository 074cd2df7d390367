import type { OwnPlaces } from "./own_places.ts";
import type { Samples } from "./samples.ts";

/** What a part of `deno task bench` measures with. */
export interface BenchRun extends OwnPlaces {
  samples: Samples;
  /** How many times the usual number of records to measure with. */
  scale: number;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Measures one thing, once a round. */
export interface BenchPart {
  /** Its name for `--only`. */
  name: string;
  /** What it measures, for `--help`. */
  summary: string;
  /** What must have happened once, unmeasured, before the first round. */
  prepare?: (run: BenchRun) => Promise<void>;
  round: (run: BenchRun) => Promise<void>;
}
