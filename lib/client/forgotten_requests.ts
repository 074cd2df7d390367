import { KafkaJSConnectionError } from "kafkajs/src/errors.js";
import Connection from "kafkajs/src/network/connection.js";

let isMended = false;

/**
 * Ends requests that KafkaJS 2.2.4 forgets. A connection that breaks counts as
 * connected until it has closed, and takes new requests meanwhile. Those are
 * neither answered nor refused, and the watch for their timeout has ended. One
 * such request for metadata keeps a client waiting for ever: all its later ones
 * wait for that one. Here they end with a `KafkaJSConnectionError`, as the
 * requests before them, and the client tries again.
 *
 * It changes KafkaJS for all clients of this process. `kafkaClient()` calls it.
 *
 * @example Usage
 * ```ts
 * rejectForgottenRequests();
 * rejectForgottenRequests(); // once is enough
 * ```
 */
export function rejectForgottenRequests(): void {
  if (isMended) return;
  isMended = true;
  const { disconnect } = Connection.prototype;
  Connection.prototype.disconnect = async function (this: Connection) {
    const isDone = await disconnect.call(this);
    const { inflight, pending } = this.requestQueue;
    if (inflight.size + pending.length > 0) {
      this.rejectRequests(
        new KafkaJSConnectionError("Closed connection", {
          broker: `${this.host}:${this.port}`,
        }),
      );
    }
    return isDone;
  };
}
