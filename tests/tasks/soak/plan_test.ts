import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  GROUPS,
  makePlan,
  type NodeStep,
  type Step,
  stepText,
} from "../../../tasks/soak/plan.ts";

function ofLane<Lane extends Step["lane"]>(plan: Step[], lane: Lane) {
  return plan.filter((step) => step.lane === lane) as Extract<
    Step,
    { lane: Lane }
  >[];
}

Deno.test("makePlan() gives the same plan for the same seed and minutes, and others for others", () => {
  assertEquals(makePlan(1, 2), makePlan(1, 2));
  assertNotEquals(makePlan(1, 2), makePlan(2, 2));
  // As it was when this was written: a seed in a report must stay good.
  assertEquals(makePlan(7, 2).slice(0, 4).map(stepText), FIRST_OF_SEED_7);
});

Deno.test("makePlan() begins a longer plan as the shorter one", () => {
  for (const lane of ["nodes", "wires", "crashes"] as const) {
    const [short, long] = [2, 20].map((minutes) =>
      ofLane(makePlan(4, minutes), lane).map(stepText)
    ) as [string[], string[]];
    assertEquals(long.slice(0, short.length), short);
    assert(long.length > 5 * short.length);
  }
});

Deno.test("makePlan() has every kind of fault within two minutes, whatever the seed", () => {
  for (let seed = 0; seed < 200; seed++) {
    const plan = makePlan(seed, 2);
    const nodes = ofLane(plan, "nodes");
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
    assertEquals(new Set(ofLane(plan, "wires").map((s) => s.kind)).size, 6);
    const groups = ofLane(plan, "crashes").map(({ group }) => group);
    assertEquals(new Set(groups).size, GROUPS.length);
  }
});

Deno.test("makePlan() has one node away at a time, and all back 20 s before the end", () => {
  const backAt = ({ atMs, forMs }: NodeStep) => atMs + forMs;
  for (let seed = 0; seed < 50; seed++) {
    const plan = makePlan(seed, 5);
    const nodes = ofLane(plan, "nodes");
    nodes.slice(1).forEach((step, i) =>
      assert(step.atMs > backAt(nodes[i]!), `seed ${seed}, step ${i + 1}`)
    );
    assert(backAt(nodes.at(-1)!) <= 280_000);
    assert(plan.every(({ atMs }) => atMs >= 4_000 && atMs <= 280_000));
  }
});

Deno.test("stepText() tells a step so that a person can repeat it", () => {
  const steps: Step[] = [
    { lane: "nodes", atMs: 0, kind: "kill", node: "controller", forMs: 2_500 },
    { lane: "nodes", atMs: 0, kind: "restart", node: 2, forMs: 0 },
    {
      ...{ lane: "wires", atMs: 0, kind: "delay the response" },
      ...{ wire: "transactions", apiKey: "EndTxn", times: 2, delayMs: 700 },
    } as Step,
    { lane: "crashes", atMs: 0, group: "by key", killAt: "now" },
    {
      ...{ lane: "crashes", atMs: 0, group: "by batch" },
      killAt: { record: 7, when: "processed" },
    } as Step,
  ];
  assertEquals(steps.map(stepText), [
    "kill the controller for 2.5 s",
    "restart broker 2",
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
