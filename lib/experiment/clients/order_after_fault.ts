import { readTopic } from "../../consumer/read_topic.ts";
import { settlesWithin } from "../../consumer/settles_within.ts";
import { socketFaults } from "../../faults/socket_faults.ts";
import { tcpFaultProxy } from "../../faults/tcp_fault_proxy.ts";
import { Ledger } from "../ledger.ts";
import { LONGEST_ANSWER_MS } from "./answer_of.ts";
import type { ClientLab } from "./client_lab.ts";
import type { TestedClient } from "./tested_client.ts";

/** What happens to the first request that carries one of the records. */
export type SendFault =
  | "none"
  | "lost request"
  | "lost response"
  | "hung connection";

/** What three sends came to. */
export interface OrderOutcome {
  /** What can be read: "A B C". */
  log: string;
  /** How many of the three were acknowledged. */
  acknowledged: number;
  /** How many were neither acknowledged nor refused within 10 s. */
  unanswered: number;
  /** How many were acknowledged, and cannot be read. */
  lost: number;
  /** How many copies there are beyond the first. */
  duplicated: number;
}

const CLOSE_MS = 3_000;

/**
 * Sends A, B and C together to one partition, after a first record that
 * connects everything, while the network makes one fault. A client gives up a
 * request after 1.5 s.
 *
 * @param lab Where it happens.
 * @param client The client.
 * @param options `fault`: the fault; `safe`: with what the client recommends.
 * @returns What can be read, and what the client answered within 10 s.
 * @throws {CorruptRecordError} If what was stored is damaged.
 * @throws {DeadlineError} If the topic cannot be read in time.
 */
export async function orderAfterFault(
  lab: ClientLab,
  client: TestedClient,
  { fault, safe = false }: { fault: SendFault; safe?: boolean },
): Promise<OrderOutcome> {
  const topic = await lab.topic("order", { partitions: 1 });
  const wire = socketFaults();
  await using proxy = tcpFaultProxy(lab.brokers[0]!, wire);
  const sender = await client.sender({ broker: proxy.address, safe });
  await sender.send({ topic, value: "first" });

  const produce = { apiKey: "Produce" } as const;
  if (fault === "lost request") wire.dropRequest(produce);
  if (fault === "lost response") wire.dropResponse(produce);
  if (fault === "hung connection") wire.hangConnection(produce);
  const ledger = new Ledger();
  const sends = ["A", "B", "C"].map((value) =>
    ledger.send(value, () => sender.send({ topic, value }))
  );
  await settlesWithin(Promise.all(sends), LONGEST_ANSWER_MS);
  const [, ...records] = await readTopic(lab.kafka, topic);
  ledger.read(records);
  const { sent, acknowledged, refused, lost, duplicated } = ledger.counts;
  const outcome = {
    log: ledger.readable.join(" "),
    ...{ acknowledged, unanswered: sent - acknowledged - refused },
    ...{ lost, duplicated },
  };
  await settlesWithin(sender.close(), CLOSE_MS);
  return outcome;
}
