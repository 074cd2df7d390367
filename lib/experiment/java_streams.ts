import type { Kafka } from "kafkajs";
import { lagOf } from "../admin/lag.ts";
import { removeMembers } from "../admin/remove_members.ts";
import { deleteTopic } from "../admin/topic.ts";
import { clientProperties } from "../brokers/client_properties.ts";
import { engineFolders } from "../brokers/engine_folders.ts";
import { EngineError } from "../brokers/engine_error.ts";
import { isThere } from "../brokers/is_there.ts";
import { moreJars } from "../brokers/jars/more_jars.ts";
import { fingerprint } from "../brokers/jars/stamp.ts";
import { linesOf } from "../brokers/lines_of.ts";
import {
  findRuntime,
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "../brokers/local/kafka_runtime.ts";
import { TOOLS_LOG_CONFIGURATION } from "../brokers/local/log_configuration.ts";
import { connectionFromEnvironment } from "../client/connection.ts";
import { until } from "../client/until.ts";
import { javaStreamsSource } from "./java_streams_source.ts";

/** What a {@linkcode JavaStreams} runs, on what. */
export interface JavaStreamsOptions {
  /** Java statements that make the topology: they may use `builder`, a `StreamsBuilder`, and the texts `from`, `to` and `store`. */
  topology: string;
  /** The topic it reads. */
  from: string;
  /** The topic it writes. */
  to: string;
  /** Java's `application.id`: its group, and what its topics begin with. */
  applicationId: string;
  /** Told in lines what is fetched, the first time. By default they are printed. */
  onProgress?: (line: string) => void;
}

const DEADLINE_MS = 60_000;
const MOST_ERROR_TEXT = 4_000;

/**
 * A topology of Java's Kafka Streams, exactly once, with state in memory and a
 * changelog: the second client beside lib's `streamProcessor()`. It is compiled
 * by Eclipse's compiler, as a JRE has none, and runs on this host's JRE,
 * whichever engine runs the brokers. `notebook.use()` takes it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { readTopic } from "../consumer/read_topic.ts";
 *
 * const kafka = kafkaClient();
 * const [from, to] = [freshName("in"), freshName("out")];
 * for (const topic of [from, to]) await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: from, messages: [{ key: "k", value: "tea" }] });
 * await producer.disconnect();
 *
 * const java = new JavaStreams(kafka, {
 *   ...{ from, to, applicationId: freshName("java") },
 *   topology: "builder.<String, String>stream(from).mapValues(value -> value.toUpperCase()).to(to);",
 * });
 * await java.connect();
 * await java.run();
 * assertEquals((await readTopic(kafka, to)).map(({ value }) => value), ["TEA"]);
 * await java.disconnect();
 * await deleteTopic(kafka, [from, to]);
 * ```
 */
export class JavaStreams {
  readonly #kafka: Kafka;
  readonly #options: JavaStreamsOptions;
  /** Its changelog's name then ends with the mark of a notebook's run, by which what a killed kernel leaves is found. */
  readonly #store: string;
  #program: { runtime: KafkaRuntime; folder: string } | undefined;
  #process: Deno.ChildProcess | undefined;

  /**
   * Compiles and starts nothing yet.
   *
   * @param kafka The cluster, for looking.
   * @param options The topology, and what it reads and writes.
   */
  constructor(kafka: Kafka, options: JavaStreamsOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#store = options.applicationId.replace(/-[^-]*$/, "");
  }

  /**
   * Fetches what it needs, the first time, and compiles the topology.
   *
   * @throws {EngineUnavailableError} If Java or Kafka's jars are missing.
   * @throws {EngineError} If the other jars cannot be fetched, or the compiler refuses the topology, with what it said.
   * @throws {InterruptedError} If interrupted meanwhile.
   */
  async connect(): Promise<void> {
    const folders = engineFolders();
    const runtime = findRuntime(folders);
    const more = await moreJars(this.#options.onProgress ?? console.log);
    const files = [...runtime.jars.files, more.find("kafka-streams")];
    const program = { ...runtime, jars: { ...runtime.jars, files } };
    const source = javaStreamsSource(this.#options.topology);
    const folder = `${folders.state}/topologies/${
      fingerprint(source, ...files).slice(0, 16)
    }`;
    if (!isThere(`${folder}/Topology.class`)) {
      await compile({ runtime, ecj: more.find("ecj"), folder, source, files });
    }
    this.#program = { runtime: program, folder };
  }

  /**
   * Runs it until its group has read all of the input, then kills it. Before
   * that, a process for each death, killed with SIGKILL in an open transaction.
   *
   * @param deaths After how many sends each process is killed. A record that changes a window makes two: one to the changelog, one to the output.
   * @returns How many entries each process restored from the changelog, in order.
   * @throws {Error} If a process ended by itself; with what it printed.
   * @throws {DeadlineError} If one was not through within a minute.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async run(deaths: number[] = []): Promise<number[]> {
    const { applicationId, from } = this.#options;
    const restored: number[] = [];
    for (const death of [...deaths, 0]) {
      const life = this.#live(death);
      try {
        await until(async () => {
          if (life.end) return true;
          if (death > 0) return life.lines.includes("standing");
          const lags = await lagOf(this.#kafka, applicationId, [from]);
          return lags.every(({ lag, end }) => lag === 0n || end === 0n);
        }, { what: "the topology's work", deadlineMs: DEADLINE_MS });
      } finally {
        await this.#kill();
      }
      if (life.end) {
        throw new Error(`Kafka Streams ended by itself; it said: ${life.said}`);
      }
      restored.push(life.lines.reduce(
        (sum, line) => sum + Number(/^restored (\d+)/.exec(line)?.[1] ?? 0),
        0,
      ));
      // Otherwise the next one waits until the session is over.
      await removeMembers(this.#kafka, applicationId);
    }
    return restored;
  }

  /**
   * Kills what runs, and deletes the changelog.
   *
   * @throws {DeadlineError} If the changelog is still there after 15 s.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async disconnect(): Promise<void> {
    await this.#kill();
    const { applicationId } = this.#options;
    await deleteTopic(
      this.#kafka,
      `${applicationId}-${this.#store}-changelog`,
    );
  }

  #live(death: number) {
    if (!this.#program) {
      throw new Error("Cannot run the topology: call connect() first");
    }
    const { runtime, folder } = this.#program;
    const { from, to } = this.#options;
    const files = [...runtime.jars.files, folder];
    const child = new Deno.Command(runtime.java.path, {
      args: javaArguments({ ...runtime, jars: { ...runtime.jars, files } }, {
        options: [
          ...["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
          `-Dlog4j2.configurationFile=${folder}/log4j2.yaml`,
        ],
        mainClass: "Topology",
        args: [`${death}`, from, to, this.#store],
      }),
      clearEnv: true,
      env: javaEnvironment(),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = child;
    const life = { lines: [] as string[], said: "", end: false };
    void follow(child, life);
    const input = child.stdin.getWriter();
    // It may end without reading its input.
    input.closed.catch(() => {});
    input.write(new TextEncoder().encode(`${this.#properties(folder)}\n`))
      .catch(() => {});
    return life;
  }

  async #kill(): Promise<void> {
    try {
      this.#process?.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await this.#process?.status;
    this.#process = undefined;
  }

  #properties(folder: string): string {
    const connection = connectionFromEnvironment();
    const serde = "org.apache.kafka.common.serialization.Serdes$StringSerde";
    return Object.entries({
      "application.id": this.#options.applicationId,
      "bootstrap.servers": connection.brokers.join(),
      "processing.guarantee": "exactly_once_v2",
      // Each change is sent, as lib's processor does; by default a cache keeps some back.
      "statestore.cache.max.bytes": 0,
      "dsl.store.suppliers.class":
        "org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers",
      "state.dir": `${folder}/state`,
      "default.key.serde": serde,
      "default.value.serde": serde,
      "auto.offset.reset": "earliest",
      "session.timeout.ms": 6_000,
      "heartbeat.interval.ms": 500,
      // What a killed process has left open holds its changelog up until this is over. 10 s by default.
      "producer.transaction.timeout.ms": 1_000,
      "producer.interceptor.classes": "Topology$Death",
    }).map(([name, value]) => `${name}=${value}\n`).join("") +
      (clientProperties(connection) ?? "");
  }
}

async function follow(
  child: Deno.ChildProcess,
  life: { lines: string[]; said: string; end: boolean },
): Promise<void> {
  const errors = async () => {
    for await (const line of linesOf(child.stderr)) {
      life.said = `${life.said}\n${line}`.slice(-MOST_ERROR_TEXT);
    }
  };
  const output = async () => {
    for await (const line of linesOf(child.stdout)) life.lines.push(line);
  };
  const [{ signal }] = await Promise.all([child.status, errors(), output()]);
  life.end = signal === null;
}

/** A JRE has no compiler. Eclipse's runs on it, and takes the JRE's own classes for Java 17's. */
async function compile(
  { runtime, ecj, folder, source, files }: {
    runtime: KafkaRuntime;
    ecj: string;
    folder: string;
    source: string;
    files: string[];
  },
): Promise<void> {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/log4j2.yaml`, TOOLS_LOG_CONFIGURATION);
  const file = `${folder}/Topology.java`;
  Deno.writeTextFileSync(file, source);
  const { code, stderr } = await new Deno.Command(runtime.java.path, {
    args: [
      ...["-XX:TieredStopAtLevel=1", "-jar", ecj],
      ...["-source", "17", "-target", "17", "-proc:none", "-nowarn"],
      ...["-cp", files.join(":"), "-d", folder, file],
    ],
    clearEnv: true,
    env: javaEnvironment(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  throw new EngineError(
    `Cannot compile the topology: ${
      new TextDecoder().decode(stderr).replaceAll(folder, "").trim()
    }`,
  );
}
