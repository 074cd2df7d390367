import { assert, assertEquals, assertRejects } from "@std/assert";
import { tokenIssuer } from "lib/brokers/token_issuer.ts";

function bytesOf(base64Url: string): Uint8Array<ArrayBuffer> {
  const base64 = base64Url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}

Deno.test("tokenIssuer() publishes the key with which its tokens can be checked", async () => {
  const issuer = await tokenIssuer();
  await issuer.connect();
  const { keys: [published] } = await (await fetch(issuer.trusted.keysUrl))
    .json();
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey(
    "jwk",
    published,
    algorithm,
    false,
    [
      "verify",
    ],
  );
  const [head = "", claims = "", signature = ""] =
    (await issuer.token("alice", { expiresInS: -60 })).split(".");
  const text = new TextEncoder().encode(`${head}.${claims}`);
  assert(
    await crypto.subtle.verify(algorithm, key, bytesOf(signature), text),
  );
  const said = JSON.parse(new TextDecoder().decode(bytesOf(claims)));
  assertEquals([said.sub, said.iss, said.aud], [
    "alice",
    issuer.trusted.issuer,
    "kafka",
  ]);
  assert(said.iat < said.exp && said.exp < Date.now() / 1_000);
  assertEquals(issuer.timesAsked, 1);

  await issuer.disconnect();
  await assertRejects(() => fetch(issuer.trusted.keysUrl));
});
