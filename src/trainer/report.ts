/**
 * What the trainer process says on standard error while nobody is connected: one JSON document per line: progress, an
 * answer to part of what was asked, or the error it ends with. Whoever started it reads these lines.
 */
import type { Failure } from './failure';

/** A line of the trainer's standard error. */
export type TrainerLine =
  | { progress: { text: string; /** 0..1, or null when unknown. */ fraction: number | null } }
  | { partial: unknown }
  | { error: Failure };

const say = (line: TrainerLine): void => void process.stderr.write(`${JSON.stringify(line)}\n`);

/** Reports progress, at most ten times a second except for a finished stage. */
export function progressReporter(): (text: string, fraction: number | null) => void {
  let last = 0;
  return (text, fraction) => {
    const now = performance.now();
    if (now - last < 100 && fraction !== 1) return;
    last = now;
    say({ progress: { text, fraction } });
  };
}

/** Reports an answer to part of what was asked, at most twice a second. */
export function partialReporter(): (answer: unknown) => void {
  let last = -Infinity;
  return answer => {
    const now = performance.now();
    if (now - last < 500) return;
    last = now;
    say({ partial: answer });
  };
}

/** Reports the error the process ends with. */
export const reportFailure = (failure: Failure): void => say({ error: failure });
