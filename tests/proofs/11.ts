import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: `startCrew("sticky", assignor("Sticky"))`,
      to: `startCrew("sticky", assignor("CooperativeSticky"))`,
      breaks: { "11/eager-revokes": "revoked: 2" },
    },
    {
      from: `startCrew("cooperative", assignor("CooperativeSticky"))`,
      to: `startCrew("cooperative", assignor("Sticky"))`,
      breaks: { "11/cooperative-revokes": "revoked: 6" },
    },
    {
      from: `const b = new BareMember(notebook.kafka, bare);`,
      to:
        `const b = new BareMember(notebook.kafka, { ...bare, groupId: notebook.group("b") });`,
      breaks: {
        "11/first-answer": "[0, 1, 2, 3, 4, 5]",
        "11/broker-divides": "A: 6",
      },
    },
    {
      from: `startConsole(group, [])`,
      to: `startConsole(group, ["group.protocol=consumer"])`,
      breaks: { "11/default-is-classic": "Dead" },
    },
    {
      from: `["group.protocol=consumer", "session.timeout.ms=10000"]`,
      to: `["group.protocol=classic", "session.timeout.ms=10000"]`,
      breaks: { "11/no-session-of-its-own": "no refusal" },
    },
    {
      from: `  restart({ named: false }),\n  restart({ named: true }),\n`,
      to: `  restart({ named: true }),\n  restart({ named: false }),\n`,
      breaks: {
        "11/named-restart": "expected: 0",
        "11/unnamed-restart": "measured: 0",
      },
    },
    {
      from: `await priced.start(member, ["--group-instance-id", member]);`,
      to: `await priced.start(member);`,
      breaks: { "11/price": "seconds: " },
    },
    {
      from: `sessionTimeout: 500,`,
      to: `sessionTimeout: 5_000,`,
      breaks: { "11/session-bounds": `measured: ""` },
    },
  ]],
  answers: {
    session: {
      wrong: [
        // Java refuses it.
        `const sessionMs = 2_900;`,
        // A crash is noticed too late.
        `const sessionMs = 20_000;`,
        // Long enough for most days.
        `const sessionMs = 10_000;`,
      ],
      right: [`const sessionMs = 14_000;`],
    },
    sticky: {
      wrong: [
        // It does not look at what was before.
        `const sticky = (ids, partitions) =>
  Object.fromEntries(ids.map((id, i) => [
    id,
    [...Array(partitions).keys()].filter((p) => p % ids.length === i),
  ]));`,
        // Nobody gives anything up.
        `const sticky = (ids, partitions, before) => ({ ...before });`,
        // The larger share for everybody who had it.
        `const sticky = (ids, partitions, before) => {
  const most = Math.ceil(partitions / ids.length);
  const owners = Object.fromEntries(ids.map((id) => [id, (before[id] ?? []).slice(0, most)]));
  const kept = new Set(Object.values(owners).flat());
  for (let p = 0; p < partitions; p++) {
    if (!kept.has(p)) owners[ids.find((id) => owners[id].length < most)].push(p);
  }
  return owners;
};`,
        // The larger shares for those whose ids come first.
        `const sticky = (ids, partitions, before) => {
  const quota = (i) => Math.floor(partitions / ids.length) + (i < partitions % ids.length ? 1 : 0);
  const owners = Object.fromEntries(ids.map((id, i) => [id, (before[id] ?? []).slice(0, quota(i))]));
  const kept = new Set(Object.values(owners).flat());
  const left = [...Array(partitions).keys()].filter((p) => !kept.has(p));
  ids.forEach((id, i) => owners[id].push(...left.splice(0, quota(i) - owners[id].length)));
  return owners;
};`,
        // What nobody keeps is lost.
        `const sticky = (ids, partitions, before) =>
  Object.fromEntries(ids.map((id) => [
    id,
    (before[id] ?? []).slice(0, Math.floor(partitions / ids.length)),
  ]));`,
      ],
      right: [
        // From the one with most to the one with least, until it is fair.
        `const sticky = (ids, partitions, before) => {
  const owners = Object.fromEntries(ids.map((id) => [id, [...(before[id] ?? [])]]));
  const taken = new Set(Object.values(owners).flat());
  const by = (sign) => ids.toSorted((a, b) => sign * (owners[a].length - owners[b].length))[0];
  for (let p = 0; p < partitions; p++) if (!taken.has(p)) owners[by(1)].push(p);
  while (owners[by(-1)].length - owners[by(1)].length > 1) {
    owners[by(1)].push(owners[by(-1)].pop());
  }
  return owners;
};`,
      ],
    },
    fewest: {
      wrong: [
        // The newcomer gets a larger share.
        `const fewestMoves = (partitions, members) => Math.ceil(partitions / (members + 1));`,
        // It gets about its part.
        `const fewestMoves = (partitions, members) => Math.round(partitions / (members + 1));`,
        // The old members get larger shares, all of them.
        `const fewestMoves = (partitions, members) => partitions - members * Math.ceil(partitions / (members + 1));`,
        // Eager.
        `const fewestMoves = (partitions) => partitions;`,
      ],
      right: [
        `const fewestMoves = (partitions, members) => {
  let moves = 0;
  while ((moves + 1) * (members + 1) <= partitions) moves++;
  return moves;
};`,
      ],
    },
  },
} satisfies Proofs;
