import { CLAIM_MIME } from "lib/notebook/claim.ts";
import type { Output } from "./document.ts";

/** A claim as its cell showed it when it held. */
export interface ShownClaim {
  id: string;
  statement: string;
  about: "Kafka" | "our code";
  measured: string;
}

/** The claims that outputs show, as they held. */
export function shownClaims(outputs: Output[]): ShownClaim[] {
  return outputs.flatMap(({ data }) => data?.[CLAIM_MIME] ?? [])
    .map((each) => each as ShownClaim);
}
