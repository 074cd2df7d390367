import { assertEquals, assertRejects } from "@std/assert";
import { commitFirmly } from "lib/consumer/commit_firmly.ts";
import { CommitReport } from "lib/consumer/commit_report.ts";
import { broken, refusal } from "./_stand_in_consumer.ts";

/** Commits that are refused so many times, and what is reported of it. */
function refused(error: Error, times: number) {
  const seen = { tries: 0, reports: [] as number[] };
  const report = new CommitReport(
    "billing",
    (_, failures) => seen.reports.push(failures),
  );
  const commit = () => {
    seen.tries++;
    return seen.tries > times ? Promise.resolve() : Promise.reject(error);
  };
  return { seen, report, commit };
}

Deno.test("commitFirmly() ends where the partitions are lost, with nothing to say", async () => {
  const { seen, report, commit } = refused(broken(), 10);
  const isLost = () => seen.tries === 2;
  await commitFirmly(commit, { report, isLost, isEnding: () => false });
  assertEquals(seen, { tries: 2, reports: [1] });
});

Deno.test("commitFirmly() makes three more tries while the consumer stops, and one where nothing helps", async () => {
  const isEnding = () => true;
  const passing = refused(broken(), 2);
  await commitFirmly(passing.commit, { report: passing.report, isEnding });
  assertEquals(passing.seen, { tries: 3, reports: [1, 2] });
  const lasting = refused(broken(), 10);
  await commitFirmly(lasting.commit, { report: lasting.report, isEnding });
  assertEquals(lasting.seen, { tries: 3, reports: [1, 2, 3] });
  const error = refusal("GROUP_AUTHORIZATION_FAILED", { retriable: false });
  const final = refused(error, 10);
  await commitFirmly(final.commit, { report: final.report, isEnding });
  assertEquals(final.seen, { tries: 1, reports: [1] });
});

Deno.test("commitFirmly() throws the answer at which KafkaJS joins again, at its second time", async () => {
  const error = refusal("ILLEGAL_GENERATION", { retriable: false });
  const { seen, report, commit } = refused(error, 10);
  const thrown = await assertRejects(
    () => commitFirmly(commit, { report, isEnding: () => false }),
    Error,
  );
  assertEquals([thrown === error, seen.tries], [true, 2]);
});
