import type { OwnPlaces } from "./own_places.ts";
import type { Quantities } from "./quantities.ts";

/** What a measurement of `deno task bench` works with. */
export interface MeasurementRun extends OwnPlaces {
  quantities: Quantities;
  /** Adds a sentence to the report; the same one only once. */
  note: (sentence: string) => void;
  /** How many times the usual number of records to measure with. */
  scale: number;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Measures one thing, once a round. */
export interface Measurement {
  /** Its name for `--only`. */
  name: string;
  /** What it measures, for `--help`. */
  summary: string;
  /** What must have happened once, unmeasured, before the first round. */
  prepare?: (run: MeasurementRun) => Promise<void>;
  round: (run: MeasurementRun) => Promise<void>;
}
