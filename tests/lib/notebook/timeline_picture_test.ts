import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GroupTimeline } from "lib/experiment/group_timeline.ts";
import { timelinePicture } from "lib/notebook/timeline_picture.ts";
import { drawing } from "./_drawing.ts";

function timelineOf(
  work: (timeline: GroupTimeline, at: (ms: number) => void) => void,
) {
  let now = 0;
  const timeline = new GroupTimeline({ now: () => now });
  work(timeline, (ms) => now = ms);
  return timeline.data();
}

const threeMembers = timelineOf((timeline, at) => {
  const joined = (member: string, orders: number[]) =>
    timeline.record({ member, type: "joined", assignment: { orders } });
  joined("A", [0, 1]);
  at(1_000);
  timeline.record({ member: "A", type: "rebalancing" });
  at(1_200);
  joined("A", [0]);
  joined("B", [1]);
  timeline.record({
    member: "B",
    type: "processed",
    topic: "orders",
    partition: 1,
  });
  at(2_000);
  timeline.record({ member: "B", type: "killed" });
  at(4_000);
});

Deno.test("timelinePicture() says in text what it draws, partition by partition", () => {
  const output = timelinePicture(threeMembers, { title: "A kill" });
  assertEquals(
    output.toString(),
    [
      "A kill",
      "partition 0  A 0.0 s to 1.0 s, A 1.2 s to now",
      "partition 1  A 0.0 s to 1.0 s, B 1.2 s to 2.0 s (killed)",
    ].join("\n"),
  );
  assertStringIncludes(
    String(output.metadata.alt),
    "A kill. partition 0  A 0.0 s",
  );
});

Deno.test("timelinePicture() draws a bar for each ownership, one colour a member, and a cross for a kill", () => {
  const svg = drawing(timelinePicture(threeMembers));
  const [, bars = ""] = /<g aria-label="bar"[^>]*>(.*?)<\/g>/s.exec(svg) ?? [];
  const fills = [...bars.matchAll(/fill="([^"]+)"/g)].map(([, fill]) => fill);
  assertEquals(fills.length, 4);
  assertEquals(new Set(fills).size, 2);
  const widths = [...bars.matchAll(/ width="([\d.]+)"/g)]
    .map(([, width]) => Number(width));
  const [first, , second] = widths as [number, number, number, number];
  // 1 s and 2.8 s.
  assert(Math.abs(second / first - 2.8) < 0.1, `${widths}`);
  assertEquals(svg.split("✕").length - 1, 1);
});

Deno.test("timelinePicture() draws a tick for each join where joins are asked for, in a row for each member", () => {
  const data = timelineOf((timeline, at) => {
    const joined = (member: string, memberId: string, orders: number[]) =>
      timeline.record({
        ...{ member, type: "joined", memberId },
        assignment: { orders },
      });
    joined("A", "A-1", [0]);
    joined("B", "B-1", [1]);
    at(5_000);
    joined("A", "A-2", [0]);
    at(6_000);
  });
  const output = timelinePicture(data, { joins: true, title: "A storm" });
  assertEquals(
    output.toString(),
    [
      "A storm",
      "partition 0  A 0.0 s to 5.0 s (removed), A 5.0 s to now",
      "partition 1  B 0.0 s to now",
      "A joined 2 times: 0.0 s, 5.0 s",
      "B joined once: 0.0 s",
    ].join("\n"),
  );
  assertStringIncludes(String(output.metadata.alt), "A joined 2 times");
  const svg = drawing(output);
  const [, ticks = ""] =
    /<g [^>]*aria-label="tick"[^>]*>(.*?)<\/g>/s.exec(svg) ??
      [];
  assertEquals(ticks.split("<line").length - 1, 3);
  assertStringIncludes(svg, "A joins");
  assert(!timelinePicture(data).toString().includes("joined"));
});

Deno.test("timelinePicture() names the topics where there are two", () => {
  const data = timelineOf((timeline) =>
    timeline.record({
      member: "A",
      type: "joined",
      assignment: { orders: [0], bills: [0] },
    })
  );
  assertStringIncludes(timelinePicture(data).toString(), "bills 0  A 0.0 s");
});

Deno.test("timelinePicture() of nothing yet is a picture, too", () => {
  const data = timelineOf(() => {});
  assertStringIncludes(
    timelinePicture(data).toString(),
    "No member owns a partition yet.",
  );
});
