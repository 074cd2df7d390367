// One client's consumer in a process of its own, which may block or die: see client_process.ts.
import { loadClient } from "./load_clients.ts";
import { runClientProcess } from "./run_client_process.ts";

const { client, ...settings } = JSON.parse(Deno.args[0]!);
await runClientProcess(await loadClient(client), settings);
