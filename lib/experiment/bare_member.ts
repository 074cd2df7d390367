import type { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import { groupCoordinator } from "../admin/group_coordinator.ts";
import { API_KEYS } from "../client/api_key.ts";
import { sendRequest, withBrokers } from "../client/broker_connections.ts";

/** What a {@linkcode BareMember} is a member of. */
export interface BareMemberOptions {
  /** The group's id. */
  groupId: string;
  /** The topic that it wants to read. */
  topic: string;
}

/** One heartbeat: what the member said, and what the coordinator answered. */
export interface BareHeartbeat {
  /** The partitions that the member said it owns. */
  says: number[];
  /** The partitions that it is to own, or null where the answer changes nothing. */
  told: number[] | null;
  /** The member's epoch, which the coordinator counts up with each change. */
  epoch: number;
}

interface Answer {
  errorCode: number;
  memberId: string;
  epoch: number;
  told: Owned[] | null;
}

/** Partitions of a topic, which this protocol names by its id of 16 bytes. */
interface Owned {
  topicId: Buffer;
  partitions: number[];
}

const JOIN_EPOCH = 0;
const LEAVE_EPOCH = -1;
const REBALANCE_TIMEOUT_MS = 60_000;
const UNCHANGED = -1;

/**
 * A member of a consumer group of the newer protocol (KIP-848) that does
 * nothing but send its one request, ConsumerGroupHeartbeat, when it is asked
 * to: it says what it owns and takes over what the answer says. It has no
 * assignor, hears nothing of other members, and reads no records. The
 * coordinator removes it when it is silent for a session
 * (`group.consumer.session.timeout.ms`, 45 s by default).
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 2 });
 *
 * const member = new BareMember(kafka, { topic, groupId: freshName("billing") });
 * assertEquals((await member.heartbeat()).told, [0, 1]);
 * await member.leave();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class BareMember {
  readonly #kafka: Kafka;
  readonly #options: BareMemberOptions;
  #memberId = "";
  #epoch = JOIN_EPOCH;
  #owned: Owned[] = [];

  /**
   * Sends nothing yet.
   *
   * @param kafka The cluster: Kafka 4.0 or newer.
   * @param options The group and the topic.
   */
  constructor(kafka: Kafka, options: BareMemberOptions) {
    this.#kafka = kafka;
    this.#options = options;
  }

  /** The partitions that it owns, by what it was told. */
  get owned(): number[] {
    return numbersOf(this.#owned);
  }

  /**
   * Sends a heartbeat; the first one joins the group. What the answer takes
   * away is given up at once, which the next heartbeat says.
   *
   * @returns What was said, and what was answered.
   * @throws {Error} KafkaJS's error for what the coordinator refused.
   * @throws {DeadlineError} If no coordinator answers within 15 s.
   */
  async heartbeat(): Promise<BareHeartbeat> {
    const says = this.owned;
    const { memberId, epoch, told } = await this.#send(this.#epoch);
    this.#memberId = memberId;
    this.#epoch = epoch;
    if (told !== null) this.#owned = told;
    return { says, told: told && numbersOf(told), epoch };
  }

  /**
   * Leaves the group. The next heartbeat would join it again.
   *
   * @throws {Error} KafkaJS's error for what the coordinator refused.
   */
  async leave(): Promise<void> {
    if (this.#memberId !== "") await this.#send(LEAVE_EPOCH);
    [this.#memberId, this.#epoch, this.#owned] = ["", JOIN_EPOCH, []];
  }

  async #send(epoch: number): Promise<Answer> {
    const { groupId } = this.#options;
    const answer = await withBrokers(
      this.#kafka,
      async (brokers) =>
        await sendRequest(
          await groupCoordinator(brokers, groupId),
          this.#request(epoch),
          decode,
        ),
      { what: `the heartbeat of a member of group '${groupId}'` },
    );
    if (answer.errorCode === 0) return answer;
    throw protocolErrors.createErrorFromCode(answer.errorCode);
  }

  #request(epoch: number) {
    const { groupId, topic } = this.#options;
    const isJoin = epoch === JOIN_EPOCH;
    const owned = this.#owned.map(({ topicId, partitions }) =>
      new Encoder()
        .writeBuffer(topicId)
        .writeUVarIntArray(partitions.map(int32))
        .writeUVarIntBytes()
    );
    const topics = [new Encoder().writeUVarIntString(topic)];
    return {
      apiKey: API_KEYS.ConsumerGroupHeartbeat,
      apiVersion: 0,
      apiName: "ConsumerGroupHeartbeat",
      encode: () =>
        Promise.resolve(
          new Encoder()
            .writeUVarIntBytes() // the header's tagged fields
            .writeUVarIntString(groupId)
            .writeUVarIntString(this.#memberId)
            .writeInt32(epoch)
            .writeUVarIntString(null) // no group.instance.id
            .writeUVarIntString(null) // no rack
            .writeInt32(isJoin ? REBALANCE_TIMEOUT_MS : UNCHANGED)
            .writeUVarIntArray(isJoin ? topics : null)
            .writeUVarIntString(null) // the coordinator's own choice of assignor
            .writeUVarIntArray(owned)
            .writeUVarIntBytes(), // tagged fields
        ),
    };
  }
}

function numbersOf(owned: Owned[]): number[] {
  return owned.flatMap(({ partitions }) => partitions).sort((a, b) => a - b);
}

function int32(value: number) {
  return new Encoder().writeInt32(value);
}

function decode(raw: Uint8Array): Promise<Answer> {
  const decoder = new Decoder(raw);
  decoder.readTaggedFields();
  decoder.readInt32(); // throttle time
  const errorCode = decoder.readInt16();
  decoder.readUVarIntString(); // why, in words
  const memberId = decoder.readUVarIntString() ?? "";
  const epoch = decoder.readInt32();
  decoder.readInt32(); // when the next one is due
  const isChange = decoder.readInt8() >= 0;
  const told = isChange ? readOwned(decoder) : null;
  return Promise.resolve({ errorCode, memberId, epoch, told });
}

function readOwned(decoder: InstanceType<typeof Decoder>): Owned[] {
  const owned = decoder.readUVarIntArray(() => {
    const topicId = decoder.readBytes(16)!;
    const partitions = decoder.readUVarIntArray(() => decoder.readInt32()) ??
      [];
    decoder.readTaggedFields();
    return { topicId, partitions };
  });
  return owned ?? [];
}
