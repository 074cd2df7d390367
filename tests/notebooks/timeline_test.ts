// A picture that grows under its cell, in a real kernel. No broker is needed.
import { assertEquals, assertMatch } from "@std/assert";
import { type Output, textOf } from "../../tasks/notebooks/document.ts";
import { runNotebook } from "../../tasks/notebooks/run.ts";
import { code, NotebookFolder } from "./_temporary_notebook.ts";

Deno.test("liveTimeline() grows in place after its cell has ended, and keeps its last picture", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("timeline", [
      code('import "lib/notebook/notebook.ts";'),
      code(`import { GroupTimeline } from "lib/experiment/group_timeline.ts";
import { liveTimeline } from "lib/notebook/timeline_picture.ts";
const timeline = new GroupTimeline();
const join = (member: string) =>
  timeline.record({ member, type: "joined", assignment: { orders: [0] } });
join("A");
const live = liveTimeline(timeline, { everyMs: 300 });
const limited = liveTimeline(timeline, { everyMs: 250, limitMs: 350 });
const growing = liveTimeline(timeline, { everyMs: 300 });`),
      // The limited one has ended after this, however busy the computer is.
      code("await new Promise((resolve) => setTimeout(resolve, 500));"),
      code(`timeline.record({ member: "A", type: "killed" });
live.stop();
join("B");
await new Promise((resolve) => setTimeout(resolve, 400));`),
    ]),
  );
  assertEquals(run.items.filter(({ failure }) => failure), []);
  const [[stopped, limited, growing] = [], ...others] = [1, 2, 3].map((cell) =>
    run.outputs.get(cell)!
  );
  assertEquals(others.flat(), []);
  const textIn = (output?: Output) =>
    textOf(output!.data!["text/plain"] as string);
  assertMatch(textIn(stopped), /partition 0 {2}A .* s \(killed\)$/);
  assertMatch(textIn(limited), /partition 0 {2}A \S+ s to now$/);
  assertMatch(textIn(growing), /\(killed\), B \S+ s to now$/);
});
