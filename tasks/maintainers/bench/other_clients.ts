import { freshName } from "lib/admin/topic.ts";
import { TaskError } from "../../command.ts";
import { runMeasuringProcess } from "./measuring_process.ts";
import type { MeasurementRun } from "./measurement.ts";
import type {
  CannotLoad,
  OtherProcessTask,
  OtherSpeeds,
} from "./other_clients/other_client_process.ts";

/** JavaScript's other clients, by their packages' names. */
export const OTHER_CLIENTS = [
  "@platformatic/kafka",
  "kafka-ts",
  "kafka-crab-js",
] as const satisfies OtherProcessTask["client"][];

/**
 * Measures one of JavaScript's other clients; one that does not load on this
 * machine, or whose process fails, is noted in the report, and left out.
 *
 * @param task Which one, and what it is to do.
 * @param run Where it is noted.
 * @returns Undefined if it is left out.
 */
export async function otherClientSpeeds(
  task: Omit<OtherProcessTask, "groupId">,
  { note, signal }: Pick<MeasurementRun, "note" | "signal">,
): Promise<OtherSpeeds | undefined> {
  let result: OtherSpeeds | CannotLoad;
  try {
    result = await runMeasuringProcess(
      "other_clients/other_client_process.ts",
      { ...task, groupId: freshName("bench") } satisfies OtherProcessTask,
      { called: task.client, signal, configFolder: "other_clients" },
    );
  } catch (error) {
    if (signal.aborted || !(error instanceof TaskError)) throw error;
    note(`${task.client} is left out. ${error.message}`);
    return undefined;
  }
  if (!("cannotLoad" in result)) return result;
  note(`${task.client} is left out, as it does not load: ${result.cannotLoad}`);
}
