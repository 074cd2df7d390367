import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import {
  parseComposeFile,
  readComposeFile,
} from "lib/brokers/compose/compose_file.ts";
import {
  chooseServices,
  clientAddress,
  isBroker,
  kafkaServices,
  serviceNamed,
} from "lib/brokers/compose/compose_services.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findJars } from "lib/brokers/local/jars.ts";
import { engineFolders } from "lib/brokers/engine_folders.ts";

const project = readComposeFile();

Deno.test("readComposeFile() merges the anchors, and a service's own value wins", () => {
  const { environment } = serviceNamed(project, "kafka");
  assertEquals(environment.KAFKA_DEFAULT_REPLICATION_FACTOR, "1");
  assertEquals(environment.KAFKA_CONTROLLER_LISTENER_NAMES, "CONTROLLER");
  const clustered = serviceNamed(project, "kafka-2");
  assertEquals(clustered.environment.KAFKA_MIN_INSYNC_REPLICAS, "2");
  assertEquals(clustered.stopGraceMs, 20_000);
  assertEquals(clustered.dependsOn, ["controller"]);
});

Deno.test("the project's compose.yaml publishes ports on 127.0.0.1 only, each once", () => {
  const ports = project.services.flatMap(({ ports }) => ports);
  assertEquals(
    new Set(ports.map(({ hostAddress }) => hostAddress)),
    new Set(["127.0.0.1"]),
  );
  const listened = kafkaServices(project).flatMap(({ environment }) =>
    [...(environment.KAFKA_LISTENERS ?? "").matchAll(/:(\d+)/g)].map((
      [, port],
    ) => Number(port))
  );
  assertEquals(new Set(listened).size, listened.length);
  // From 32768 on, Linux gives ports to outgoing connections.
  assert(listened.every((port) => port < 32_768));
});

