// What lib uses of KafkaJS 2.2.4's inside, for a compiler that reads types alone: KafkaJS ships
// those of its public side. Deno reads them from KafkaJS's JavaScript and does not need this file.
//
//   tsc: name it in "include" beside your own files.

declare module "kafkajs/src/errors.js" {
  export * from "kafkajs";
}

declare module "kafkajs/src/network/socketFactory.js" {
  import type { ISocketFactory } from "kafkajs";
  export default function socketFactory(): ISocketFactory;
}

declare module "kafkajs/src/network/connection.js" {
  import type RequestQueue from "kafkajs/src/network/requestQueue/index.js";
  export default class Connection {
    host: string;
    port: number;
    requestQueue: RequestQueue;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    rejectRequests(error: Error): void;
  }
}

declare module "kafkajs/src/network/requestQueue/index.js" {
  export default class RequestQueue {
    inflight: Map<number, unknown>;
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
}

declare module "kafkajs/src/protocol/error.js" {
  import type { KafkaJSProtocolError } from "kafkajs";
  const errors: {
    createErrorFromCode(code: number): KafkaJSProtocolError;
  };
  export default errors;
}

declare module "kafkajs/src/protocol/encoder.js" {
  import type { Buffer } from "node:buffer";
  export default class Encoder {
    buffer: Buffer;
    writeInt8(value: number): this;
    writeInt16(value: number): this;
    writeInt32(value: number): this;
    writeInt64(value: bigint | number | string): this;
    writeBoolean(value: boolean): this;
    writeString(value: string | null | undefined): this;
    writeBytes(value: Uint8Array | string | null | undefined): this;
    writeArray(values: unknown[], type?: string, length?: number): this;
    writeEncoder(value: Encoder): this;
    writeUVarInt(value: number): this;
    writeUVarIntString(value?: string | null): this;
    writeUVarIntBytes(value?: Uint8Array | string | null): this;
    writeUVarIntArray(values: unknown[] | null, type?: string): this;
    writeBuffer(value: Buffer): this;
  }
}

declare module "kafkajs/src/protocol/decoder.js" {
  import type { Buffer } from "node:buffer";
  export default class Decoder {
    constructor(bytes: Uint8Array);
    offset: number;
    readInt8(): number;
    readInt16(): number;
    readInt32(): number;
    readInt64(): bigint;
    readBoolean(): boolean;
    readString(): string;
    readBytes(length?: number): Buffer | null;
    readArray<T>(read: (decoder: Decoder) => T): T[];
    readUVarInt(): number;
    readUVarIntString(): string | null;
    readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
    readTaggedFields(): null;
  }
}

declare module "kafkajs/src/protocol/messageSet/decoder.js" {
  import type Decoder from "kafkajs/src/protocol/decoder.js";
  // deno-lint-ignore no-explicit-any
  const decode: (decoder: Decoder, size: number) => Promise<any[]>;
  export default decode;
}

declare module "kafkajs/src/protocol/message/compression/gzip.js" {
  const gzip: {
    compress(encoder: { buffer: Uint8Array }): Promise<Uint8Array>;
    decompress(bytes: Uint8Array): Promise<Uint8Array>;
  };
  export default gzip;
}

declare module "kafkajs/src/protocol/requests/produce/index.js" {
  const produce: {
    // deno-lint-ignore no-explicit-any
    protocol: (options: any) => (request: any) => any;
  };
  export default produce;
}

declare module "kafkajs/src/protocol/requests/*/request.js" {
  const makeRequest: (fields?: object) => {
    apiKey: number;
    apiVersion: number;
    apiName: string;
    encode(): Promise<import("kafkajs/src/protocol/encoder.js").default>;
  };
  export default makeRequest;
}

declare module "kafkajs/src/protocol/requests/*/response.js" {
  interface Response {
    // deno-lint-ignore no-explicit-any
    decode(raw: any): Promise<any>;
    // deno-lint-ignore no-explicit-any
    parse(decoded: any): Promise<any>;
  }
  // Some are made for a request, to name its topics in their errors.
  const response: Response & ((of: object) => Response);
  export default response;
}
