import { linesOf } from "../../brokers/lines_of.ts";
import { until } from "../../client/until.ts";
import { spawnLoop } from "../loop_process.ts";
import type { ClientProcessEvent } from "./client_process_event.ts";
import type { ProcessSettings, TestedClient } from "./tested_client.ts";

const MOST_ERROR_TEXT = 1_000;

/**
 * A consumer of any of the tested clients in a process of its own, which can
 * block its event loop, or die as `kill -9` does, at a chosen record. It ends
 * with the process that started it.
 */
export class ClientProcess implements AsyncDisposable {
  /** What it has reported, in order. */
  readonly events: ClientProcessEvent[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #errorText = "";
  #hasEnded = false;

  /**
   * Starts it.
   *
   * @param client Which client.
   * @param settings What it reads, and at which record it blocks or dies.
   */
  constructor(client: TestedClient, settings: ProcessSettings) {
    const program = "clients/client_process_program.ts";
    this.#process = client.spawn?.(settings) ??
      spawnLoop(program, { client: client.name, ...settings });
    this.#reading = Promise.all([
      this.#readEvents(),
      this.#readErrors(),
      this.#process.status.then(() => this.#hasEnded = true),
    ]);
  }

  /**
   * Waits for a report.
   *
   * @param isIt Whether it is the one.
   * @param options `what`: what it is, for the error; `deadlineMs`: after how long to give up, 30 s by default.
   * @returns The report.
   * @throws {Error} If the process ends before, with what it printed.
   * @throws {DeadlineError} If it takes too long.
   * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  async event(
    isIt: (event: ClientProcessEvent) => boolean,
    { what, deadlineMs = 30_000 }: { what: string; deadlineMs?: number },
  ): Promise<ClientProcessEvent> {
    await until(() => this.#hasEnded || this.events.some(isIt), {
      ...{ what, deadlineMs },
    });
    await Promise.resolve(this.#hasEnded && this.#reading);
    const found = this.events.find(isIt);
    if (found) return found;
    throw new Error(
      `Cannot see ${what} as the client's process ended before; it said: ${this.#errorText}`,
    );
  }

  /**
   * Waits for the process's end.
   *
   * @returns The values that it has finished, in order.
   * @throws {DeadlineError} If it has not ended after a minute.
   * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  async ended(): Promise<string[]> {
    await until(() => this.#hasEnded, {
      ...{ what: "the end of a client's process", deadlineMs: 60_000 },
    });
    await this.#reading;
    return this.events.flatMap((event) =>
      event.what === "finished" ? [event.value] : []
    );
  }

  /** Kills it, if it has not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#reading;
    await this.#process.stdin.close().catch(() => {});
  }

  async #readEvents(): Promise<void> {
    for await (const line of linesOf(this.#process.stdout)) {
      // A client's own log lines may be among them.
      if (line.startsWith('{"what"')) this.events.push(JSON.parse(line));
    }
  }

  async #readErrors(): Promise<void> {
    for await (const line of linesOf(this.#process.stderr)) {
      this.#errorText = `${this.#errorText}\n${line}`.slice(-MOST_ERROR_TEXT);
    }
  }
}
