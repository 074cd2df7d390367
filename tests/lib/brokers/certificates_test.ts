import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { certificateAuthority } from "lib/brokers/certificates.ts";

const DAY_MS = 86_400_000;

Deno.test("certificateAuthority() signs certificates that others can read and check", async () => {
  const authority = await certificateAuthority("Küche");
  const own = new X509Certificate(authority.certificate);
  assertEquals([own.subject, own.issuer, own.ca], [
    "CN=Küche",
    "CN=Küche",
    true,
  ]);
  assert(own.verify(own.publicKey));

  const { certificate, privateKey } = await authority.issue("broker");
  const issued = new X509Certificate(certificate);
  assertEquals(
    [issued.subject, issued.issuer, issued.ca],
    ["CN=broker", "CN=Küche", false],
  );
  assertEquals(
    issued.subjectAltName,
    "DNS:localhost, IP Address:127.0.0.1, IP Address:::1",
  );
  assert(issued.verify(own.publicKey));
  assert(issued.checkIssued(own));
  assert(privateKey.startsWith("-----BEGIN PRIVATE KEY-----\n"));

  const other = new X509Certificate(
    (await certificateAuthority("Küche")).certificate,
  );
  assert(!issued.verify(other.publicKey), "the name alone proves nothing");
});

Deno.test("certificateAuthority() makes 200 certificates that are all well formed", async () => {
  // Serial numbers and signatures begin with a bit of 1, or with zeros, by chance.
  const authority = await certificateAuthority("Kitchen");
  const { publicKey } = new X509Certificate(authority.certificate);
  const serials = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { certificate } = await authority.issue(`broker ${i}`);
    const issued = new X509Certificate(certificate);
    assert(issued.verify(publicKey));
    serials.add(issued.serialNumber);
  }
  assertEquals(serials.size, 200);
});

Deno.test("issue() puts hosts and addresses of all kinds into a certificate", async () => {
  const authority = await certificateAuthority("Kitchen");
  const namesIn = async (hosts: string[]) => {
    const { certificate } = await authority.issue("broker", { hosts });
    return new X509Certificate(certificate).subjectAltName;
  };
  assertEquals(
    await namesIn(["kafka.example.com", "*.example.com", "10.0.0.255"]),
    "DNS:kafka.example.com, DNS:*.example.com, IP Address:10.0.0.255",
  );
  assertEquals(
    await namesIn(["2001:db8::7", "::", "::ffff:1.2.3.4", "fe80::1:0:0:9"]),
    "IP Address:2001:db8::7, IP Address:::, IP Address:::ffff:1.2.3.4, IP Address:fe80::1:0:0:9",
  );
  assertEquals(await namesIn([]), undefined);
});

Deno.test("issue() makes certificates for any time", async () => {
  const authority = await certificateAuthority("Kitchen");
  const spanOf = async (options: { validFrom?: Date; validUntil?: Date }) => {
    const { certificate } = await authority.issue("broker", options);
    const { validFrom, validTo } = new X509Certificate(certificate);
    return [Date.parse(validFrom), Date.parse(validTo)] as const;
  };
  const [from, to] = await spanOf({});
  assert(from < Date.now() && to > Date.now() + 29 * DAY_MS);

  const past = new Date("2020-02-29T12:00:00Z");
  const [began, ended] = await spanOf({ validUntil: past });
  assertEquals(ended, past.getTime());
  assert(began < ended);

  const future = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + DAY_MS);
  const [begins, ends] = await spanOf({ validFrom: future });
  assertEquals(begins, future.getTime());
  assert(ends > begins);

  // From 2050 on, the year has four digits.
  const far = new Date("2050-01-01T00:00:00Z");
  assertEquals((await spanOf({ validUntil: far }))[1], far.getTime());
});
