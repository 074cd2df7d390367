import * as Plot from "@observablehq/plot";
import type {
  GroupTimeline,
  Ownership,
  OwnershipEnd,
  TimelineData,
} from "../experiment/group_timeline.ts";
import { chart } from "./chart.ts";
import type { Output } from "./display.ts";
import {
  type LivePicture,
  livePicture,
  type LivePictureOptions,
} from "./live_picture.ts";
import { INK, textWidth } from "./picture.ts";

/** Options for {@linkcode timelinePicture}. */
export interface TimelinePictureOptions {
  /** A sentence above the picture (default: "Who owned which partition when"). */
  title?: string;
  /** The least length of the time axis in seconds, so that it need not grow at once (default 1). */
  seconds?: number;
  /**
   * Whether to add a row for each member with a tick for each of its joins
   * (default false). Who owns a partition need not show a rebalance: a member
   * may get back what it had.
   */
  joins?: boolean;
}

const ROW_HEIGHT = 34;
/** About how many pixels the time axis has. */
const AXIS_WIDTH = 580;
/** What gets a cross. */
const DEATHS: (OwnershipEnd | null)[] = ["crashed", "killed"];

interface Bar {
  member: string;
  row: string;
  from: number;
  to: number;
}

/**
 * Draws who owned which partition when: a row for each partition, a bar for
 * each time a member owned it, coloured by member. A gap in a row is a time in
 * which nobody worked on it. Dots are processed records, crosses mark members
 * that crashed or were killed. With `joins`, each member has a row of its own
 * below, with a tick for each time it joined.
 *
 * @param data What a `GroupTimeline` has recorded.
 * @param options Title and length.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { GroupTimeline } from "../experiment/group_timeline.ts";
 *
 * let now = 0;
 * const timeline = new GroupTimeline({ now: () => now });
 * timeline.record({ member: "A", type: "joined", assignment: { orders: [0, 1] } });
 * now = 1_500;
 * assertStringIncludes(
 *   String(timelinePicture(timeline.data())),
 *   "partition 0  A 0.0 s to now",
 * );
 * ```
 */
export function timelinePicture(
  data: TimelineData,
  options: TimelinePictureOptions = {},
): Output {
  const {
    title = "Who owned which partition when",
    seconds = 1,
    joins: withJoins = false,
  } = options;
  const length = Math.max(seconds, data.lengthMs / 1000);
  const rowOf = rowNames(data);
  const bars = data.ownerships.map((ownership): Bar => ({
    member: ownership.member,
    row: rowOf(ownership),
    from: ownership.fromMs / 1000,
    to: (ownership.toMs ?? data.lengthMs) / 1000,
  }));
  const partitionRows = [
    ...new Set(data.ownerships.toSorted(byPartition).map(rowOf)),
  ];
  const members = [...new Set(data.moments.map(({ member }) => member))];
  const joins = withJoins ? joinsIn(data) : [];
  const rows = [
    ...partitionRows,
    ...members.filter((member) => joins.some((join) => join.member === member))
      .map(joinRow),
  ];
  const summary = [
    summaryOf(data, rowOf, partitionRows),
    ...joinLines(joins, members),
  ].join("\n");
  return chart({
    width: 720,
    height: Math.max(1, rows.length) * ROW_HEIGHT + 70,
    marginLeft: 90,
    x: {
      label: "seconds",
      domain: [0, length],
      grid: true,
    },
    y: { label: null, domain: rows.length > 0 ? rows : ["no partition yet"] },
    color: {
      domain: members,
      range: members.map((_, index) => INK.fills[index % INK.fills.length]!),
    },
    marks: [
      Plot.barX(bars, {
        ...{ x1: "from", x2: "to", y: "row", fill: "member" },
        ...{ insetTop: 3, insetBottom: 3, rx: 3 },
      }),
      Plot.text(bars.filter((bar) => fits(bar, length)), {
        x: ({ from, to }: Bar) => (from + to) / 2,
        y: "row",
        text: "member",
        fill: INK.text,
      }),
      Plot.tickX(joins, {
        ...{ x: "at", y: "row", stroke: INK.text, strokeWidth: 3 },
        ...{ insetTop: 6, insetBottom: 6 },
      }),
      Plot.dot(processed(data, rowOf), {
        ...{ x: "at", y: "row", r: 2, dy: 9, fill: INK.quiet },
      }),
      Plot.text(deaths(data, rowOf), {
        ...{ x: "at", y: "row", text: () => "✕", fontSize: 16 },
        ...{ fill: INK.mark, fontWeight: 700, dx: 8 },
      }),
    ],
  }, { title, summary, alt: `${title}. ${summary.replaceAll("\n", "; ")}` });
}

