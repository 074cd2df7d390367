import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: "const byNumber = await sendPayments((_account, n) => `tx-${n}`);",
      to: "const byNumber = await sendPayments((account) => account);",
      breaks: { "05/order-across": "measured: []" },
    },
    {
      from: "const byAccount = await sendPayments((account) => account);",
      to: "const byAccount = await sendPayments((_account, n) => `tx-${n}`);",
      breaks: { "05/order-within": '"cleo"' },
    },
    {
      from: "delayMs: 1_500",
      to: "delayMs: 1",
      breaks: { "05/whose-is-first": 'first: "Ada"' },
    },
    {
      from:
        "const plain = await sendOrders(8, ({ rank }) => `customer-${rank}`);",
      to:
        "const plain = await sendOrders(8, ({ rank, n }) => `order-${rank}-${n}`);",
      breaks: {
        "05/hot-partition": "skew: 1.0",
        "05/more-partitions": '"of 32": 1452',
        "05/salt-costs-order": '"without salt": []',
      },
    },
    {
      from: "sendOrders(8, saltedBy(8))",
      to: "sendOrders(8, saltedBy(1))",
      breaks: { "05/salt-spreads": "partitions: 1" },
    },
    {
      from: "walk([1, 2, 3, 4, 6, 7, 5, 8, 9])",
      to: "walk([1, 2, 3, 4, 5, 6, 7, 8, 9])",
      breaks: { "05/late-record": '"5 late": [1, 2, 3, 4, 5, 6, 7, 8]' },
    },
    {
      from: "{ slowBy: 2_500 }",
      to: "{ slowBy: 0 }",
      breaks: {
        "05/clocks-and-silence":
          '"even steps 2.5 s slow": [1, 2, 3, 4, 5, 6, 7, 8]',
      },
    },
  ]],
  answers: {
    salts: {
      wrong: [
        "const salts = 10;", // 1.41
        "const salts = 12;", // enough, and 11 are, too
        "const salts = 38;", // enough, while 37 and 36 are not
        "const salts = 1;",
      ],
      right: ["const salts = 8 + 3;"],
    },
    key: {
      wrong: [
        `const messageOf = (event: Delivery): Message => ({
          key: event.eventId,
          value: JSON.stringify(event),
        });`,
        `const messageOf = (event: Delivery): Message => ({
          key: event.city,
          value: JSON.stringify(event),
        });`,
        // No key at all.
        "const messageOf = (event: Delivery): Message => ({ value: JSON.stringify(event) });",
        // What happened in place of whose it is.
        `const messageOf = (event: Delivery): Message => ({
          key: event.event,
          value: JSON.stringify(event),
        });`,
        // The key is right, the value is not the event.
        "const messageOf = (event: Delivery): Message => ({ key: event.delivery, value: event.event });",
      ],
      right: [
        `const messageOf = (event: Delivery): Message => ({
          key: Buffer.from(\`\${event.restaurant}/\${event.delivery}\`),
          value: Buffer.from(JSON.stringify({ ...event, at: 1 })),
        });`,
      ],
    },
    hot: {
      wrong: [
        // It knows who was hot in round 3.
        `const keyFor = (customer: string, soFar: number): string =>
          ["customer-1", "customer-2", "customer-3", "customer-4", "customer-5", "customer-6"].includes(customer)
            ? \`\${customer}#\${soFar % 16}\` : customer;`,
        // It salts everybody.
        "const keyFor = (customer: string, soFar: number): string => `${customer}#${soFar % 16}`;",
        // Only the very hottest.
        "const keyFor = (customer: string, soFar: number): string => soFar < 700 ? customer : `${customer}#${soFar % 16}`;",
        // One salt for all: the key moves, and is as hot as before.
        "const keyFor = (customer: string, soFar: number): string => soFar < 200 ? customer : `${customer}#0`;",
        // The customer is no longer in front of the #.
        "const keyFor = (customer: string, soFar: number): string => soFar < 200 ? customer : `${soFar % 16}#${customer}`;",
      ],
      right: [
        `const keyFor = (customer: string, soFar: number): string => {
          if (soFar <= 150) return customer;
          return customer + "#" + Math.floor(soFar / 5);
        };`,
      ],
    },
    "exam-part-1": {
      wrong: [
        `const answers = {
          unknownTopic: "refuse",
          committed: 2,
          afterDeletion: 0,
          oneTooLarge: 9,
          nullValue: 1,
          deadAddress: 3,
          namedPartition: 1,
          grownTopic: 1,
          twoProducers: "early",
          hotKey: "under 20",
        };`,
        `const answers = {
          unknownTopic: "refuse",
          committed: 3,
          afterDeletion: 4,
          oneTooLarge: 0,
          nullValue: 2,
          deadAddress: 3,
          namedPartition: 2,
          grownTopic: 2,
          twoProducers: "late",
          hotKey: undefined,
        };`,
      ],
      right: [],
    },
  },
} satisfies Proofs;
