/**
 * What went wrong, in the words of run.json: a cause, a message and a next step. Errors of this project carry their own;
 * anything else is an internal error, whose stack goes to the log and never to a person.
 */
import { ConfigError } from '../config/errors';
import { EngineError } from '../engine/engine';
import { DatasetError } from '../puzzles/errors';
import { RunFolderError } from '../runs/errors';
import type { RunManifest } from '../runs/schema';
import { NonFiniteLoss } from '../training/training';

/** A failure as run.json records it. */
export type Failure = NonNullable<RunManifest['failure']>;

/** Bad use of the trainer's own command line, or a request it cannot serve; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
  constructor(message: string, readonly next: string) {
    super(message);
  }
}

const engineCauses = { out_of_memory: 'out_of_memory', bad_state: 'bad_checkpoint', unavailable: 'engine', failed: 'engine' } as const;

/** Describes any error. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof NonFiniteLoss) return { cause: 'non_finite_loss', message: error.message, next: error.next };
  if (error instanceof EngineError) return { cause: engineCauses[error.code], message: error.message, next: error.next };
  if (error instanceof DatasetError) return { cause: 'bad_data', message: error.message, next: error.next };
  if (error instanceof ConfigError) return { cause: 'bad_config', message: error.message, next: 'Correct the config.' };
  if (error instanceof UsageError) return { cause: 'bad_config', message: error.message, next: error.next };
  if (error instanceof RunFolderError) {
    const disk = ['disk_full', 'read_only', 'io'].includes(error.code);
    return { cause: disk ? 'disk' : 'bad_checkpoint', message: error.message, next: error.next };
  }
  if (error instanceof RangeError && /allocation failed|Invalid (typed )?array( buffer)? length/i.test(error.message)) return { cause: 'out_of_memory', message: `Out of memory: ${error.message}.`, next: 'Use a smaller global_batch_size or micro_batch_size.' };
  return { cause: 'internal', message: `Internal error: ${error instanceof Error ? error.message : String(error)}`, next: 'The log has the details; please report it.' };
}

/** Exit code of a process that ended so: 2 for what the user wrote, 1 for the rest. */
export const exitCodeOf = (error: unknown): 1 | 2 => (error instanceof ConfigError || error instanceof UsageError ? 2 : 1);