type Place = { topic: string; partition: number };

/** One topic need not be named in each row. */
function rowNames({ ownerships }: TimelineData): (place: Place) => string {
  const topics = new Set(ownerships.map(({ topic }) => topic));
  return ({ topic, partition }) =>
    topics.size > 1 ? `${topic} ${partition}` : `partition ${partition}`;
}

function byPartition(a: Place, b: Place): number {
  return a.topic.localeCompare(b.topic) || a.partition - b.partition;
}

/** A name is written where it fits. */
function fits({ member, from, to }: Bar, seconds: number): boolean {
  const width = (to - from) / seconds * AXIS_WIDTH;
  return textWidth(member) + 4 < width;
}

function processed(data: TimelineData, rowOf: (place: Place) => string) {
  return data.moments.flatMap(({ type, atMs, topic, partition }) =>
    type === "processed" && topic !== undefined && partition !== undefined
      ? [{ at: atMs / 1000, row: rowOf({ topic, partition }) }]
      : []
  );
}

interface Join {
  member: string;
  row: string;
  at: number;
}

function joinRow(member: string): string {
  return `${member} joins`;
}

function joinsIn({ moments }: TimelineData): Join[] {
  return moments.filter(({ type }) => type === "joined")
    .map(({ member, atMs }) => ({
      ...{ member, row: joinRow(member), at: atMs / 1000 },
    }));
}

/** "Ada joined 3 times: 0.3 s, 5.6 s, 11.2 s", a line for each member. */
function joinLines(joins: Join[], members: string[]): string[] {
  return members.flatMap((member) => {
    const own = joins.filter((join) => join.member === member);
    if (own.length === 0) return [];
    const times = own.map(({ at }) => `${at.toFixed(1)} s`).join(", ");
    return [
      `${member} joined ${
        own.length === 1 ? "once" : `${own.length} times`
      }: ${times}`,
    ];
  });
}

function deaths(data: TimelineData, rowOf: (place: Place) => string) {
  return data.ownerships.flatMap((ownership) =>
    DEATHS.includes(ownership.ended)
      ? [{ at: ownership.toMs! / 1000, row: rowOf(ownership) }]
      : []
  );
}

function summaryOf(
  { ownerships }: TimelineData,
  rowOf: (place: Place) => string,
  rows: string[],
): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const told = ({ member, fromMs, toMs, ended }: Ownership) =>
    `${member} ${seconds(fromMs)} to ${toMs === null ? "now" : seconds(toMs)}` +
    (ended === null || ended === "rebalance" ? "" : ` (${ended})`);
  const lines = rows.map((row) => {
    const own = ownerships.filter((ownership) => rowOf(ownership) === row);
    return `${row}  ${own.map(told).join(", ")}`;
  });
  return lines.length > 0
    ? lines.join("\n")
    : "No member owns a partition yet.";
}

/**
 * Shows a timeline under the running cell while it happens: the picture grows
 * in place, as {@linkcode livePicture} says.
 *
 * @param timeline What to show.
 * @param options Title and length, how often to draw (500 ms), and for how long (2 minutes).
 * @returns What stops it.
 *
 * @example Usage
 * ```ts
 * import { GroupTimeline } from "../experiment/group_timeline.ts";
 *
 * const live = liveTimeline(new GroupTimeline(), { title: "Three consumers, one after another" });
 * live.stop();
 * ```
 */
export function liveTimeline(
  timeline: GroupTimeline,
  options: TimelinePictureOptions & LivePictureOptions = {},
): LivePicture {
  return livePicture(() => timelinePicture(timeline.data(), options), options);
}
