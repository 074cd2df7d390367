/** What shows that a notebook's claims and checks can fail: one such file a notebook, `tests/proofs/NN.ts`. */
export interface Proofs {
  /** Runs of the whole notebook, each with some settings turned the wrong way. */
  runs: WrongSetting[][];
  /** Claims that no setting breaks, by identifier, each with the reason. */
  unbroken?: Record<string, string>;
  /** Answers to each exercise, by its name: what stands in place of its stub. */
  answers: Record<string, Answers>;
}

/** One piece of a notebook's code, turned the wrong way. */
export interface WrongSetting {
  /** What the notebook's code says. It says so once. */
  from: string;
  /** What it is made to say. */
  to: string;
  /** The claims that this must break, by identifier, each with a part of what it then says that it measured. */
  breaks: Record<string, string>;
}

/** Answers to one exercise, beside its solution. */
export interface Answers {
  /** Wrong and plausible, of different kinds: none may pass. At least three; for an exam, one. */
  wrong: string[];
  /** Right, and of another shape than the solution: each must pass. At least one; for an exam, none is needed. */
  right: string[];
}
