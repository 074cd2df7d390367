/** Kafka's jars, as set-up has fetched them. */
export interface Jars {
  /** Every jar, sorted, so that equal sets give equal class paths. */
  files: string[];
  /** The version of the broker among them: "4.3.1". */
  kafkaVersion: string;
}

/** `jgo` sorts jars by whether they are Java modules; Kafka takes both as one class path. */
const FOLDERS = ["jars", "modules"];

/**
 * Finds the jars of Kafka's broker and of its tools.
 *
 * @param folder The folder that `deno task setup` filled.
 * @returns The jars, or undefined if Kafka's broker is not among them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findJars("no/such/folder"), undefined);
 * ```
 */
export function findJars(folder: string): Jars | undefined {
  const files = FOLDERS.flatMap((name) => jarsIn(`${folder}/${name}`)).sort();
  const names = files.map((file) => file.slice(file.lastIndexOf("/") + 1));
  const brokers = names.flatMap((name) =>
    /^kafka_2\.13-(.+)\.jar$/.exec(name)?.[1] ?? []
  );
  // Set-up that was interrupted, or one that resolved an older client, makes no broker.
  const kafkaVersion = brokers.find((version) =>
    names.includes(`kafka-clients-${version}.jar`)
  );
  return kafkaVersion === undefined ? undefined : { files, kafkaVersion };
}

function jarsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ name }) => name.endsWith(".jar"))
      .map(({ name }) => `${folder}/${name}`);
  } catch {
    return [];
  }
}
