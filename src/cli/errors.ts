/** What the command line tells a person when something does not work, and with which code it exits. */
import { ConfigError } from '../config/errors';
import { UsageProblem } from '../experiments/usage';
import { exitCodeOf, describeFailure } from '../trainer/failure';
import { RuntimeError } from '../runtime/errors';

/** Exit codes: 0 done, 1 failed, 2 bad usage or config, 130 interrupted (checkpoint written). */
export type ExitCode = 0 | 1 | 2 | 130;

/** An error with a next step and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(message: string, readonly next: string, readonly exitCode: ExitCode = 1) {
    super(message);
  }
}

/** Message, next step and exit code of anything thrown. */
export function explain(error: unknown): { message: string; next: string; exitCode: ExitCode } {
  if (error instanceof CliError) return error;
  if (error instanceof UsageProblem) return { message: error.message, next: error.next, exitCode: 2 };
  if (error instanceof RuntimeError) return { message: error.message, next: error.next, exitCode: 1 };
  if (error instanceof ConfigError) return { message: error.message, next: '', exitCode: 2 };
  const { message, next } = describeFailure(error);
  return { message, next, exitCode: exitCodeOf(error) };
}
