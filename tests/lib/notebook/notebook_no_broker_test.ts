import { assert, assertRejects, assertStringIncludes } from "@std/assert";
import { NoBrokerError } from "lib/client/probe.ts";
import { openNotebook } from "lib/notebook/notebook.ts";

/** What a first cell says about an address, which it must say within two seconds; three times that on a busy machine. */
async function refusal(...brokers: string[]): Promise<string> {
  const began = performance.now();
  const { message } = await assertRejects(
    () => openNotebook("04", { brokers }),
    NoBrokerError,
  );
  const tookMs = performance.now() - began;
  assert(tookMs < 6_000, `it took ${tookMs} ms`);
  return message;
}

function closedPort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}

Deno.test("openNotebook() names a closed port and what to run, within 2 s", async () => {
  const address = closedPort();
  const message = await refusal(address);
  assertStringIncludes(message, `nothing listens at ${address}`);
  assertStringIncludes(message, "deno task kafka up");
});

Deno.test("openNotebook() names every broker of a dead cluster, within 2 s", async () => {
  const addresses = [closedPort(), closedPort(), closedPort()];
  const message = await refusal(...addresses);
  for (const address of addresses) assertStringIncludes(message, address);
});

Deno.test("openNotebook() tells a web server from a broker and what to do, within 2 s", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  try {
    const address = `127.0.0.1:${server.addr.port}`;
    const message = await refusal(address);
    assertStringIncludes(
      message,
      `something that is not Kafka answers at ${address}: end that process`,
    );
  } finally {
    await server.shutdown();
  }
});
