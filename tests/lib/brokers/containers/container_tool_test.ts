import { assertEquals } from "@std/assert";
import { parseComposeFile } from "lib/brokers/compose/compose_file.ts";
import { ContainerProject } from "lib/brokers/containers/compose_project.ts";
import {
  PROPERTIES_FILE,
  spawnContainerTool,
} from "lib/brokers/containers/container_tool.ts";
import { collectOutput } from "lib/brokers/tool_output.ts";
import { commandScript } from "./_container_script.ts";

const FILE = parseComposeFile(
  "services:\n  kafka:\n    image: apache/kafka:4.3.1\n",
);

/** A `docker` that runs what stands behind "sh -c" here, with `cat FILE` in place of Java. */
const DOCKER = `
echo "$*" | head -c 80 >>"$0.calls"
while [ "$1" != sh ]; do shift; done
exec sh -c "$3" tool sh -c 'cat ${PROPERTIES_FILE}; ls -l ${PROPERTIES_FILE} | cut -c1-10; env | grep -c secret'`;

Deno.test("spawnContainerTool() takes a login into the container, which no list of processes shows", async () => {
  using docker = commandScript(DOCKER);
  const project = new ContainerProject(FILE, {
    docker: [docker.path],
    compose: [docker.path],
  });
  const properties = `password="a secret, $HOME, 'quoted' and \\\\ more"\n`;
  try {
    const { stdout } = await collectOutput(spawnContainerTool(project, {
      name: "kafka-topics",
      prepare: () =>
        Promise.resolve({ container: "c0ffee", args: ["--list"], properties }),
    }));
    assertEquals(stdout, `${properties}-rw-------\n0\n`);
    assertEquals(
      Deno.readTextFileSync(`${docker.path}.calls`).startsWith(
        "exec --interactive --env KAFKA_NOTEBOOKS_PROPERTIES c0ffee sh -c",
      ),
      true,
    );
  } finally {
    Deno.removeSync(PROPERTIES_FILE);
  }
});
