import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  GROUPS,
  makePlan,
  type NodeStep,
  type Step,
  stepText,
} from "lib/experiment/fault_plan.ts";

function ofSeries<Series extends Step["series"]>(plan: Step[], series: Series) {
  return plan.filter((step) => step.series === series) as Extract<
    Step,
    { series: Series }
  >[];
}

Deno.test("makePlan() gives the same plan for the same seed and minutes, and others for others", () => {
  assertEquals(makePlan(1, 2), makePlan(1, 2));
  assertNotEquals(makePlan(1, 2), makePlan(2, 2));
  // As it was when this was written: a seed in a report must stay good.
  assertEquals(makePlan(7, 2).slice(0, 4).map(stepText), FIRST_OF_SEED_7);
});

Deno.test("makePlan() begins a longer plan as the shorter one", () => {
  for (const series of ["nodes", "wires", "crashes"] as const) {
    const [short, long] = [2, 20].map((minutes) =>
      ofSeries(makePlan(4, minutes), series).map(stepText)
    ) as [string[], string[]];
    assertEquals(long.slice(0, short.length), short);
    assert(long.length > 5 * short.length);
  }
});

Deno.test("makePlan() has every kind of fault within two minutes, whatever the seed", () => {
  for (let seed = 0; seed < 200; seed++) {
    const plan = makePlan(seed, 2);
    const nodes = ofSeries(plan, "nodes");
    const kinds = nodes.map(({ kind, node }) =>
      node === "controller" ? "controller" : kind
    );
    assertEquals(
      new Set(kinds).isSupersetOf(
        new Set(["kill", "freeze", "restart", "controller"]),
      ),
      true,
      `seed ${seed}: ${kinds}`,
    );
    assertEquals(new Set(ofSeries(plan, "wires").map((s) => s.kind)).size, 6);
    const groups = ofSeries(plan, "crashes").map(({ group }) => group);
    assertEquals(new Set(groups).size, GROUPS.length);
  }
});

Deno.test("makePlan() has one node away at a time, and all back 20 s before the end", () => {
  const backAt = ({ atMs, forMs }: NodeStep) => atMs + forMs;
  for (let seed = 0; seed < 50; seed++) {
    const plan = makePlan(seed, 5);
    const nodes = ofSeries(plan, "nodes");
    nodes.slice(1).forEach((step, i) =>
      assert(step.atMs > backAt(nodes[i]!), `seed ${seed}, step ${i + 1}`)
    );
    assert(backAt(nodes.at(-1)!) <= 280_000);
    assert(plan.every(({ atMs }) => atMs >= 4_000 && atMs <= 280_000));
  }
});

Deno.test("makePlan() makes the last topics unwritable while a broker is away, each of them at times and not always", () => {
  const options = { topics: 6, unwritable: 2 };
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 20; seed++) {
    const plan = makePlan(seed, 20, options);
    assertEquals(plan, makePlan(seed, 20, options));
    for (const step of ofSeries(plan, "nodes")) {
      const isAway = step.kind !== "restart" && step.node !== "controller";
      const topics = step.unwritable.join(" ");
      assert(isAway || topics === "", stepText(step));
      // Longer than a broker's session, so that the others know that it is away.
      assert(topics === "" || step.forMs >= 20_000, stepText(step));
      if (isAway) counts.set(topics, (counts.get(topics) ?? 0) + 1);
    }
  }
  assertEquals([...counts.keys()].toSorted(), ["", "5", "5 6", "6"]);
});

Deno.test("makePlan() leaves the wires and the consumers their plan, whatever the topics", () => {
  for (const series of ["wires", "crashes"] as const) {
    assertEquals(
      ofSeries(makePlan(7, 5, { topics: 6, unwritable: 2 }), series),
      ofSeries(makePlan(7, 5), series),
    );
  }
  assertEquals(makePlan(7, 5, { topics: 6 }), makePlan(7, 5));
});

Deno.test("stepText() tells a step so that a person can repeat it", () => {
  const node = { series: "nodes" as const, atMs: 0, unwritable: [] };
  const steps: Step[] = [
    { ...node, kind: "kill", node: "controller", forMs: 2_500 },
    { ...node, kind: "restart", node: 2, forMs: 0, unwritable: [] },
    { ...node, kind: "kill", node: 1, forMs: 21_000, unwritable: [6] },
    { ...node, kind: "freeze", node: 3, forMs: 20_000, unwritable: [5, 6] },
    {
      ...{ series: "wires", atMs: 0, kind: "delay the response" },
      ...{ wire: "transactions", apiKey: "EndTxn", times: 2, delayMs: 700 },
    } as Step,
    { series: "crashes", atMs: 0, group: "by key", killAt: "now" },
    {
      ...{ series: "crashes", atMs: 0, group: "by batch" },
      killAt: { record: 7, when: "processed" },
    } as Step,
  ];
  assertEquals(steps.map(stepText), [
    "kill the controller for 2.5 s",
    "restart broker 2",
    "kill broker 1 for 21.0 s, topic 6 unwritable meanwhile",
    "freeze broker 3 for 20.0 s, topics 5 and 6 unwritable meanwhile",
    "delay the response by 700 ms: EndTxn × 2 of the transactional loop",
    "kill the consumer 'by key'",
    "kill a second consumer 'by batch' at its record 7, processed",
  ]);
});

const FIRST_OF_SEED_7 = [
  "freeze broker 2 for 4.8 s",
  "lose the response: OffsetCommit × 1 of the consumers",
  "kill the consumer 'by batch'",
  "delay the response by 518 ms: Metadata × 1 of the producer",
];
