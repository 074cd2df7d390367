import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const choices = (thumbnails: string, clicks: string, heartbeats: string) => `
type Choice = { codec: Codec; recordsPerBatch: number };
const choices: Record<"thumbnails" | "clicks" | "heartbeats", Choice> = {
  thumbnails: ${thumbnails},
  clicks: ${clicks},
  heartbeats: ${heartbeats},
};`;
const zstd100 = `{ codec: "ZSTD", recordsPerBatch: 100 }`;

const worthIt = (body: string) => `
import { compress } from "lib/log/compression.ts";
const worthIt = (sample: Uint8Array): boolean => ${body};`;

export default {
  runs: [[
    {
      from: `gzip: await storedIn("GZIP", 1)`,
      to: `gzip: await storedIn("GZIP", 10)`,
      breaks: { "07/alone": "none: 15" },
    },
    {
      from: "for (const perBatch of [1, 2, 5, 10, 25, 50, 100])",
      to: "for (const perBatch of [1, 2, 5, 4, 3, 2, 1])",
      breaks: { "07/company": "measured: [" },
    },
    {
      from: "await sendWithEach([{ value: example }])",
      to: "await sendWithEach([{ value: example.repeat(5) }])",
      breaks: { "07/one-record": "record: 67" },
    },
    {
      from: "crypto.getRandomValues(new Uint8Array(500))",
      to: "new Uint8Array(500).fill(7)",
      breaks: { "07/noise": `"saved, %": [0, 9` },
    },
    {
      from: "const mixed = await sendWithEach(clicks);",
      to: "const mixed = await sendWithEach(clicks.toReversed());",
      breaks: { "07/codec-of-a-batch": `"as sent": false` },
    },
    {
      from: "const saved = savedBy(clickBytes);",
      to: "const saved = savedBy(clickBytes.toReversed());",
      breaks: { "07/which-codec": "measured:" },
    },
    {
      from: "consumer.on(consumer.events.CRASH",
      to: `const { registerCodecs } = await import("lib/log/codecs.ts");
  registerCodecs();
  setTimeout(() => Deno.exit(), 4_000);
  consumer.on(consumer.events.CRASH`,
      breaks: { "07/missing-codec": "a record" },
    },
    {
      from: `input: "one\\ntwo\\nthree\\n"`,
      to: `input: "one\\ntwo\\ntree\\n"`,
      breaks: { "07/with-the-codec": `"tree"` },
    },
    {
      from: "CompressionCodecs[GZIP] = lying;",
      to: "CompressionCodecs[GZIP] = gzip;",
      breaks: { "07/nonsense-inside": `"batches stored": 1` },
    },
    {
      from: `const config = { "compression.type": "zstd" };`,
      to: `const config = { "compression.type": "producer" };`,
      breaks: { "07/broker-repacks": `measured: ["none", "gzip"]` },
    },
  ]],
  answers: {
    half: {
      wrong: [
        "const eventCount = 4;",
        "const eventCount = 6;",
        "const eventCount = 100;",
        "const eventCount = 0;",
      ],
      right: ["const eventCount = clicks.slice(0, 5).length;"],
    },
    worth: {
      wrong: [
        // The wrong thresholds.
        worthIt(`compress(sample, "zstd").length <= 0.9 * sample.length`),
        worthIt(`compress(sample, "zstd").length <= 0.75 * sample.length`),
        // A fifth of what is left.
        worthIt(`sample.length / compress(sample, "zstd").length >= 1.2`),
        // A fifth left, not a fifth saved.
        worthIt(`compress(sample, "zstd").length <= 0.2 * sample.length`),
        // Another codec.
        worthIt(`compress(sample, "gzip").length <= 0.8 * sample.length`),
        // By the looks of it.
        worthIt("sample.length > 1000 && new Set(sample).size < 100"),
      ],
      right: [
        worthIt(
          `(sample.length - compress(sample, "zstd").length) / sample.length >= 1 / 5`,
        ),
      ],
    },
    streams: {
      wrong: [
        choices(zstd100, zstd100, zstd100),
        choices(
          `{ codec: "None", recordsPerBatch: 1 }`,
          `{ codec: "LZ4", recordsPerBatch: 100 }`,
          zstd100,
        ),
        choices(
          `{ codec: "None", recordsPerBatch: 1 }`,
          zstd100,
          `{ codec: "ZSTD", recordsPerBatch: 200 }`,
        ),
        choices(
          `{ codec: "None", recordsPerBatch: 1 }`,
          zstd100,
          `{ codec: "None", recordsPerBatch: 100 }`,
        ),
      ],
      right: [
        choices(
          `{ codec: "None", recordsPerBatch: 50 }`,
          `{ codec: "GZIP", recordsPerBatch: 100 }`,
          zstd100,
        ),
      ],
    },
    "exam-part-2": {
      wrong: [
        `const answers = {
  oneByOne: 3, together: 1, batches: 1, tooLarge: 10, settled: 2,
  alone: "smaller", noise: 20, kept: "none", repacked: "zstd", nonsense: "store",
};`,
      ],
      right: [],
    },
  },
} satisfies Proofs;
