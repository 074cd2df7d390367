import type { OwnPlaces } from "./own_places.ts";
import type { Samples } from "./samples.ts";

/** What a part of `deno task bench start` measures with. */
export interface StartRun extends OwnPlaces {
  samples: Samples;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Measures one thing, once a round. */
export interface StartPart {
  /** Its name for `--only`. */
  name: string;
  /** What it measures, for `--help`. */
  summary: string;
  /** What must have happened once, unmeasured, before the first round. */
  prepare?: (run: StartRun) => Promise<void>;
  round: (run: StartRun) => Promise<void>;
}
