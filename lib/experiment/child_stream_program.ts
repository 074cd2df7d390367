// The program of runStream(): runs a topology whose source it is given, and dies where it is told to.
import { logLevel } from "kafkajs";
import { kafkaClient } from "../client/kafka_client.ts";
import { streamProcessor } from "../streams/stream_processor.ts";
import { TopicTable } from "../streams/topic_table.ts";
import { TumblingWindows } from "../streams/tumbling_windows.ts";
import type { ChildStreamSettings, StreamTopology } from "./child_stream.ts";
import { die, fromText, loopSettings } from "./loop_runtime.ts";

if (import.meta.main) await main(loopSettings());

async function main(settings: ChildStreamSettings): Promise<void> {
  const { topology, from, to, changelog, groupId, diesAfter } = settings;
  let worked = 0;
  const processor = fromText<StreamTopology>(topology)({
    kafka: kafkaClient({ logLevel: logLevel.NOTHING }),
    to,
    streamProcessor,
    TopicTable,
    TumblingWindows,
    options: {
      from,
      groupId,
      transactionalId: groupId,
      ...(changelog ? { changelog } : {}),
      recordsPerTransaction: 20,
      consumerConfig: { sessionTimeout: 6_000, heartbeatInterval: 500 },
      onPoint(point, records) {
        if (point !== "sent") return;
        worked += records.length;
        if (diesAfter !== null && worked >= diesAfter) die();
      },
    },
  });
  await processor.connect();
  await processor.done;
}
