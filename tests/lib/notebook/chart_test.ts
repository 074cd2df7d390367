import * as Plot from "@observablehq/plot";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chart } from "lib/notebook/chart.ts";
import { drawing } from "./_drawing.ts";

const lag = [0, 1, 2, 3].flatMap((second) =>
  ["billing", "kitchen <&>"].map((group, index) => ({
    second,
    records: second * 10 + index,
    group,
  }))
);
const lines = {
  marks: [Plot.lineY(lag, { x: "second", y: "records", stroke: "group" })],
};

Deno.test("chart() says in words what its axes and colours show", () => {
  assertEquals(
    chart(lines, { title: "Lag" }).toString(),
    "Lag\nsecond: 0 to 3; records: 0 to 31; color: billing, kitchen <&>",
  );
  assertEquals(
    chart(lines, { title: "Lag", summary: "It grows." }).toString(),
    "Lag\nIt grows.",
  );
});

Deno.test("chart() is an image with alt text that fits a laptop, whatever width is asked for", () => {
  const output = chart({ ...lines, width: 2_000 }, {
    title: "Lag",
    alt: "Two lines rise",
  });
  const png = output.metadata["image/png"] as { width: number; alt: string };
  assertEquals([png.width, png.alt], [720, "Two lines rise"]);
});

Deno.test("chart() has a ground and inks of its own, title and legend inside the picture", () => {
  const svg = drawing(chart(lines, { title: "Lag & more" }));
  assertStringIncludes(svg, 'fill="#fcfcfa"');
  assertStringIncludes(svg, 'color="#1f2328"');
  assertStringIncludes(svg, ">Lag &amp; more</text>");
  assertStringIncludes(svg, ">billing</text>");
  assertStringIncludes(svg, ">kitchen &lt;&amp;&gt;</text>");
  assert(!svg.includes("<figure"));
});

Deno.test("chart() draws no legend if it is told so, or colours have no names", () => {
  const swatch = /rx="2"/;
  assert(swatch.test(drawing(chart(lines, { title: "Lag" }))));
  assert(
    !swatch.test(
      drawing(chart({ ...lines, color: { legend: false } }, { title: "Lag" })),
    ),
  );
  const plain = { marks: [Plot.dot(lag, { x: "second", y: "records" })] };
  assert(!swatch.test(drawing(chart(plain, { title: "Lag" }))));
});

Deno.test("chart() keeps colours that the caller chose", () => {
  const svg = drawing(
    chart({
      ...lines,
      color: {
        domain: ["billing", "kitchen <&>"],
        range: ["#ff0000", "#0000ff"],
      },
    }, {
      title: "Lag",
    }),
  );
  assertStringIncludes(svg, 'fill="#ff0000"');
  assertStringIncludes(svg, 'stroke="#ff0000"');
});

Deno.test("chart() draws continuous colours without a legend, and dates", () => {
  const points = [{ at: new Date(0), ms: 1 }, { at: new Date(60_000), ms: 5 }];
  const output = chart({
    marks: [Plot.dot(points, { x: "at", y: "ms", fill: "ms" })],
  }, { title: "Latency" });
  assertEquals(
    output.toString(),
    "Latency\nat: 1970-01-01T00:00:00.000Z to 1970-01-01T00:01:00.000Z; ms: 1 to 5; color: 1 to 5",
  );
});

Deno.test("chart() draws several plots one below the other, in one picture with the first's legend", () => {
  const output = chart([{ ...lines, height: 100 }, { ...lines, height: 150 }], {
    title: "Twice",
  });
  const svg = drawing(output);
  const numberOf = (tag: string, name: string) =>
    Number(new RegExp(` ${name}="([\\d.]+)"`).exec(tag)?.[1]);
  const [, first, second] = [...svg.matchAll(/<svg [^>]*>/g)]
    .map(([tag]) => ({
      height: numberOf(tag, "height"),
      y: numberOf(tag, "y"),
    }));
  assertEquals([first!.height, second!.height], [100, 150]);
  assertEquals(second!.y, first!.y + 100);
  assertEquals(svg.split(">billing</text>").length - 1, 1);
  assertEquals(output.toString().split("records: 0 to 31").length - 1, 2);
});
