import { assertEquals, assertStringIncludes } from "@std/assert";

const CONFIG = new URL("../../tasks/config.ts", import.meta.url).pathname;

/** Runs `deno task config`, JSR being what answers at a port of this host. */
async function config(jsr: string): Promise<{ out: string; said: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", CONFIG],
    env: { JSR_URL: jsr, KAFKA_NOTEBOOKS_JSR: "", NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { out: text(stdout), said: text(stderr) };
}

async function withServer(
  answer: () => Response | Promise<Response>,
  test: (url: string) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    answer,
  );
  await test(`http://127.0.0.1:${server.addr.port}/`);
}

Deno.test("config prints nothing where JSR answers", async () => {
  await withServer(
    () => Response.json({ scope: "std", name: "assert" }),
    async (url) => assertEquals(await config(url), { out: "", said: "" }),
  );
});

Deno.test("config links the stand-ins where nothing listens, and says so in one line", async () => {
  const { out, said } = await config("http://127.0.0.1:9/");
  assertEquals(out, "-c deno.offline.json");
  assertEquals(
    said,
    "JSR does not answer (127.0.0.1:9 is not reachable): using the stand-ins of tasks/stand_ins for @std/assert and @std/cli.",
  );
});

Deno.test("config links the stand-ins where a login page or an error answers for JSR", async () => {
  await withServer(
    () => new Response("<html>Please log in</html>"),
    async (url) =>
      assertEquals((await config(url)).out, "-c deno.offline.json"),
  );
  await withServer(
    () => Response.json({}, { status: 503 }),
    async (url) => {
      const { out, said } = await config(url);
      assertEquals(out, "-c deno.offline.json");
      assertStringIncludes(said, "says 503");
    },
  );
});

Deno.test("config waits no longer than two seconds for JSR", async () => {
  let answer = () => {};
  await withServer(
    () =>
      new Promise((resolve) => {
        answer = () => resolve(new Response());
      }),
    async (url) => {
      const { out, said } = await config(url);
      answer();
      assertEquals(out, "-c deno.offline.json");
      assertStringIncludes(said, "within 2 s");
    },
  );
});
