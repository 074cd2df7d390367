import type { ClientLab } from "lib/experiment/clients/client_lab.ts";
import { crashOutcome } from "lib/experiment/clients/crash_outcome.ts";
import { fencing } from "lib/experiment/clients/fencing.ts";
import { idleCpuMs } from "lib/experiment/clients/idle_cost.ts";
import { keysInPlace } from "lib/experiment/clients/key_placement.ts";
import { isTakenOver } from "lib/experiment/clients/long_handler.ts";
import {
  orderAfterFault,
  type SendFault,
} from "lib/experiment/clients/order_after_fault.ts";
import { sharesGroupWithKafkaJs } from "lib/experiment/clients/shared_group.ts";
import type { TestedClient } from "lib/experiment/clients/tested_client.ts";

/** What is done to every client. */
export interface ClientExperiment {
  /** What it is called in the table, and in the JSON. */
  name: string;
  /** The columns: with its defaults, with what the client recommends, or where that makes no difference. */
  settings: ("as installed" | "safe" | "either")[];
  /** Undefined where the client lacks what it takes. */
  run(
    lab: ClientLab,
    client: TestedClient,
    safe: boolean,
  ): Promise<string | undefined>;
}

const BOTH = ["as installed", "safe"] as const;

const orderAfter = (fault: SendFault): ClientExperiment => ({
  name: `order, ${fault === "none" ? "no fault" : fault}`,
  settings: [...BOTH],
  async run(lab, client, safe) {
    const { log, lost, duplicated, unanswered } = await orderAfterFault(
      lab,
      client,
      { fault, safe },
    );
    const marks = [
      ...(lost ? [`${lost} lost`] : []),
      ...(duplicated ? [`${duplicated} twice`] : []),
      ...(unanswered ? [`${unanswered} without an answer`] : []),
    ];
    return [log || "(nothing)", ...marks].join(", ");
  },
});

/** All of them, in the order of the table. */
export const EXPERIMENTS: ClientExperiment[] = [
  {
    name: "of 1,000 keys in Java's partition",
    settings: [...BOTH],
    run: async (lab, client, safe) =>
      String(await keysInPlace(lab, client, { safe })),
  },
  ...(["none", "lost request", "lost response", "hung connection"] as const)
    .map(orderAfter),
  {
    name: "kill -9 in the work on record 30",
    settings: [...BOTH],
    async run(lab, client, safe) {
      const { twice, never } = await crashOutcome(lab, client, { safe });
      return `${twice} twice, ${never} never`;
    },
  },
  ...(["awaits", "blocks"] as const).map((how): ClientExperiment => ({
    name: `a handler ${how} for three sessions`,
    settings: ["either"],
    run: async (lab, client) =>
      await isTakenOver(lab, client, how) ? "taken over" : "keeps its record",
  })),
  {
    name: "two producers, one transactional id",
    settings: [...BOTH],
    async run(lab, client, safe) {
      if (!client.transactions) return undefined;
      const { newOwner, zombie } = await fencing(lab, client, { safe });
      return `new one ${newOwner}, old one ${zombie}`;
    },
  },
  {
    name: "in one group with KafkaJS",
    settings: ["either"],
    run: async (lab, client) =>
      await sharesGroupWithKafkaJs(lab, client) ? "shares it" : "refused",
  },
  {
    name: "CPU ms in 5 idle seconds",
    settings: ["as installed"],
    run: async (lab, client) => String(await idleCpuMs(lab, client)),
  },
];
