import { until } from "../client/until.ts";
import { askConnect } from "./connect_rest.ts";
import { EngineError } from "./engine_error.ts";

/** What a connector and its tasks are doing. */
export interface ConnectorStatus {
  /** RUNNING, STOPPED, PAUSED, FAILED, UNASSIGNED. */
  state: string;
  /** Why it has failed, in one line. */
  why?: string;
  /** Its tasks; none while it is stopped. */
  tasks: { id: number; state: string; why?: string }[];
}

/** The settings of a connector. */
export type ConnectorConfig = Record<string, string>;

/** A status as Connect tells it. */
interface ToldStatus {
  connector: { state: string; trace?: string };
  tasks: { id: number; state: string; trace?: string }[];
}

const pathOf = (name: string) => `/connectors/${encodeURIComponent(name)}`;

/**
 * Lists the connectors of a worker's group.
 *
 * @param url The worker's address.
 * @returns Their names.
 * @throws {DeadlineError} If it does not answer in time.
 * @throws {EngineError} If it refuses to tell.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * console.log(await connectorNames("http://127.0.0.1:8083"));
 * ```
 */
export async function connectorNames(url: string): Promise<string[]> {
  const what = "list connectors";
  return await askConnect<string[]>(url, "/connectors", { what }) ?? [];
}

/**
 * Makes a connector, or gives it other settings, and waits until it runs.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @param config Its settings.
 * @throws {EngineError} If Connect refuses the settings, or the connector or a task fails; the message says why.
 * @throws {DeadlineError} If it does not run within 60 s.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await putConnector("http://127.0.0.1:8083", "lines", {
 *   "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
 *   file: "/tmp/lines.txt",
 *   topic: "lines",
 * });
 * ```
 */
export async function putConnector(
  url: string,
  name: string,
  config: ConnectorConfig,
): Promise<void> {
  await askConnect(url, `${pathOf(name)}/config`, {
    ...{ method: "PUT", body: config, what: `make the connector ${name}` },
  });
  await untilConnectorRuns(url, name);
}

/**
 * What a connector is doing.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @returns Its status; undefined if there is none of that name.
 * @throws {DeadlineError} If Connect does not answer in time.
 * @throws {EngineError} If it refuses to tell.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * const status = await connectorStatus("http://127.0.0.1:8083", "outbox");
 * console.log(status?.state, status?.tasks[0]?.why);
 * ```
 */
export async function connectorStatus(
  url: string,
  name: string,
): Promise<ConnectorStatus | undefined> {
  const told = await askConnect<ToldStatus>(url, `${pathOf(name)}/status`, {
    what: `tell the state of the connector ${name}`,
  });
  return told && {
    ...withReason(told.connector),
    tasks: told.tasks.map((task) => ({ id: task.id, ...withReason(task) })),
  };
}

/**
 * Waits until a connector and its tasks run.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @param options `deadlineMs`: after how long to give up. 60,000 by default.
 * @throws {EngineError} If it or a task fails meanwhile; the message says why.
 * @throws {DeadlineError} If they do not run in time, with what they do.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await untilConnectorRuns("http://127.0.0.1:8083", "outbox");
 * ```
 */
