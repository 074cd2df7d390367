import { assertEquals } from "@std/assert";
import { keysInPlace } from "lib/experiment/clients/key_placement.ts";
import { loadClients } from "lib/experiment/clients/load_clients.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { openLab } from "../../../../tasks/maintainers/clients/open_lab.ts";

Deno.test("keysInPlace() finds all keys of each client in Java's partition, with its safe setting", async () => {
  await using lab = openLab(kafkaClient());
  const { each, clients } = await loadClients();
  const safe = await each((client) =>
    keysInPlace(lab, client, { safe: true, keys: 100 })
  );
  assertEquals(
    safe,
    Object.fromEntries(clients.map(({ name }) => [name, 100])),
  );
});