Deno.test("the project's compose.yaml names the Kafka version that jgo.toml fetches", () => {
  const jgo = Deno.readTextFileSync(
    new URL("../../../../jgo.toml", import.meta.url),
  );
  const versions = new Set(
    kafkaServices(project).map(({ kafkaVersion }) => kafkaVersion),
  );
  assertEquals(versions.size, 1);
  for (
    const [, version] of jgo.matchAll(/org\.apache\.kafka:[^:]+:([^"]+)"/g)
  ) {
    assertEquals(versions, new Set([version]));
  }
  const jars = findJars(engineFolders().jars);
  if (jars) assertEquals(versions, new Set([jars.kafkaVersion]));
});

Deno.test("chooseServices() puts the controller before the brokers", () => {
  const names = (choice: Parameters<typeof chooseServices>[1]) =>
    chooseServices(project, choice).map(({ name }) => name);
  assertEquals(names({}), ["kafka"]);
  assertEquals(names({ cluster: true }), [
    "controller",
    "kafka-1",
    "kafka-2",
    "kafka-3",
  ]);
  assertEquals(names({ services: ["kafka-3", "controller"] }), [
    "controller",
    "kafka-3",
  ]);
});

Deno.test("clientAddress() is the published listener, and a controller has none", () => {
  assertEquals(clientAddress(serviceNamed(project, "kafka")), "localhost:9092");
  const controller = serviceNamed(project, "controller");
  assertEquals(clientAddress(controller), undefined);
  assertEquals(isBroker(controller), false);
});

Deno.test("serviceNamed() suggests the nearest name, or lists them", () => {
  assertThrows(
    () => serviceNamed(project, "kafka2"),
    EngineError,
    "did you mean 'kafka'?",
  );
  assertThrows(
    () => serviceNamed(project, "zookeeper"),
    EngineError,
    "it has kafka, controller,",
  );
});

Deno.test("parseComposeFile() puts variables of the environment in place", () => {
  const PATH = Deno.env.get("PATH") ?? "";
  assertNotEquals(PATH, "");
  const [service] = parseComposeFile(`services:
  one:
    image: apache/kafka:4.3.1
    environment:
      - PLAIN=$PATH
      - BRACED=\${PATH}
      - DEFAULT=\${COMPOSE_FILE_NONE:-other}
      - DOLLAR=$$PATH
      - PATH
`).services;
  assertEquals(service?.environment, {
    PLAIN: PATH,
    BRACED: PATH,
    DEFAULT: "other",
    DOLLAR: "$PATH",
    PATH,
  });
  assertEquals(service?.environmentLines.BRACED, 6);
});

Deno.test("parseComposeFile() knows only Apache's image as Kafka", () => {
  const version = (image: string) =>
    parseComposeFile(`services: {one: {image: "${image}"}}`).services[0]
      ?.kafkaVersion;
  assertEquals(version("apache/kafka:4.3.1"), "4.3.1");
  assertEquals(version("registry.example.com/apache/kafka:4.3.1"), "4.3.1");
  assertEquals(version("apache/kafka-native:4.3.1"), "4.3.1");
  assertEquals(version("kafbat/kafka-ui:v1.3.0"), undefined);
});

/** What must not be in the file, and the sentence it gets. */
const BAD: [text: string, message: string][] = [
  ["", "line 1: the file must be a mapping"],
  ["volumes: {}", "line 1: the key 'services' is missing"],
  ["services: [", "line 1: Flow sequence"],
  [
    "servcies: {}",
    "line 1: unknown key 'servcies' at the top; did you mean 'services'?",
  ],
  ["services:\n  one: 1", "line 2: service 'one' must be a mapping"],
  ["services:\n  one:\n    ports: []", "line 2: service 'one' has no 'image'"],
  [
    "services:\n  one:\n    image: a\n    image: b",
    "line 4: Map keys must be unique",
  ],
  [
    "services:\n  one:\n    image: a\n    comand: b",
    "line 4: unknown key 'comand' in service 'one'",
  ],
  [
    "services:\n  one:\n    image: a\n    ports: 1",
    "line 4: 'ports' must be a list",
  ],
  [
    "services:\n  one:\n    image: a\n    ports: [x]",
    "line 4: the port 'x' is not written as",
  ],
  [
    "services:\n  one:\n    image: a\n    volumes: [x]",
    "line 4: the volume 'x' is not written as",
  ],
  [
    "services:\n  one:\n    image: a\n    stop_grace_period: soon",
    "line 4: the duration 'soon'",
  ],
  [
    "services:\n  one:\n    image: a\n    depends_on: [two]",
    "line 2: service 'one' depends on 'two'",
  ],
  [
    "services:\n  one:\n    image: a\n    environment:\n      A: true",
    "line 5: the value of 'A' must be a string or number",
  ],
  [
    "services:\n  one:\n    image: a\n    environment:\n      A: [1]",
    "line 5: 'A' must be a string",
  ],
  [
    "services:\n  one:\n    image: a\n    environment:\n      A: $",
    "line 5: '$' has a '$' that begins no variable",
  ],
  ["services:\n  one: *two", "line 2: cannot resolve *two"],
  [
    "services:\n  one: &one\n    image: a\n    <<: *one",
    "line 4: cannot resolve *one",
  ],
  [
    "services:\n  one:\n    image: a\n    <<: 1",
    "line 4: << must name a mapping",
  ],
];

for (const [text, message] of BAD) {
  Deno.test(`parseComposeFile() names the line: ${message}`, () => {
    const error = assertThrows(
      () => parseComposeFile(text, "my.yaml"),
      EngineError,
    );
    assert(
      error.message.startsWith("Cannot use my.yaml, line "),
      error.message,
    );
    assert(error.message.includes(message), error.message);
  });
}

Deno.test("readComposeFile() says which file is missing", () => {
  assertThrows(
    () => readComposeFile("/no/such/compose.yaml"),
    EngineError,
    "Cannot read the brokers' description /no/such/compose.yaml: there is no such file",
  );
});