export async function untilConnectorRuns(
  url: string,
  name: string,
  { deadlineMs = 60_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  let last: ConnectorStatus | undefined;
  const failure = await until(async () => {
    last = await connectorStatus(url, name);
    const why = last && whyFailed(last);
    if (why !== undefined) return { why };
    return isRunning(last) && { why: undefined };
  }, {
    what: () => `the connector ${name} to run; it is ${textOf(last)}`,
    deadlineMs,
  });
  if (failure.why === undefined) return;
  throw new EngineError(`Cannot run the connector ${name}: ${failure.why}`);
}

/**
 * Waits until a connector or a task of it has failed.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @param options `deadlineMs`: after how long to give up. 60,000 by default.
 * @returns Why, in one line.
 * @throws {DeadlineError} If it has not failed by then, with what it does.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * const why = await untilConnectorFails("http://127.0.0.1:8083", "outbox");
 * ```
 */
export async function untilConnectorFails(
  url: string,
  name: string,
  { deadlineMs = 60_000 }: { deadlineMs?: number } = {},
): Promise<string> {
  let last: ConnectorStatus | undefined;
  return await until(async () => {
    last = await connectorStatus(url, name);
    return last && whyFailed(last);
  }, {
    what: () => `the connector ${name} to fail; it is ${textOf(last)}`,
    deadlineMs,
  });
}

/**
 * Stops a connector: its tasks are gone, its settings and its position stay.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @throws {DeadlineError} If it is not stopped within 30 s.
 * @throws {EngineError} If Connect refuses; the message is its own.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await stopConnector("http://127.0.0.1:8083", "outbox");
 * ```
 */
export async function stopConnector(url: string, name: string): Promise<void> {
  await askConnect(url, `${pathOf(name)}/stop`, {
    ...{ method: "PUT", what: `stop the connector ${name}` },
  });
  await until(async () => {
    const status = await connectorStatus(url, name);
    return status?.state === "STOPPED" && status.tasks.length === 0;
  }, { what: `the end of the connector ${name}`, deadlineMs: 30_000 });
}

/**
 * Lets a stopped connector go on from where it was, and waits until it runs.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @throws {EngineError} If it or a task fails; the message says why.
 * @throws {DeadlineError} If it does not run within 60 s.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await resumeConnector("http://127.0.0.1:8083", "outbox");
 * ```
 */
export async function resumeConnector(
  url: string,
  name: string,
): Promise<void> {
  await askConnect(url, `${pathOf(name)}/resume`, {
    ...{ method: "PUT", what: `resume the connector ${name}` },
  });
  await untilConnectorRuns(url, name);
}

/**
 * Starts a connector and its tasks anew, such as after a failure, and waits until they run.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @throws {EngineError} If it or a task fails; the message says why.
 * @throws {DeadlineError} If it does not run within 60 s.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await restartConnector("http://127.0.0.1:8083", "outbox");
 * ```
 */
export async function restartConnector(
  url: string,
  name: string,
): Promise<void> {
  await askConnect(url, `${pathOf(name)}/restart?includeTasks=true`, {
    ...{ method: "POST", what: `restart the connector ${name}` },
  });
  // The failure that was is told until the new start has begun.
  await until(async () => {
    const status = await connectorStatus(url, name);
    return status !== undefined && whyFailed(status) === undefined;
  }, { what: `the restart of the connector ${name}` });
  await untilConnectorRuns(url, name);
}

/**
 * Deletes a connector; one that is not there is as good. What it has written stays, and so does its replication slot.
 *
 * @param url The worker's address.
 * @param name The connector.
 * @returns The settings it had; undefined if it was not there.
 * @throws {DeadlineError} If it is still there after 30 s.
 * @throws {EngineError} If Connect refuses; the message is its own.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * const config = await deleteConnector("http://127.0.0.1:8083", "outbox");
 * console.log(config?.["slot.name"]);
 * ```
 */
export async function deleteConnector(
  url: string,
  name: string,
): Promise<ConnectorConfig | undefined> {
  const what = `delete the connector ${name}`;
  const config = await askConnect<ConnectorConfig>(
    url,
    `${pathOf(name)}/config`,
    { what },
  );
  await askConnect(url, pathOf(name), { method: "DELETE", what });
  await until(
    async () => await connectorStatus(url, name) === undefined,
    { what: `the end of the connector ${name}`, deadlineMs: 30_000 },
  );
  return config;
}

function isRunning(status: ConnectorStatus | undefined): boolean {
  return status?.state === "RUNNING" && status.tasks.length > 0 &&
    status.tasks.every(({ state }) => state === "RUNNING");
}

function whyFailed({ state, why, tasks }: ConnectorStatus): string | undefined {
  const failed = [{ state, why }, ...tasks].find(({ state }) =>
    state === "FAILED"
  );
  return failed && (failed.why ?? "it does not say why");
}

function textOf(status: ConnectorStatus | undefined): string {
  if (!status) return "not there";
  const tasks = status.tasks.map(({ state }) => state).join(", ") || "none";
  return `${status.state}, its tasks: ${tasks}`;
}

function withReason({ state, trace }: { state: string; trace?: string }) {
  return trace ? { state, why: reasonIn(trace) } : { state };
}

/** The message of the first cause, without its class. */
function reasonIn(trace: string): string {
  const lines = trace.split("\n");
  const line = lines.findLast((line) => line.startsWith("Caused by: ")) ??
    lines[0] ?? "";
  return line.replace(/^Caused by: /, "").replace(/^[\w.$]+: /, "").trim();
}
