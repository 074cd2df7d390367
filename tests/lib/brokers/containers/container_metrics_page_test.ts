import { assertEquals, assertRejects } from "@std/assert";
import { readComposeFile } from "lib/brokers/compose/compose_file.ts";
import { serviceNamed } from "lib/brokers/compose/compose_services.ts";
import { ContainerProject } from "lib/brokers/containers/compose_project.ts";
import { containerMetricsPage } from "lib/brokers/containers/container_metrics_page.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { commandScript } from "./_container_script.ts";

const file = readComposeFile();
const folder = file.path.slice(0, file.path.lastIndexOf("/"));

/** A container that runs, and has no exporter. */
const RUNNING = `
case "$1" in
ps) echo 0123456789ab ;;
inspect) cat <<'JSON'
[{ "Id": "0123456789ab",
   "State": { "Status": "running", "ExitCode": 0, "StartedAt": "" },
   "Config": { "Labels": {
     "com.docker.compose.service": "kafka",
     "com.docker.compose.project.working_dir": ${JSON.stringify(folder)} } } }]
JSON
;;
port) exit 1 ;;
esac`;

/** Asks for the page, with a Compose that notes what the addition says when it is called, and then fails. */
async function ask({ missing = false, recovers = false }) {
  const place = Deno.makeTempDirSync();
  const addition = `${place}/addition.yaml`;
  using docker = commandScript(RUNNING);
  using compose = commandScript(
    `grep -c javaagent ${addition} >> ${place}/calls && exit 1; exit ${
      recovers ? 0 : 1
    }`,
  );
  const commands = { docker: [docker.path], compose: [compose.path] };
  const project = new ContainerProject(file, commands, { addition });
  try {
    const error = await assertRejects(
      () =>
        containerMetricsPage(project, serviceNamed(file, "kafka"), {
          addition,
          missingCopies: () => Promise.resolve(missing),
          moreJars: () => Promise.resolve({ find: () => "/jars/agent.jar" }),
          onProgress: () => {},
          untilReady: () => Promise.resolve(),
        }),
      EngineError,
    );
    const read = (path: string) => {
      try {
        return Deno.readTextFileSync(path);
      } catch {
        return "";
      }
    };
    return {
      message: error.message,
      left: read(addition),
      calls: read(`${place}/calls`).trim().split("\n"),
    };
  } finally {
    Deno.removeSync(place, { recursive: true });
  }
}

Deno.test("containerMetricsPage() makes the container anew without the exporter if it cannot be made with it", async () => {
  const { message, left, calls } = await ask({ recovers: true });
  assertEquals(
    message,
    "Cannot start 'kafka': Compose ended with code 1 (it said nothing)",
  );
  assertEquals(calls, ["1", "0"]); // with the exporter, then without
  assertEquals(JSON.parse(left), { services: {} });
});

Deno.test("containerMetricsPage() says so if the container cannot be made without the exporter, either", async () => {
  const { message, left } = await ask({ recovers: false });
  assertEquals(
    message.replace(/'[^']*kafka up'/, "'kafka up'"),
    "Cannot start 'kafka': Compose ended with code 1 (it said nothing); without the exporter it could not be started, either: 'kafka up' (with --cluster for the cluster) tries again",
  );
  assertEquals(JSON.parse(left), { services: {} });
});

Deno.test("containerMetricsPage() leaves a broker alone while other copies are missing", async () => {
  const { message, left, calls } = await ask({ missing: true });
  assertEquals([left, calls], ["", [""]]);
  assertEquals(
    message.replace(/'[^']*kafka status'/, "'kafka status'"),
    "Cannot read the metrics of 'kafka' as it has to be started anew with the exporter, and copies of partitions are missing, or it does not answer yet: 'kafka status' says which broker to start or thaw first",
  );
});
