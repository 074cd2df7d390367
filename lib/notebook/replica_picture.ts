import * as Plot from "@observablehq/plot";
import type { ReplicaState, ReplicaWatchData } from "../admin/replica_watch.ts";
import { chart } from "./chart.ts";
import type { Output } from "./display.ts";
import { INK, textWidth } from "./picture.ts";

/** Options for {@linkcode replicaPicture}. */
export interface ReplicaPictureOptions {
  /** A sentence above the picture (default: "Replicas over time"). */
  title?: string;
  /** The least length of the time axis in seconds, so that it need not grow at once (default 1). */
  seconds?: number;
}

const ROW_HEIGHT = 34;
const MARGIN_LEFT = 84;
/** About how many pixels the time axis has. */
const AXIS_WIDTH = 580;
/** How a replica stands, and its colour. */
const ROLES = {
  "leads": INK.fills[0],
  "in sync": INK.fills[2],
  "not in sync": "#dcdcd6",
  "does not answer": INK.mark,
} as const;
type Role = keyof typeof ROLES;

/** A time in which something stayed the same, in seconds. */
interface Span<T> {
  row: string;
  from: number;
  to: number;
  value: T;
  /** Whether it still is so. */
  isLast: boolean;
}

/**
 * Draws how the replicas of a partition stood over time. Above, a row for each
 * broker: its colour says whether it leads, is in sync, or is not; the number
 * in it is its log end offset; a red line below says that it does not answer.
 * Under that the high watermark and the leader's log end offset: what lies
 * between the two is written and cannot be read.
 *
 * @param data What `watchReplicas()` has seen.
 * @param options Title and length.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { ReplicaWatch } from "../admin/replica_watch.ts";
 *
 * let now = 0;
 * const watch = new ReplicaWatch([1, 2], undefined, () => now);
 * const state = { leader: 1, isr: [1, 2], highWatermark: 3n, logEnds: { 1: 3n, 2: 3n } };
 * watch.record(state);
 * now = 2_000;
 * watch.record({ ...state, isr: [1] });
 * assertStringIncludes(
 *   String(replicaPicture(watch.data())),
 *   "broker 2  in sync 0.0 s to 2.0 s, not in sync 2.0 s to now",
 * );
 * ```
 */
export function replicaPicture(
  data: ReplicaWatchData,
  { title = "Replicas over time", seconds = 1 }: ReplicaPictureOptions = {},
): Output {
  const length = Math.max(seconds, data.lengthMs / 1000);
  const rows = data.replicas.toSorted((a, b) => a - b);
  const summary = summaryOf(data, rows);
  const x = { domain: [0, length], grid: true };
  const common = { width: 720, marginLeft: MARGIN_LEFT, marginRight: 12 };
  return chart([
    {
      ...common,
      height: rows.length * ROW_HEIGHT + 34,
      ...{ marginTop: 24, marginBottom: 8 },
      x: { ...x, axis: null },
      y: { label: null, domain: rows.map(rowOf) },
      color: { domain: Object.keys(ROLES), range: Object.values(ROLES) },
      marks: [...brokerMarks(data, rows, length), ...eventMarks(data, length)],
    },
    {
      ...common,
      height: 170,
      x: { ...x, label: "seconds" },
      y: {
        label: "offset",
        domain: [0, Math.max(1, ...offsetsOf(data).map(({ end }) => end))],
        ticks: 5,
        tickFormat: "d",
        nice: true,
      },
      marks: offsetMarks(data),
    },
  ], { title, summary, alt: `${title}. ${summary.replaceAll("\n", "; ")}` });
}

const rowOf = (broker: number) => `broker ${broker}`;

function brokerMarks(
  data: ReplicaWatchData,
  rows: number[],
  length: number,
): Plot.Markish[] {
  const roles = rows.flatMap((id) => spans(data, id, roleOf));
  const silent = rows.flatMap((id) => spans(data, id, isSilent))
    .filter(({ value }) => value)
    .map((span) => ({ ...span, value: "does not answer" }));
  const ends = rows.flatMap((id) => spans(data, id, logEndOf))
    .filter((span) => span.value !== "" && fits(span, length));
  const bar = { x1: "from", x2: "to", y: "row", fill: "value" };
  return [
    Plot.barX(roles, { ...bar, insetTop: 3, insetBottom: 3 }),
    Plot.barX(silent, { ...bar, insetTop: 24, insetBottom: 3 }),
    Plot.text(ends, {
      x: ({ from, to }: Span<string>) => (from + to) / 2,
      y: "row",
      text: "value",
      fill: INK.text,
    }),
  ];
}

