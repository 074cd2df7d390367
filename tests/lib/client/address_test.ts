import { assertEquals } from "@std/assert";
import { formatAddress, parseAddress } from "lib/client/address.ts";

Deno.test("parseAddress() and formatAddress() turn each other's results back", () => {
  for (
    const [text, host, port] of [
      ["localhost:9092", "localhost", 9092],
      ["kafka-1.example.com:1", "kafka-1.example.com", 1],
      ["10.0.0.7:65535", "10.0.0.7", 65535],
      ["[::1]:9092", "::1", 9092],
      ["[2001:db8::7:1]:443", "2001:db8::7:1", 443],
      ["[::ffff:10.0.0.7]:9092", "::ffff:10.0.0.7", 9092],
      ["[fe80::1%eth0]:9092", "fe80::1%eth0", 9092],
    ] as const
  ) {
    assertEquals(parseAddress(text), { host, port });
    assertEquals(formatAddress({ host, port }), text);
  }
});

Deno.test("parseAddress() refuses what is not an address", () => {
  for (
    const text of [
      ...["", ":9092", "localhost", "localhost:", "localhost:0"],
      ...["localhost:65536", "localhost:9092 ", "a b:1", "a@b:1", "a/b:1"],
      ...["::1:9092", "[::1]", "[::1]9092", "[]:9092", "[1::2::3]:9092"],
      ...["[localhost]:9092", "PLAINTEXT://a:9092", "a:1:2"],
    ]
  ) assertEquals(parseAddress(text), undefined, text);
});
