/** Which of the shown runs are still being read, in words. */
import type { RunStore } from './run-store';

/** "Reading sudoku-4x4, 40 %", by the share of each that is here; '' when all is. */
export function readingText(runs: readonly Pick<RunStore, 'header' | 'loaded'>[]): string {
  const reading = runs.filter(({ loaded }) => loaded < 1);
  return reading.length === 0 ? '' : `Reading ${reading.map(({ header, loaded }) => `${header.name}, ${Math.floor(loaded * 100)} %`).join('; ')}`;
}
