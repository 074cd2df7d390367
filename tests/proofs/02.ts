import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: 'await notebook.topic("orders", { partitions: 1 })',
      to: `await notebook.topic("orders", {
  partitions: 1,
  config: { "message.timestamp.type": "LogAppendTime" },
})`,
      breaks: {
        "02/kinds": '[false, "7f3a"]',
        "02/clock-ahead": '["taken", "taken", true]',
      },
    },
    {
      from: "await trySending(null)",
      to: 'await trySending("")',
      breaks: { "02/null-and-empty": '["", ""]' },
    },
    {
      from: '"max.message.bytes": 1000',
      to: '"max.message.bytes": 10000',
      breaks: { "02/ten-in-one": '"in one send": "taken"' },
    },
    {
      from: '["a", "b", "c", "d"].map((value) => ({ value }))',
      to: '["a", "b", "c", "d"].map((value) => ({ key: "k", value }))',
      breaks: { "02/batch-bytes": '"4 of 1 byte": 97' },
    },
    {
      from: "bytes[at]! ^= 1",
      to: "bytes[at]! ^= 0",
      breaks: { "02/bit-flip": '"stored"' },
    },
    {
      from: "retry: { initialRetryTime: 50 }",
      to: "retry: { initialRetryTime: 50, retries: 3 }",
      breaks: { "02/handler-throws": '"0 1 1 1 1"' },
    },
    {
      from: "await runWith(mixed, (order) => JSON.parse(order))",
      to: `await runWith(mixed, (order) => {
  if (order === "hello?") throw new Error("not JSON");
})`,
      breaks: { "02/syntax-error": "restart: true" },
    },
  ]],
  answers: {
    fit: {
      wrong: [
        "const perSend = 9;",
        "const perSend = 7;",
        "const perSend = Math.floor(1000 / 100);",
      ],
      right: ["const perSend = Math.floor((1000 - 61) / (7 + 100 + 2));"],
    },
    decoder: {
      wrong: [
        // Trusts whatever is JSON.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            return { order: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)) };
          } catch (error) {
            return { reason: (error as Error).message };
          }
        };`,
        // Never says what is wrong.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            const { dish, cents } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
            if (typeof dish !== "string" || !Number.isInteger(cents) || cents < 0) return { reason: "no" };
            return { order: { dish, cents } };
          } catch {
            return { reason: "no" };
          }
        };`,
        // Looks into null.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          let parsed;
          try {
            parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
          } catch (error) {
            return { reason: (error as Error).message };
          }
          const { dish, cents } = parsed;
          if (typeof dish !== "string") return { reason: "dish is wrong" };
          if (!Number.isInteger(cents) || cents < 0) return { reason: "cents is wrong" };
          return { order: { dish, cents } };
        };`,
        // One reason, whichever field is to blame.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            const { dish, cents } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
            if (typeof dish === "string" && Number.isInteger(cents) && cents >= 0) return { order: { dish, cents } };
          } catch {
            // not JSON: the reason is below
          }
          return { reason: "dish or cents is wrong" };
        };`,
        // Does not look at the dish.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            const { dish, cents } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
            if (!Number.isInteger(cents) || cents < 0) return { reason: "cents is wrong" };
            return { order: { dish, cents } };
          } catch (error) {
            return { reason: (error as Error).message };
          }
        };`,
        // Mends bytes that are not UTF-8.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            const { dish, cents } = JSON.parse(new TextDecoder().decode(value));
            if (typeof dish !== "string") return { reason: "dish is wrong" };
            if (!Number.isInteger(cents) || cents < 0) return { reason: "cents is wrong" };
            return { order: { dish, cents } };
          } catch (error) {
            return { reason: (error as Error).message };
          }
        };`,
        // Takes a tombstone for poison.
        `const decode = (value: Uint8Array | null): Decoded => {
          try {
            const { dish, cents } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value!));
            if (typeof dish !== "string") return { reason: "dish is wrong" };
            if (!Number.isInteger(cents) || cents < 0) return { reason: "cents is wrong" };
            return { order: { dish, cents } };
          } catch (error) {
            return { reason: (error as Error).message };
          }
        };`,
      ],
      right: [
        `const decode = (value: Uint8Array | null): Decoded => {
          if (!value) return { deleted: true };
          let parsed: unknown;
          try {
            parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
          } catch {
            return { reason: "neither UTF-8 nor JSON" };
          }
          if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
            return { reason: "not an object" };
          }
          const { dish, cents } = parsed as Record<string, unknown>;
          const problems = [
            typeof dish === "string" ? "" : "dish must be text",
            typeof cents === "number" && cents >= 0 && cents % 1 === 0 ? "" : "cents must be a whole number",
          ].filter(Boolean);
          return problems.length > 0
            ? { reason: problems.join(", ") }
            : { order: { cents: cents as number, dish: dish as string } };
        };`,
        // Sentences: each begins with a capital.
        `const decode = (value: Uint8Array | null): Decoded => {
          if (value === null) return { deleted: true };
          try {
            const parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
            if (typeof parsed?.dish !== "string") return { reason: "Dish must be text" };
            const { dish, cents } = parsed;
            if (!Number.isInteger(cents) || cents < 0) return { reason: "Cents must be a whole number" };
            return { order: { dish, cents } };
          } catch {
            return { reason: "Not JSON" };
          }
        };`,
      ],
    },
    letters: {
      wrong: [
        // Cuts characters in two.
        `const pack = (id: string, letter: string): Message[] =>
          (letter.match(/[^]{1,200}/g) ?? []).map((value) => ({ key: id, value }));
        const unpack = (messages: Got[]): Record<string, string> => {
          const letters: Record<string, string> = {};
          for (const { key, value } of messages) letters[String(key)] = (letters[String(key)] ?? "") + String(value);
          return letters;
        };`,
        // Leaves no room for the envelope.
        `const pack = (id: string, letter: string): Message[] => {
          const bytes = Buffer.from(letter);
          return Array.from({ length: Math.ceil(bytes.length / 950) }, (_, i) => ({
            key: id,
            value: bytes.subarray(i * 950, (i + 1) * 950),
          }));
        };
        const unpack = (messages: Got[]): Record<string, string> =>
          Object.fromEntries([...Map.groupBy(messages, ({ key }) => String(key))].map(([id, own]) => [
            id, Buffer.concat(own.map(({ value }) => value!)).toString(),
          ]));`,
        // Compresses a letter and does not cut it.
        `const { gunzipSync, gzipSync } = await import("node:zlib");
        const pack = (id: string, letter: string): Message[] => [{ key: id, value: gzipSync(letter) }];
        const unpack = (messages: Got[]): Record<string, string> =>
          Object.fromEntries(messages.map(({ key, value }) => [String(key), gunzipSync(value!).toString()]));`,
        // Sorts the pieces' numbers as text: 10 before 2.
        `const pack = (id: string, letter: string): Message[] => {
          const bytes = Buffer.from(letter);
          return Array.from({ length: Math.ceil(bytes.length / 800) }, (_, i) => ({
            key: id,
            value: bytes.subarray(i * 800, (i + 1) * 800),
            headers: { piece: String(i) },
          }));
        };
        const unpack = (messages: Got[]): Record<string, string> => {
          const byId = Map.groupBy(messages, ({ key }) => String(key));
          return Object.fromEntries([...byId].map(([id, own]) => {
            const inOrder = new Map(own.map(({ value, headers }) => [String(headers!.piece), value!]));
            const pieces = [...inOrder.keys()].sort().map((piece) => inOrder.get(piece)!);
            return [id, Buffer.concat(pieces).toString()];
          }));
        };`,
        // Decodes each piece by itself.
        `const pack = (id: string, letter: string): Message[] => {
          const bytes = Buffer.from(letter);
          return Array.from({ length: Math.ceil(bytes.length / 801) }, (_, i) => ({
            key: id,
            value: bytes.subarray(i * 801, (i + 1) * 801),
          }));
        };
        const unpack = (messages: Got[]): Record<string, string> =>
          Object.fromEntries([...Map.groupBy(messages, ({ key }) => String(key))].map(([id, own]) => [
            id, own.map(({ value }) => String(value)).join(""),
          ]));`,
      ],
      right: [
        // By characters, and put in order by a header.
        `const pack = (id: string, letter: string): Message[] => {
          const characters = [...letter];
          const pieces: Message[] = [];
          for (let at = 0; at < characters.length; at += 150) {
            pieces.push({ value: characters.slice(at, at + 150).join(""), headers: { id, at: String(at) } });
          }
          return pieces;
        };
        const unpack = (messages: Got[]): Record<string, string> => {
          const letters: Record<string, string> = {};
          const inOrder = messages.toSorted((a, b) => Number(String(a.headers!.at)) - Number(String(b.headers!.at)));
          for (const { value, headers } of inOrder) {
            const id = String(headers!.id);
            letters[id] = (letters[id] ?? "") + String(value);
          }
          return letters;
        };`,
      ],
    },
  },
} satisfies Proofs;
