import { assertEquals } from "@std/assert";
import { Alert } from "lib/metrics/alert_rule.ts";
import { alertRules } from "lib/metrics/alert_rules.ts";

const down = [{ name: "up", labels: { job: "kafka" }, value: 0 }];
const rule = { ...alertRules.BrokerDown, forSeconds: 2 };

/** What an alert does, with or without its condition, second by second. */
function states(...holds: boolean[]): string[] {
  const alert = new Alert(rule);
  return holds.map((each, second) =>
    alert.see(each ? down : [], second * 1_000).map(({ state }) => state)
      .join(" and ")
  );
}

Deno.test("Alert waits for its time, fires once, and is over with its condition", () => {
  assertEquals(states(false, true, true, true, true, false, false), [
    ...["", "pending", "", "firing", "", "resolved", ""],
  ]);
});

Deno.test("Alert begins anew after a break, however short", () => {
  assertEquals(states(true, true, false, true, true, true), [
    ...["pending", "", "resolved", "pending", "", "firing"],
  ]);
});

Deno.test("Alert without a time fires at once", () => {
  const alert = new Alert({ ...rule, forSeconds: 0 });
  assertEquals(alert.see(down, 0).map(({ state }) => state), [
    "pending",
    "firing",
  ]);
  assertEquals(alert.isFiring, true);
});
