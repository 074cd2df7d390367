import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { decodeControlRecord } from "lib/log/control_record.ts";
import type { LogRecord } from "lib/log/record.ts";
import type { RecordBatch } from "lib/log/record_batch.ts";

/** What Kafka's own `kafka-dump-log` says of a segment: the lines of its batches and records. */
export async function dumpLog(logAtBroker: string): Promise<string[]> {
  const dumped = await kafkaTool("kafka-dump-log", [
    ...["--files", logAtBroker],
    ...["--print-data-log", "--deep-iteration"],
  ]);
  return dumped.split("\n").filter((line) =>
    /^(\| )?(base)?[oO]ffset:/.test(line)
  );
}

/** The same lines, from what lib has decoded. */
export function linesOf(batches: RecordBatch[]): string[] {
  return batches.flatMap((batch) => [
    batchLine(batch),
    ...batch.records().map((record, i) => recordLine(batch, record, i)),
  ]);
}

function batchLine({ header }: RecordBatch): string {
  const { baseSequence, recordCount, deleteHorizon } = header;
  const lastSequence = baseSequence < 0
    ? -1
    : baseSequence + Number(header.lastOffset - header.baseOffset);
  return [
    `baseOffset: ${header.baseOffset}`,
    `lastOffset: ${header.lastOffset}`,
    `count: ${recordCount}`,
    `baseSequence: ${baseSequence}`,
    `lastSequence: ${lastSequence}`,
    `producerId: ${header.producerId}`,
    `producerEpoch: ${header.producerEpoch}`,
    `partitionLeaderEpoch: ${header.partitionLeaderEpoch}`,
    `isTransactional: ${header.isTransactional}`,
    `isControl: ${header.isControl}`,
    `deleteHorizonMs: OptionalLong${
      deleteHorizon === null ? ".empty" : `[${deleteHorizon}]`
    }`,
    `position: ${header.position}`,
    `${header.timestampType}: ${header.maxTimestamp}`,
    `size: ${header.sizeInBytes}`,
    `magic: ${header.magic}`,
    `compresscodec: ${header.compression}`,
    `crc: ${header.crc}`,
    "isvalid: true",
  ].join(" ");
}

function recordLine(
  { header }: RecordBatch,
  record: LogRecord,
  i: number,
): string {
  const { key, value, headers } = record;
  const { isControl, baseSequence, timestampType } = header;
  const sequence = baseSequence < 0 ? -1 : baseSequence + i;
  const content = isControl
    ? [markerText(record)]
    : [key && `key: ${text(key)}`, value && `payload: ${text(value)}`];
  return [
    `| offset: ${record.offset}`,
    `${timestampType}: ${record.timestamp}`,
    `keySize: ${key?.length ?? -1}`,
    `valueSize: ${value?.length ?? -1}`,
    `sequence: ${sequence}`,
    `headerKeys: [${headers.map(({ key }) => key).join(",")}]`,
    ...content.filter((part) => part !== null),
  ].join(" ");
}

function markerText(record: LogRecord): string {
  const { type, coordinatorEpoch } = decodeControlRecord(record);
  return `endTxnMarker: ${type} coordinatorEpoch: ${coordinatorEpoch}`;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
