/** What cannot be done with an experiment as it was asked for, with a next step. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
  readonly code = 'usage';
  constructor(message: string, readonly next: string) {
    super(message);
  }
}
