import { segmentBaseOffset } from "../log/segment_index.ts";
import type { Engine } from "./engine.ts";

/** The files of one segment of a partition. */
export interface SegmentFiles {
  /** The offset that they are named after: none of their records has a smaller one. */
  baseOffset: bigint;
  /** The `.log` file with the record batches, for `readSegment()`. */
  log: string;
  /** The `.index` file, for `readOffsetIndex()`. */
  index: string;
  /** The `.timeindex` file, for `readTimeIndex()`. */
  timeIndex: string;
  /** The `.log` file as the broker sees it, for `kafka-dump-log` run by the engine. */
  logAtBroker: string;
}

/**
 * Finds the files in which a broker keeps a partition. Those of the local
 * engine are the broker's own, while it writes them; of a container they are a
 * copy, as they were just now.
 *
 * @param engine The engine, as `findEngine()` gives it.
 * @param topic The topic's name.
 * @param partition The partition's number.
 * @param options Which broker's copy, by its service. By default the first that has one.
 * @returns The segments, in order. The last is the one being written.
 * @throws {EngineError} If no broker of the engine has the partition.
 *
 * @example Usage
 * ```ts ignore
 * const [segment] = await segmentFiles(await findEngine(), "orders", 0);
 * for await (const { header } of readSegment(segment!.log)) console.log(header);
 * ```
 */
export async function segmentFiles(
  engine: Engine,
  topic: string,
  partition: number,
  options: { service?: string } = {},
): Promise<SegmentFiles[]> {
  const folder = await engine.partitionFolder(`${topic}-${partition}`, options);
  const logs = (await Array.fromAsync(Deno.readDir(folder.path)))
    .map(({ name }) => name)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .sort();
  return logs.map((name) => {
    const log = `${folder.path}/${name}`;
    return {
      baseOffset: segmentBaseOffset(log),
      log,
      index: log.replace(/log$/, "index"),
      timeIndex: log.replace(/log$/, "timeindex"),
      logAtBroker: `${folder.pathAtBroker}/${name}`,
    };
  });
}
