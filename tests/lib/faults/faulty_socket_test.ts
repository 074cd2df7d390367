import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { FaultySocket, type Verdict } from "lib/faults/faulty_socket.ts";
import { pause } from "lib/client/interrupt.ts";

/** Stands for the connection to a broker. */
class RealSocket extends EventEmitter {
  written: number[] = [];
  calls: string[] = [];
  write(frame: Buffer): void {
    this.written.push(frame.readInt32BE(8));
  }
  end(): void {
    this.calls.push("end");
  }
  destroy(): void {
    this.calls.push("destroy");
  }
}

function request(apiKey: number, correlationId: number): Buffer {
  const frame = Buffer.alloc(14);
  frame.writeInt32BE(10, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt16BE(7, 6);
  frame.writeInt32BE(correlationId, 8);
  return frame;
}

function response(correlationId: number): Buffer {
  const frame = Buffer.alloc(8);
  frame.writeInt32BE(4, 0);
  frame.writeInt32BE(correlationId, 4);
  return frame;
}

/** A socket whose judge passes all but what the test names by its correlation id. */
function socketWith(
  verdicts: {
    request?: Record<number, Verdict>;
    response?: Record<number, Verdict>;
  },
) {
  const real = new RealSocket();
  const judged: string[] = [];
  const judge = (direction: "request" | "response") =>
  (
    { apiKey, correlationId }: { apiKey: number; correlationId: number },
  ): Verdict => {
    judged.push(`${direction} ${apiKey}/${correlationId}`);
    return verdicts[direction]?.[correlationId] ?? { do: "pass" };
  };
  const socket = new FaultySocket(real as unknown as Socket, "broker:9092", {
    request: judge("request"),
    response: judge("response"),
  });
  const received: number[] = [];
  socket.on("data", (frame: Buffer) => received.push(frame.readInt32BE(4)));
  return { real, socket, judged, received };
}

Deno.test("FaultySocket tells its judge of each response which request it answers", () => {
  const { real, socket, judged } = socketWith({});
  socket.write(Buffer.concat([request(3, 1), request(0, 2)]));
  real.emit("data", Buffer.concat([response(1), response(2)]));
  assertEquals(judged, [
    "request 3/1",
    "request 0/2",
    "response 3/1",
    "response 0/2",
  ]);
});

Deno.test("FaultySocket forgets a request that gets no answer when a later one is answered", () => {
  const { real, socket, judged, received } = socketWith({});
  socket.write(request(0, 1));
  socket.write(request(3, 2));
  real.emit("data", response(2));
  real.emit("data", response(1));
  assertEquals(judged.slice(2), ["response 3/2"]);
  assertEquals(received, [2, 1], "what nobody asked for passes unjudged");
});

Deno.test("FaultySocket drops a request or a response and passes what follows", () => {
  const { real, socket, received } = socketWith({
    request: { 1: { do: "drop" } },
    response: { 2: { do: "drop" } },
  });
  for (const id of [1, 2, 3]) socket.write(request(0, id));
  assertEquals(real.written, [2, 3]);
  for (const id of [2, 3]) real.emit("data", response(id));
  assertEquals(received, [3]);
});

Deno.test("FaultySocket holds back what follows a delayed frame, and keeps the order", async () => {
  const { real, socket, received } = socketWith({
    request: { 1: { do: "delay", delayMs: 20 } },
    response: { 1: { do: "delay", delayMs: 20 }, 2: { do: "drop" } },
  });
  const start = performance.now();
  for (const id of [1, 2, 3]) socket.write(request(0, id));
  assertEquals(real.written, []);
  while (real.written.length < 3) await pause(1);
  assert(performance.now() - start > 18);
  assertEquals(real.written, [1, 2, 3]);
  for (const id of [1, 2, 3]) real.emit("data", response(id));
  assertEquals(received, []);
  while (received.length < 2) await pause(1);
  assertEquals(received, [1, 3]);
});

Deno.test("FaultySocket shows a cut as a reset connection, and carries nothing more", async () => {
  const { real, socket, received } = socketWith({
    response: { 1: { do: "cut" } },
  });
  const codes: string[] = [];
  socket.on("error", ({ code }) => codes.push(code));
  socket.on("end", () => codes.push("end"));
  socket.write(request(0, 1));
  real.emit("data", Buffer.concat([response(1), response(2)]));
  real.emit("end");
  socket.write(request(0, 2));
  await pause(0);
  assertEquals(codes, ["ECONNRESET"]);
  assertEquals([received, real.written, real.calls], [[], [1], ["destroy"]]);
});

Deno.test("FaultySocket writes nothing more once it is closed during a delay", async () => {
  const { real, socket } = socketWith({
    request: { 1: { do: "delay", delayMs: 10 } },
  });
  socket.write(request(0, 1));
  socket.end();
  await pause(20);
  assertEquals([real.calls, real.written], [["end"], []]);
});

Deno.test("FaultySocket hangs: nothing more goes either way, and nothing is closed", () => {
  const { real, socket, received } = socketWith({
    response: { 2: { do: "hang" } },
  });
  const events: string[] = [];
  for (const event of ["error", "close"]) {
    socket.on(event, () => events.push(event));
  }
  socket.write(Buffer.concat([request(0, 1), request(0, 2), request(0, 3)]));
  real.emit("data", Buffer.concat([response(1), response(2), response(3)]));
  socket.write(request(0, 4));
  assertEquals(received, [1]);
  assertEquals(real.written, [1, 2, 3]);
  assertEquals([events, real.calls], [[], []]);
});
