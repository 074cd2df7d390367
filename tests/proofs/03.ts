import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: "const list = [dead, dead, `localhost:${office}`];",
      to: "const list = [`localhost:${office}`, dead, dead];",
      breaks: {
        "03/one-of-three": 'knocks: ["localhost:office"]',
        "03/retries-used-up": 'connect: "worked"',
      },
    },
    {
      from: "`BROKEN://127.0.0.1:${nobody}`",
      to: "`BROKEN://kafka.invalid:${nobody}`",
      breaks: {
        "03/two-steps": "kafka.invalid:nobody",
        "03/consumer-calls": "kafka.invalid",
      },
    },
    {
      from: "`INSIDE://kafka.invalid:${inside}`",
      to: "`INSIDE://localhost:${inside}`",
      breaks: {
        "03/three-answers": "localhost:inside",
        "03/inside-outside": "outside: false",
      },
    },
    {
      from: "socketFactory: () => new Socket()",
      to: "socketFactory: ({ host, port }) => connect({ host, port })",
      breaks: { "03/three-errors": 'wall: "Connection error' },
    },
  ]],
  answers: {
    retries: {
      wrong: [
        "const retries = 6;",
        "const retries = 8;",
        "const retries = 100;",
      ],
      right: ["const retries = 8 - 1;"],
    },
    diagnose: {
      wrong: [
        // Whatever is not this very listener is another cluster.
        `const diagnose = async (door: string): Promise<Diagnosis> => {
          const told = await addressOf(clientAt([door]).kafka);
          const { kind, finding } = await probeBroker(told.address);
          if (kind !== "kafka") return finding.startsWith("nothing listens") ? "dead port" : "unknown host";
          return told.address === door ? "fine" : "another cluster";
        };`,
        // Whatever answers is fine.
        `const diagnose = async (door: string): Promise<Diagnosis> => {
          const told = await addressOf(clientAt([door]).kafka);
          const { kind, finding } = await probeBroker(told.address);
          if (kind === "kafka") return "fine";
          return finding.startsWith("nothing listens") ? "dead port" : "unknown host";
        };`,
        // Whatever does not answer is a dead port.
        `const diagnose = async (door: string): Promise<Diagnosis> => {
          const told = await addressOf(clientAt([door]).kafka);
          if ((await probeBroker(told.address)).kind !== "kafka") return "dead port";
          const there = await addressOf(clientAt([told.address]).kafka);
          return there.clusterId === told.clusterId ? "fine" : "another cluster";
        };`,
        // Looks at the listener itself, not at what it advertises.
        `const diagnose = async (door: string): Promise<Diagnosis> => {
          const { kind, finding } = await probeBroker(door);
          if (kind === "kafka") return "fine";
          return finding.startsWith("nothing listens") ? "dead port" : "unknown host";
        };`,
      ],
      right: [
        // By what KafkaJS says at the address.
        `const diagnose = async (door: string): Promise<Diagnosis> => {
          const told = await addressOf(clientAt([door]).kafka);
          const producer = clientAt([told.address], { retry: { retries: 0 } }).kafka.producer();
          try {
            await producer.connect();
            await producer.disconnect();
          } catch (error) {
            return String(error).includes("ECONNREFUSED") ? "dead port" : "unknown host";
          }
          const { clusterId } = await describeCluster(clientAt([told.address]).kafka);
          return clusterId === told.clusterId ? "fine" : "another cluster";
        };`,
      ],
    },
    networks: {
      wrong: [
        `const plan = (inside: number, laptop: number, partner: number) => ({
          INSIDE: \`kafka:\${inside}\`, LAPTOP: \`localhost:\${laptop}\`, PARTNER: \`kafka.example.com:\${partner}\`,
        });`,
        `const plan = (inside: number, laptop: number, partner: number) => ({
          INSIDE: \`localhost:\${inside}\`, LAPTOP: \`localhost:\${laptop}\`, PARTNER: \`localhost:\${partner}\`,
        });`,
        `const plan = (inside: number, laptop: number, _partner: number) => ({
          INSIDE: \`kafka:\${inside}\`, LAPTOP: \`kafka:\${laptop}\`, PARTNER: "kafka.example.com:443",
        });`,
      ],
      right: [
        `const plan = (inside: number, laptop: number, _partner: number) => {
          const at = (host: string, port: number) => host + ":" + port;
          return { INSIDE: at("kafka", inside), LAPTOP: at("127.0.0.1", laptop), PARTNER: at("kafka.example.com", 443) };
        };`,
      ],
    },
  },
} satisfies Proofs;
