import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  type AddressingApi,
  readvertise,
} from "lib/faults/advertised_brokers.ts";

const int32 = (value: number) => [0, 0, 0, value];
const text = (value: string) => [0, value.length, ...Buffer.from(value)];
const compact = (value: string) => [value.length + 1, ...Buffer.from(value)];
const frameOf = (bytes: number[]) =>
  Buffer.from([...int32(bytes.length + 4), ...int32(7), ...bytes]);

/** A response with the address in it, by the form of the address. */
type Response = (address: (host: string, port: number) => number[]) => number[];

const flat = (host: string, port: number) => [...text(host), ...int32(port)];
const short = (
  host: string,
  port: number,
) => [...compact(host), ...int32(port)];

const RESPONSES: [AddressingApi, number, Response, typeof flat][] = [
  ["Metadata", 0, (at) => [...int32(1), ...int32(1), ...at("a", 9), 42], flat],
  [
    "Metadata",
    9,
    (at) => [0, ...int32(0), 2, ...int32(1), ...at("a", 9), 0, 0, 42],
    short,
  ],
  ["FindCoordinator", 0, (at) => [0, 0, ...int32(1), ...at("a", 9)], flat],
  [
    "FindCoordinator",
    2,
    (at) => [...int32(0), 0, 0, 255, 255, ...int32(1), ...at("a", 9)],
    flat,
  ],
  [
    "FindCoordinator",
    3,
    (at) => [0, ...int32(0), 0, 0, 0, ...int32(1), ...at("a", 9), 0],
    short,
  ],
  [
    "FindCoordinator",
    6,
    (at) => [
      ...[0, ...int32(0), 3],
      ...[...compact("g"), ...int32(1), ...at("a", 9), 0, 0, 0, 0],
      ...[...compact("h"), ...int32(1), ...at("a", 9), 0, 0, 1, 0, 0],
    ],
    short,
  ],
  [
    "DescribeCluster",
    2,
    (at) => [
      ...[0, ...int32(0), 0, 0, 0, 1, ...compact("id"), ...int32(1), 2],
      ...[...int32(1), ...at("a", 9), 0, 0, 0, ...int32(0), 0],
    ],
    short,
  ],
];

Deno.test("readvertise() changes each broker's address and nothing else, in every form of a response", () => {
  for (const [api, version, response, form] of RESPONSES) {
    const told = readvertise(
      frameOf(response(form)),
      { api, version },
      ({ host, port }) => ({ host: `${host}bc`, port: port + 1 }),
    );
    const wanted = frameOf(response(() => form("abc", 10)));
    assertEquals([...told], [...wanted], `${api} ${version}`);
  }
});

Deno.test("readvertise() leaves the empty address of an error as it is", () => {
  const frame = frameOf([0, 15, ...int32(1), ...flat("", 0)]);
  const told = readvertise(
    frame,
    { api: "FindCoordinator", version: 0 },
    () => {
      throw new Error("nobody is to be renamed");
    },
  );
  assertEquals([...told], [...frame]);
});

Deno.test("readvertise() refuses a frame that ends too early", () => {
  assertThrows(
    () =>
      readvertise(
        frameOf([...int32(1), ...int32(1), 0]),
        { api: "Metadata", version: 0 },
        (address) => address,
      ),
    RangeError,
  );
});
