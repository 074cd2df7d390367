import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ReplicaLook, ReplicaWatch } from "lib/admin/replica_watch.ts";
import { replicaPicture } from "lib/notebook/replica_picture.ts";
import { drawing } from "./_drawing.ts";

function watched(
  looks: [number, ReplicaLook][],
  marks: [number, string][] = [],
) {
  let now = 0;
  const watch = new ReplicaWatch([2, 1], undefined, () => now);
  const steps = [
    ...looks.map(([ms, look]) => ({ ms, step: () => watch.record(look) })),
    ...marks.map(([ms, label]) => ({ ms, step: () => watch.mark(label) })),
  ];
  for (const { ms, step } of steps.sort((a, b) => a.ms - b.ms)) {
    now = ms;
    step();
  }
  return watch.data();
}

const quiet: ReplicaLook = {
  leader: 2,
  isr: [1, 2],
  highWatermark: 3n,
  logEnds: { 1: 3n, 2: 3n },
};
const frozen = { ...quiet, logEnds: { 1: null, 2: 9n } };
const shrunk = { ...frozen, isr: [2], highWatermark: 9n };
const freeze = watched(
  [[0, quiet], [1_000, frozen], [7_000, shrunk], [8_000, quiet], [
    10_000,
    quiet,
  ]],
  [[900, "1 frozen"], [9_900, "at the right edge"]],
);

Deno.test("replicaPicture() says in text what it draws, broker by broker", () => {
  const output = replicaPicture(freeze, { title: "A freeze" });
  assertEquals(
    output.toString(),
    [
      "A freeze",
      "broker 1  in sync 0.0 s to 7.0 s, not in sync 7.0 s to 8.0 s, in sync 8.0 s to now; does not answer 1.0 s to 8.0 s",
      "broker 2  leads 0.0 s to now",
      "high watermark  3, 9, 3",
    ].join("\n"),
  );
});

Deno.test("replicaPicture() draws who leads, who is in sync, who does not answer, and where logs end", () => {
  const svg = drawing(replicaPicture(freeze));
  const [, roles, silent] = svg.split('<g aria-label="bar"');
  const fills = (group = "") =>
    [...group.split("</g>")[0]!.matchAll(/<rect[^>]* fill="([^"]+)"/g)]
      .map(([, fill]) => fill);
  assertEquals(fills(roles), ["#a6dfa8", "#dcdcd6", "#a6dfa8", "#9ecbff"]);
  assertEquals(fills(silent), ["#b3261e"]);
  for (const text of ["broker 1", "broker 2", ">9</text>", "1 frozen"]) {
    assertStringIncludes(svg, text);
  }
  assertStringIncludes(svg, 'aria-label="area"');
});

Deno.test("replicaPicture() turns a label at the right edge to the left", () => {
  const svg = drawing(replicaPicture(freeze));
  assertStringIncludes(svg, "at the right edge");
  const anchorOf = (label: string) =>
    svg.slice(0, svg.indexOf(label)).match(/text-anchor="(\w+)"/g)?.at(-1);
  assertEquals(anchorOf("at the right edge"), 'text-anchor="end"');
  assert(anchorOf("1 frozen") !== 'text-anchor="end"');
});

Deno.test("replicaPicture() of a partition without a leader is a picture, too", () => {
  const nobody = {
    leader: null,
    isr: [2],
    highWatermark: null,
    logEnds: { 1: 3n, 2: null },
  };
  const output = replicaPicture(watched([[0, nobody], [500, nobody]]));
  assertStringIncludes(output.toString(), "broker 2  in sync 0.0 s to now");
});
