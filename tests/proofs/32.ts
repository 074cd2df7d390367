import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: 'const order = { dish: "pizza", number: 2',
      to: 'const order = { dish: "pizzas", number: 2',
      breaks: { "32/avro-bytes": "json: 39, avro: 9" },
    },
    {
      from: "const theirs = typeOf(dish, euros, number);",
      to: "const theirs = typeOf(dish, number, euros);",
      breaks: { "32/without-the-writer": "number: 2, euros: 18" },
    },
    {
      from: 'const spicy = { name: "spicy", type: "boolean" };',
      to: 'const spicy = { name: "spicy", type: "boolean", default: true };',
      breaks: { "32/compatibility": '"add a field, no default": "FULL"' },
    },
    {
      from: "const sales = [{ euros: 18 }, { cents: 1800 }",
      to: "const sales = [{ euros: 18 }, { euros: 1800 }",
      breaks: { "32/json-goes-on": "total: 1836" },
    },
    {
      from: "if (!writers.has(id)) writers.set",
      to: "writers.set",
      breaks: { "32/five-bytes": "lookups: 100" },
    },
    {
      from: 'await Deno.writeTextFile(path, "another photo");',
      to: "await Deno.writeTextFile(path, photo);",
      breaks: { "32/claim-check": "[2000000, 2000000" },
    },
    {
      from: 'await service(route[1]!, route[2]!, "2");',
      to: 'await service(route[1]!, route[2]!, "nothing");',
      breaks: { "32/one-story": '"story-2": ["web", "kitchen", "courier"]' },
    },
  ]],
  answers: {
    evolve: {
      wrong: [
        // Old code misses the euros.
        `const next: object[] = [dish, number, { name: "tip", type: "int", default: 0 }];`,
        // Old code cannot read a long as an int.
        `const next: object[] = [dish, { ...number, type: "long" }, euros, { name: "tip", type: "int", default: 0 }];`,
        // New code misses the tip of old orders.
        `const next: object[] = [dish, number, euros, { name: "tip", type: "int" }];`,
        // Nothing changes.
        `const next: object[] = [dish, number, euros];`,
        // The default is in the wrong place: new code writes no euros.
        `const next: object[] = [dish, number, { name: "tip", type: "int", default: 0 }, { name: "cents", type: "int", aliases: ["euros"] }];`,
      ],
      right: [
        `const next: object[] = [{ name: "tip", type: "long", default: 0 }, { ...euros, default: 0 }, number, dish];`,
      ],
    },
    decode: {
      wrong: [
        // Everything is JSON.
        `const decode = (bytes: Buffer | null, _known: Map<number, Type>): Decoded => {
          if (bytes === null) return { deleted: true };
          try { return { value: JSON.parse(bytes.toString()) }; } catch { return { broken: true }; }
        };`,
        // Trusts that five bytes are there.
        `const decode = (bytes: Buffer | null, known: Map<number, Type>): Decoded => {
          if (bytes === null) return { deleted: true };
          if (bytes[0] !== 0) try { return { value: JSON.parse(bytes.toString()) }; } catch { return { broken: true }; }
          const id = bytes.readInt32BE(1);
          const writer = known.get(id);
          return writer ? { value: writer.fromBuffer(bytes.subarray(5)) } : { unknownSchema: id };
        };`,
        // JSON begins with a brace.
        `const decode = (bytes: Buffer | null, known: Map<number, Type>): Decoded => {
          if (bytes === null) return { deleted: true };
          try {
            if (bytes.toString().startsWith("{")) return { value: JSON.parse(bytes.toString()) };
            const id = bytes.readInt32BE(1);
            const writer = known.get(id);
            return writer ? { value: writer.fromBuffer(bytes.subarray(5)) } : { unknownSchema: id };
          } catch { return { broken: true }; }
        };`,
        // JSON begins with a brace or a bracket.
        `const decode = (bytes: Buffer | null, known: Map<number, Type>): Decoded => {
          if (bytes === null) return { deleted: true };
          try {
            if (bytes[0] !== 0 && !/^[{[]/.test(bytes.toString())) return { broken: true };
            if (bytes[0] !== 0) return { value: JSON.parse(bytes.toString()) };
            const id = bytes.readInt32BE(1);
            const writer = known.get(id);
            return writer ? { value: writer.fromBuffer(bytes.subarray(5)) } : { unknownSchema: id };
          } catch { return { broken: true }; }
        };`,
        // A number of one byte.
        `const decode = (bytes: Buffer | null, known: Map<number, Type>): Decoded => {
          if (bytes === null) return { deleted: true };
          try {
            if (bytes[0] !== 0) return { value: JSON.parse(bytes.toString()) };
            const writer = known.get(bytes[4]!);
            return writer ? { value: writer.fromBuffer(bytes.subarray(5)) } : { unknownSchema: bytes[4]! };
          } catch { return { broken: true }; }
        };`,
      ],
      right: [
        `const decode = (bytes: Buffer | null, known: Map<number, Type>): Decoded => {
          const tried = (work: () => unknown): Decoded => {
            try { return { value: work() }; } catch { return { broken: true }; }
          };
          if (!bytes) return { deleted: true };
          if (bytes.at(0) !== 0) return tried(() => JSON.parse(new TextDecoder().decode(bytes)));
          if (bytes.length < 5) return { broken: true };
          const id = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1);
          const writer = known.get(id);
          return writer ? tried(() => writer.fromBuffer(bytes.subarray(5))) : { unknownSchema: id };
        };`,
      ],
    },
    accepts: {
      wrong: [
        // The wrong way round.
        `const reads = (reader: Type, writer: Type) => {
          try { reader.createResolver(writer); return true; } catch { return false; }
        };
        const accepts = (mode: Mode, older: Type, newer: Type): boolean => {
          if (mode === "NONE") return true;
          if (mode === "BACKWARD") return reads(older, newer);
          if (mode === "FORWARD") return reads(newer, older);
          return reads(older, newer) && reads(newer, older);
        };`,
        // Full is either.
        `const reads = (reader: Type, writer: Type) => {
          try { reader.createResolver(writer); return true; } catch { return false; }
        };
        const accepts = (mode: Mode, older: Type, newer: Type): boolean => {
          if (mode === "NONE") return true;
          if (mode === "BACKWARD") return reads(newer, older);
          if (mode === "FORWARD") return reads(older, newer);
          return reads(older, newer) || reads(newer, older);
        };`,
        // The mode NONE takes nothing.
        `const reads = (reader: Type, writer: Type) => {
          try { reader.createResolver(writer); return true; } catch { return false; }
        };
        const accepts = (mode: Mode, older: Type, newer: Type): boolean => {
          const there = mode === "BACKWARD" || mode === "FULL" ? reads(newer, older) : mode !== "NONE";
          return there && (mode === "BACKWARD" || reads(older, newer));
        };`,
        // Only the number of fields.
        `const accepts = (mode: Mode, older: Type, newer: Type): boolean => {
          const fields = (type: Type) => (type.schema() as unknown as { fields: object[] }).fields.length;
          if (mode === "BACKWARD") return fields(newer) <= fields(older);
          if (mode === "FORWARD") return fields(newer) >= fields(older);
          return mode === "NONE" || fields(newer) === fields(older);
        };`,
      ],
      right: [
        `const accepts = (mode: Mode, older: Type, newer: Type): boolean => {
          const needed: Record<Mode, [Type, Type][]> = {
            NONE: [], BACKWARD: [[newer, older]], FORWARD: [[older, newer]], FULL: [[newer, older], [older, newer]],
          };
          try {
            for (const [reader, writer] of needed[mode]) reader.createResolver(writer);
          } catch { return false; }
          return true;
        };`,
      ],
    },
    "exam-part-7": {
      wrong: [
        `const answers = { eightPartitions: 46, lostRequest: 1, avro: 38, blind: 2, added: 2, renamed: 4, fifthByte: 300, lookups: 60, tooLarge: 3, trail: 3 };`,
      ],
      right: [],
    },
  },
} satisfies Proofs;