function eventMarks({ marks }: ReplicaWatchData, length: number) {
  const events = marks.map(({ atMs, label }) => ({ at: atMs / 1000, label }));
  const dashed = { x: "at", stroke: INK.text, strokeDasharray: "3 3" };
  // A label near the right edge would leave the picture.
  const isLate = ({ at, label }: typeof events[number]) =>
    at / length * AXIS_WIDTH + textWidth(label) > AXIS_WIDTH;
  const label = {
    x: "at",
    text: "label",
    frameAnchor: "top",
    dy: -14,
  } as const;
  return [
    Plot.ruleX(events, dashed),
    Plot.text(events.filter((event) => !isLate(event)), {
      ...label,
      textAnchor: "start",
    }),
    Plot.text(events.filter(isLate), { ...label, textAnchor: "end" }),
  ];
}

function offsetMarks(data: ReplicaWatchData): Plot.Markish[] {
  const steps = offsetsOf(data).flatMap(({ from, to, ...offsets }) => [
    { at: from, ...offsets },
    { at: to, ...offsets },
  ]);
  const names = [
    { y: "end", text: "log end", dy: -9, fill: INK.mark },
    { y: "readable", text: "high watermark", dy: 11, fill: "#0b57a4" },
  ];
  return [
    Plot.areaY(steps, {
      ...{ x: "at", y1: "readable", y2: "end" },
      ...{ fill: INK.mark, fillOpacity: 0.18 },
    }),
    Plot.lineY(steps, { x: "at", y: "end", stroke: INK.mark }),
    Plot.lineY(steps, {
      ...{ x: "at", y: "readable", stroke: "#0b57a4", strokeWidth: 2.5 },
    }),
    ...names.map(({ y, text, ...style }) =>
      Plot.text(steps.slice(-1), {
        ...{ x: "at", y, text: () => text, ...style },
        ...{ textAnchor: "end", stroke: INK.ground, strokeWidth: 3 },
      } as Plot.TextOptions)
    ),
  ];
}

/** While the leader does not answer, nobody knows. */
function offsetsOf({ states }: ReplicaWatchData) {
  return states.flatMap((state) => {
    const { leader, highWatermark, fromMs, toMs } = state;
    const end = leader === null ? null : state.logEnds[leader] ?? null;
    return end === null || highWatermark === null ? [] : [{
      from: fromMs / 1000,
      to: toMs / 1000,
      end: Number(end),
      readable: Number(highWatermark),
    }];
  });
}

function roleOf({ leader, isr }: ReplicaState, id: number): Role {
  if (leader === id) return "leads";
  return isr.includes(id) ? "in sync" : "not in sync";
}

function isSilent({ logEnds }: ReplicaState, id: number): boolean {
  return logEnds[id] === null;
}

function logEndOf({ logEnds }: ReplicaState, id: number): string {
  return String(logEnds[id] ?? "");
}

/** The times in which something about one broker stayed the same. */
function spans<T>(
  { states }: ReplicaWatchData,
  id: number,
  valueOf: (state: ReplicaState, id: number) => T,
): Span<T>[] {
  const all: Span<T>[] = [];
  for (const state of states) {
    const value = valueOf(state, id);
    const [from, to] = [state.fromMs / 1000, state.toMs / 1000];
    const last = all.at(-1);
    const isLast = state === states.at(-1);
    if (last?.value === value) Object.assign(last, { to, isLast });
    else all.push({ row: rowOf(id), from, to, value, isLast });
  }
  return all;
}

/** A number is written where it fits. */
function fits({ value, from, to }: Span<string>, length: number): boolean {
  return textWidth(value) + 4 < (to - from) / length * AXIS_WIDTH;
}

function summaryOf(data: ReplicaWatchData, rows: number[]): string {
  const seconds = (at: number) => `${at.toFixed(1)} s`;
  const time = ({ from, to, isLast }: Span<unknown>) =>
    `${seconds(from)} to ${isLast ? "now" : seconds(to)}`;
  const lines = rows.map((id) => {
    const roles = spans(data, id, roleOf)
      .map((span) => `${span.value} ${time(span)}`);
    const silent = spans(data, id, isSilent).filter(({ value }) => value);
    return [
      `${rowOf(id)}  ${roles.join(", ")}`,
      ...(silent.length > 0
        ? [`does not answer ${silent.map(time).join(", ")}`]
        : []),
    ].join("; ");
  });
  const steps = spans(data, 0, ({ highWatermark }) => highWatermark)
    .flatMap(({ value }) => value ?? [])
    // A new leader reports the same again.
    .filter((offset, index, all) => offset !== all[index - 1]);
  return [...lines, `high watermark  ${steps.join(", ")}`].join("\n");
}
