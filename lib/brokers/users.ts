import type { Engine } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import type { ScramMechanism } from "./listener_security.ts";
import { toolFailure } from "./tool_failure.ts";

/** What runs Kafka's tools against a cluster: an engine, or an `extraBroker()`. */
export type ToolRunner = Pick<Engine, "tool">;

/** A user who logs in by SCRAM. */
export interface ScramUser {
  /** The name, which ACLs know as `User:alice`. */
  name: string;
  /** The password. The cluster keeps only what is needed to check it. */
  password: string;
  /** By which kind of SCRAM. `SCRAM-SHA-512` by default. */
  mechanism?: ScramMechanism;
  /** How often the password is hashed. 4,096 by default, which is Kafka's least. */
  iterations?: number;
}

/**
 * Makes a user who logs in by SCRAM, or changes the password of one, on a
 * cluster that runs. KafkaJS has no request for it (AlterUserScramCredentials,
 * KIP-554), so Kafka's own tool does it.
 *
 * @param cluster The cluster: an engine, or an `extraBroker()`.
 * @param user Name and password.
 * @throws {EngineError} If the cluster refuses; the message holds the tool's words.
 *
 * @example Usage
 * ```ts ignore
 * const broker = extraBroker({ listeners: `OFFICE://:${port}`, security: { OFFICE: { login: { scram: ["SCRAM-SHA-512"] } } } });
 * await broker.connect();
 * await setUser(broker, { name: "alice", password: "alice-secret" });
 * ```
 */
export async function setUser(
  cluster: ToolRunner,
  { name, password, mechanism = "SCRAM-SHA-512", iterations = 4_096 }:
    ScramUser,
): Promise<void> {
  // The tool reads a list of settings, in which a comma ends a value, but for one in brackets.
  if (/[,=[\]]/.test(password)) {
    throw new EngineError(
      `Cannot make the user '${name}' as Kafka's tool takes no password with one of , = [ ]: choose another`,
    );
  }
  await alter(cluster, name, [
    "--add-config",
    `${mechanism}=[iterations=${iterations},password=${password}]`,
  ]);
}

/**
 * Makes several users who log in by SCRAM-SHA-512, side by side, as each takes
 * a run of Kafka's tool.
 *
 * @param cluster The cluster: an engine, or an `extraBroker()`.
 * @param passwords Each user's password.
 * @throws {EngineError} If the cluster refuses one; the message holds the tool's words.
 *
 * @example Usage
 * ```ts ignore
 * await setUsers(broker, { alice: "alice-secret", bob: "bob-secret" });
 * ```
 */
export async function setUsers(
  cluster: ToolRunner,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const users = Object.entries(passwords);
  await Promise.all(
    users.map(([name, password]) => setUser(cluster, { name, password })),
  );
}

/**
 * Deletes a user who logs in by SCRAM. Connections that are logged in go on;
 * a new login is refused.
 *
 * @param cluster The cluster: an engine, or an `extraBroker()`.
 * @param name The user's name.
 * @param options `mechanism`: the kind of SCRAM whose password is deleted, `SCRAM-SHA-512` by default. A
 * password of the other kind stays.
 * @throws {EngineError} If the cluster refuses; the message holds the tool's words.
 *
 * @example Usage
 * ```ts ignore
 * await deleteUser(broker, "alice");
 * ```
 */
export async function deleteUser(
  cluster: ToolRunner,
  name: string,
  { mechanism = "SCRAM-SHA-512" }: { mechanism?: ScramMechanism } = {},
): Promise<void> {
  await alter(cluster, name, ["--delete-config", mechanism]);
}

async function alter(
  cluster: ToolRunner,
  name: string,
  change: string[],
): Promise<void> {
  const args = ["--alter", "--entity-type", "users", "--entity-name", name];
  const result = await cluster.tool("kafka-configs", [...args, ...change]);
  // The change holds a password, which is nobody's business in an error.
  const failure = toolFailure("kafka-configs", args, result);
  if (failure) throw failure;
}
