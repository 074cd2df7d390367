import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

/** The rules that exercise "least" asks for. */
const ORDERS = `{ ...mine, resourceName: "orders", operation: Operation.READ }`;
const BILLS = `{ ...mine, resourceName: "bills", operation: Operation.WRITE }`;
const GROUP =
  `{ ...mine, resourceType: Resource.GROUP, resourceName: "billing", operation: Operation.READ }`;

const acls = (rules: string[], mine = `principal: "User:billing"`) =>
  `const mine = { ...rule, ${mine} };
  const acls = [${rules.join(", ")}];`;

export default {
  runs: [[
    {
      from: '"PLAIN": await spyOn("LOGIN", { sasl: byPlain })',
      to: '"PLAIN": await spyOn("SAFE", { ssl, sasl: byPlain })',
      breaks: { "28/on-the-wire": '["nothing", "card", "nothing"]' },
    },
    {
      from: "const cure = { rejectUnauthorized: false };",
      to: "const cure = { rejectUnauthorized: true };",
      breaks: {
        "28/reject-unauthorized": '["nothing", "nothing", "nothing"]',
      },
    },
    {
      from: '"no login": knock("SAFE", { ssl })',
      to: '"no login": knock("SAFE", { ssl, sasl: alice })',
      breaks: {
        "28/no-login": 'kafkajs: ""',
        "28/who-refused": "TLS login TLS TLS - TLS TLS - - login",
      },
    },
    {
      from: 'authority.issue("alice")',
      to: 'authority.issue("bob")',
      breaks: { "28/principals": "User:CN=bob" },
    },
    {
      from: 'sendOne(her, "orders", { idempotent: true })',
      to: 'sendOne(her, "orders", { idempotent: false })',
      breaks: { "28/without-rights": "Topic authorization failed" },
    },
    {
      from: 'resourceName: "shop-"',
      to: 'resourceName: "stop-"',
      breaks: { "28/rights": "Failed to find group coordinator" },
    },
    {
      from: "const permissionType = Permission.DENY;",
      to: "const permissionType = Permission.ALLOW;",
      breaks: { "28/deny-beats-allow": 'denied: ""' },
    },
    {
      from: 'const safe = await notebook.use(clientAt("SAFE", his).admin());',
      to: 'const safe = await notebook.use(clientAt("SHIFT", his).admin());',
      breaks: { "28/deleted-user": "after: [false, false]" },
    },
    {
      from: "producerBytesPerSecond: 20_000",
      to: "producerBytesPerSecond: 20_000_000",
      breaks: { "28/quota": "taken: 8" },
    },
  ]],
  answers: {
    safe: {
      wrong: [
        // An authority that only the company knows.
        `const safeConfig: Partial<KafkaConfig> = { ssl: true, sasl: scram("chef") };`,
        // The password is safe, and nothing else.
        `const safeConfig: Partial<KafkaConfig> = { ssl: { rejectUnauthorized: false }, sasl: scram("chef") };`,
        // The broker gets to see the password.
        `const safeConfig: Partial<KafkaConfig> = { ssl: { ca: [kitchen.certificate] }, sasl: byPlain };`,
        // Trusts everybody who was ever trusted.
        `const safeConfig: Partial<KafkaConfig> = {
          ssl: { ca: [kitchen.certificate, stranger.certificate] }, sasl: scram("chef"),
        };`,
        // No TLS at all.
        `const safeConfig: Partial<KafkaConfig> = { sasl: scram("chef") };`,
      ],
      right: [
        `const safeConfig: Partial<KafkaConfig> = {
          ssl: { ca: kitchen.certificate, servername: "localhost", rejectUnauthorized: true },
          sasl: { mechanism: "scram-sha-512", username: "chef", password: "chef-secret" },
        };`,
      ],
    },
    least: {
      wrong: [
        // No right to the group.
        acls([ORDERS, BILLS]),
        // Any group.
        acls([
          ORDERS,
          BILLS,
          `{ ...mine, resourceType: Resource.GROUP, resourceName: "*", operation: Operation.READ }`,
        ]),
        // Everything on bills.
        acls([
          ORDERS,
          `{ ...mine, resourceName: "bills", operation: Operation.ALL }`,
          GROUP,
        ]),
        // Prefixes.
        acls(
          [ORDERS, BILLS, GROUP],
          'principal: "User:billing", resourcePatternType: Pattern.PREFIXED',
        ),
        // Everybody.
        acls([ORDERS, BILLS, GROUP], 'principal: "User:*"'),
        // Reads and writes both.
        acls([
          `...["orders", "bills"].flatMap((resourceName) => [Operation.READ, Operation.WRITE]
            .map((operation) => ({ ...mine, resourceName, operation })))`,
          GROUP,
        ]),
        // The right to be idempotent, which WRITE on a topic brings.
        acls([
          ORDERS,
          BILLS,
          GROUP,
          `{ ...mine, resourceType: Resource.CLUSTER, resourceName: "kafka-cluster", operation: Operation.IDEMPOTENT_WRITE }`,
        ]),
        // Creates bills, too.
        acls([
          ORDERS,
          BILLS,
          `{ ...mine, resourceName: "bills", operation: Operation.CREATE }`,
          GROUP,
        ]),
        // Everything on its group.
        acls([
          ORDERS,
          BILLS,
          `{ ...mine, resourceType: Resource.GROUP, resourceName: "billing", operation: Operation.ALL }`,
        ]),
        // Groups that begin like its own.
        acls([
          ORDERS,
          BILLS,
          `{ ...mine, resourceType: Resource.GROUP, resourceName: "billing", resourcePatternType: Pattern.PREFIXED, operation: Operation.READ }`,
        ]),
      ],
      right: [
        // What is implied is written out.
        `const may = (resourceType: Resource, resourceName: string, operation: Operation) =>
          ({ ...rule, principal: "User:billing", resourceType, resourceName, operation });
        const acls = [
          may(Resource.GROUP, "billing", Operation.DESCRIBE),
          may(Resource.GROUP, "billing", Operation.READ),
          may(Resource.TOPIC, "bills", Operation.DESCRIBE),
          may(Resource.TOPIC, "bills", Operation.WRITE),
          may(Resource.TOPIC, "orders", Operation.READ),
        ];`,
      ],
    },
    move: {
      wrong: [
        // By KafkaJS's message alone.
        `const firstMove = ({ kafkajs }: Refused): Move => {
          if (/Closed connection/.test(kafkajs)) return "log in";
          if (/secure TLS/.test(kafkajs)) return "turn TLS off";
          if (/verify|altnames/.test(kafkajs)) return "look at the broker's certificate";
          if (/SASL state/.test(kafkajs)) return "do not log in";
          if (/mechanism$/.test(kafkajs)) return "take another mechanism";
          if (/credentials/.test(kafkajs)) return "check name and password";
          if (/broker pool/.test(kafkajs)) return "get a new token";
          if (/authoriz|coordinator/.test(kafkajs)) return "ask for the right";
          return "look at my certificate";
        };`,
        // By the layer alone.
        `const firstMove = ({ layer }: Refused): Move => {
          if (layer === "TLS") return "look at the broker's certificate";
          return layer === "login" ? "check name and password" : "ask for the right";
        };`,
        // Knows one of the messages about a client's certificate.
        `const firstMove = ({ kafkajs, layer, log }: Refused): Move => {
          if (layer === "rights") return "ask for the right";
          if (/invalid receive/i.test(log)) return "turn TLS off";
          if (/fatal alert/.test(kafkajs)) return "look at my certificate";
          if (/Closed/.test(kafkajs) && layer === "TLS") return "turn TLS on";
          if (layer === "TLS" || layer === "-") return "look at the broker's certificate";
          if (/Unexpected Kafka request/.test(log)) return "log in";
          if (/Unsupported/.test(log)) return "take another mechanism";
          return /credentials/.test(log) ? "check name and password" : "get a new token";
        };`,
        // Forgets the tokens.
        `const firstMove = ({ kafkajs, layer, log }: Refused): Move => {
          if (layer === "rights") return "ask for the right";
          if (/invalid receive/i.test(log)) return "turn TLS off";
          if (/verify|altnames/.test(kafkajs)) return "look at the broker's certificate";
          if (layer === "TLS") return kafkajs === "Closed connection" ? "turn TLS on" : "look at my certificate";
          if (/SASL state/.test(kafkajs)) return "do not log in";
          if (/Unsupported/.test(log)) return "take another mechanism";
          return /credentials/.test(log) ? "check name and password" : "log in";
        };`,
      ],
      right: [
        `const signs: [RegExp, Move][] = [
          [/^rights/, "ask for the right"],
          [/invalid receive/i, "turn TLS off"],
          [/unable to verify|altnames/, "look at the broker's certificate"],
          [/^TLS .*Closed connection/, "turn TLS on"],
          [/^TLS/, "look at my certificate"],
          [/current SASL state/, "do not log in"],
          [/Unexpected Kafka request/, "log in"],
          [/invalid credentials/, "check name and password"],
          [/Unsupported SASL mechanism/, "take another mechanism"],
        ];
        const firstMove = ({ kafkajs, layer, log }: Refused): Move => {
          const all = [layer, log, kafkajs].join(" ");
          return signs.find(([sign]) => sign.test(all))?.[1] ?? "get a new token";
        };`,
      ],
    },
  },
} satisfies Proofs;
