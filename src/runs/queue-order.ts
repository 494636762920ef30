/** The order of a queue, and of runs as people work with them. */
import type { RunSummary } from './read-run';

const order = ({ manifest: { queue, experiment, id } }: RunSummary): [string, number, string] => [queue?.added ?? '', experiment?.order ?? 0, id];

/** The runs that wait, first the one that is next. */
export function queuedRuns(runs: readonly RunSummary[]): RunSummary[] {
  return runs.filter(run => run.state === 'queued').sort((a, b) => {
    const [one, other] = [order(a), order(b)];
    const at = one.findIndex((part, i) => part !== other[i]);
    return at < 0 ? 0 : one[at]! < other[at]! ? -1 : 1;
  });
}

/** Runs as people work with them: those at work, those that wait in the order in which they will be begun, then the others as given. */
export function inWorkingOrder(runs: readonly RunSummary[]): RunSummary[] {
  const atWork = runs.filter(({ state }) => state === 'pending' || state === 'running' || state === 'paused');
  const taken = new Set([...atWork, ...queuedRuns(runs)]);
  return [...taken, ...runs.filter(run => !taken.has(run))];
}
