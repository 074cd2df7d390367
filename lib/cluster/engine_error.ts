/**
 * An engine could not do what was asked. The message is one sentence that says
 * what was tried, why it failed and what to do.
 */
export class EngineError extends Error {
  override name = "EngineError";
}

/** This engine cannot run here at all, such as when Docker or Java is missing. */
export class EngineUnavailableError extends EngineError {
  override name = "EngineUnavailableError";
}
