// Connectors by Connect's REST interface, which a small server of the test's own stands in for.
import { assertEquals, assertRejects } from "@std/assert";
import {
  connectorStatus,
  deleteConnector,
  putConnector,
  restartConnector,
  stopConnector,
  untilConnectorFails,
  untilConnectorRuns,
} from "lib/brokers/connectors.ts";

type Answer = [status: number, body?: unknown];

const RUNNING = status("RUNNING", { state: "RUNNING" });
const TRACE = `org.apache.kafka.connect.errors.ConnectException: outside
\tat a.b.C.d(C.java:1)
Caused by: org.postgresql.util.PSQLException: FATAL: database "x" does not exist
\tat e.f.G.h(G.java:2)`;

function status(state: string, ...tasks: { state: string; trace?: string }[]) {
  return {
    connector: { state },
    tasks: tasks.map((task, id) => ({ id, ...task })),
  };
}

/** Answers each request with the next of its answers; the last of them stays. */
async function withConnect(
  answers: Record<string, Answer[]>,
  work: (url: string, asked: string[]) => Promise<void>,
) {
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    const what = `${request.method} ${pathname}${search}`;
    asked.push(what);
    const left = answers[what] ?? [[404]];
    const [code, body] = left.length > 1 ? left.shift()! : left[0]!;
    return new Response(
      body === undefined ? null : JSON.stringify(body),
      { status: code },
    );
  });
  await work(`http://127.0.0.1:${server.addr.port}`, asked);
}

Deno.test("putConnector() waits out a rebalance, and until the tasks run", () =>
  withConnect({
    "PUT /connectors/orders/config": [
      [409, { message: "a rebalance is in progress" }],
      [500, { message: "Request timed out" }],
      [201, {}],
    ],
    "GET /connectors/orders/status": [
      [404],
      [200, status("RUNNING")],
      [200, status("RUNNING", { state: "UNASSIGNED" })],
      [200, RUNNING],
    ],
  }, async (url, asked) => {
    await putConnector(url, "orders", { "connector.class": "X" });
    assertEquals(asked.filter((each) => each.startsWith("PUT")).length, 3);
    assertEquals(asked.filter((each) => each.startsWith("GET")).length, 4);
  }));

Deno.test("putConnector() says at once, in one line, which settings Connect refuses", () =>
  withConnect({
    "PUT /connectors/orders/config": [[400, {
      message:
        "Connector configuration is invalid and contains the following 1 error(s):\nThe 'topic.prefix' value is invalid: A value is required\nYou can also find the above list of errors at the endpoint `/x`",
    }]],
  }, async (url, asked) => {
    await assertRejects(
      () => putConnector(url, "orders", {}),
      Error,
      "Cannot make the connector orders: Connector configuration is invalid and contains the following 1 error(s): The 'topic.prefix' value is invalid: A value is required",
    );
    assertEquals(asked.length, 1);
  }));

Deno.test("a task that fails ends the wait with its innermost reason", () =>
  withConnect({
    "GET /connectors/orders/status": [
      [200, status("RUNNING", { state: "FAILED", trace: TRACE })],
    ],
  }, async (url) => {
    const why = 'FATAL: database "x" does not exist';
    await assertRejects(
      () => untilConnectorRuns(url, "orders"),
      Error,
      `Cannot run the connector orders: ${why}`,
    );
    assertEquals(await untilConnectorFails(url, "orders"), why);
    const told = await connectorStatus(url, "orders");
    assertEquals(told?.tasks, [{ id: 0, state: "FAILED", why }]);
  }));

Deno.test("a connector that neither runs nor fails is told at the deadline, with what it does", () =>
  withConnect({
    "GET /connectors/orders/status": [[200, status("PAUSED")]],
  }, async (url) => {
    for (const wait of [untilConnectorRuns, untilConnectorFails]) {
      await assertRejects(
        () => wait(url, "orders", { deadlineMs: 100 }),
        Error,
        "it is PAUSED, its tasks: none",
      );
    }
  }));

Deno.test("stopConnector() waits until the tasks are gone, restartConnector() until the old failure is", () =>
  withConnect({
    "PUT /connectors/orders/stop": [[204]],
    "POST /connectors/orders/restart?includeTasks=true": [[202, {}]],
    "GET /connectors/orders/status": [
      [200, RUNNING],
      [200, status("STOPPED", { state: "RUNNING" })],
      [200, status("STOPPED")],
      [200, status("RUNNING", { state: "FAILED", trace: TRACE })],
      [200, RUNNING],
    ],
  }, async (url) => {
    await stopConnector(url, "orders");
    await restartConnector(url, "orders");
  }));

Deno.test("deleteConnector() gives back the settings, and is content with one that is not there", () =>
  withConnect({
    "GET /connectors/orders/config": [[200, { "slot.name": "s" }]],
    "DELETE /connectors/orders": [[204]],
  }, async (url) => {
    assertEquals(await deleteConnector(url, "orders"), { "slot.name": "s" });
    assertEquals(await deleteConnector(url, "other"), undefined);
  }));
