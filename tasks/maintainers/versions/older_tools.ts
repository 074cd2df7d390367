/** The options of Kafka's tools before 4.2, for those that KIP-1147 has renamed. */
const OLDER: Record<string, Record<string, string>> = {
  "kafka-console-producer": {
    "--command-property": "--producer-property",
    "--reader-property": "--property",
  },
  "kafka-console-consumer": {
    "--command-property": "--consumer-property",
    "--formatter-property": "--property",
  },
  "kafka-console-share-consumer": {
    "--command-property": "--consumer-property",
    "--formatter-property": "--property",
  },
  "kafka-producer-perf-test": { "--command-property": "--producer-props" },
};

/** Before 4.0 the console producer was in another package. */
const PRODUCER = "org.apache.kafka.tools.ConsoleProducer";
const PRODUCER_OF_3 = "kafka.tools.ConsoleProducer";

/**
 * Program text as it would be for an older Kafka: the options of its tools
 * have the names that they had before KIP-1147.
 *
 * @param text A file's text, or a notebook's. An option belongs to the tool that is named last before it.
 * @param version The version of Kafka: "4.1.2".
 * @returns The text; of Kafka 4.2 or newer as it is.
 */
export function withOlderTools(text: string, version: string): string {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  if (major > 4 || (major === 4 && minor >= 2)) return text;
  const known = major < 4 ? text.replaceAll(PRODUCER, PRODUCER_OF_3) : text;
  const names = new RegExp(
    `(?<tool>${
      Object.keys(OLDER).join("|")
    })|--(?:command|reader|formatter)-property`,
    "g",
  );
  const found = [...known.matchAll(names)];
  let tool = found.find(({ groups }) => groups?.tool)?.[0];
  return known.replace(names, (name) => {
    if (name in OLDER) tool = name;
    return OLDER[tool ?? ""]?.[name] ?? name;
  });
}
