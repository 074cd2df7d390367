import type { Measurement, MeasurementRun } from "./measurement.ts";

/** Measures all measurements once, then all once more, so that what disturbs the machine for a while disturbs all alike. */
export async function measureInRounds(
  measurements: Measurement[],
  run: MeasurementRun,
  rounds: number,
): Promise<void> {
  for (const { name, prepare } of measurements) {
    if (!prepare) continue;
    tell(`Before the first round: ${name}`);
    await prepare(run);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const measurement of measurements) {
      run.signal.throwIfAborted();
      tell(`Round ${round} of ${rounds}: ${measurement.name}`);
      await measurement.round(run);
    }
  }
  tell("");
}

/** Beside the result, which may go into a file: one line that is replaced on a terminal. */
function tell(line: string): void {
  const text = Deno.stderr.isTerminal()
    ? `\r\x1b[2K${line && `… ${line}`}`
    : line && `${line}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
