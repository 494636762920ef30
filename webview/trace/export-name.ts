/** Names of exported files. */
import type { Trace } from './decode';

/** A file name that tells what is in it: run or checkpoint, puzzle, weights. `traces`: one or two. */
export function exportName([trace, second]: readonly [Trace, ...Trace[]], suffix: string): string {
  const puzzle = trace.puzzle.index === null ? 'pasted' : `puzzle-${trace.puzzle.index}`;
  const weights = (of: Trace): string[] => [of.run ?? 'checkpoint', of.step === null ? '' : `step-${of.step}`];
  const parts = [...weights(trace), ...(second ? ['and', ...(second.run === trace.run ? weights(second).slice(1) : weights(second)), `depth-${second.depth}`] : []), puzzle, suffix].filter(Boolean);
  return parts.join('-').replace(/[^\w.-]+/g, '_');
}
