/**
 * Grids of overrides: every combination of the values that a `sweep:` or the command line gives to keys. The last key varies
 * fastest. `seed` is no axis of the grid: runs that differ by it alone are one row, several times.
 */
import type { Sweep } from '../config/schema';
import { UsageProblem } from './usage';

/** One cell of the grid. */
export interface SweepRow {
  /** Overrides in words, e.g. "arch.L_cycles=4 lr=0.001"; "as it is" when only the seed varies. */
  readonly title: string;
  readonly overrides: readonly string[];
}

/** Runs that one sweep may have. */
export const mostRuns = 512;

/**
 * A key with several values, as on the command line: `arch.L_cycles=2,4,6`; commas inside of brackets and quotes do not part
 * values. Returns null for an override with one value.
 */
export function sweptOverride(text: string): { key: string; values: string[] } | null {
  const match = /^([A-Za-z_][\w.]*)=([\s\S]*)$/.exec(text.trim());
  if (!match) return null;
  const values: string[] = [];
  let depth = 0;
  let quote = '';
  let value = '';
  for (const character of match[2]!) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === '\'') quote = character;
    else if (/[[{(]/.test(character)) depth++;
    else if (/[\])}]/.test(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') {
      values.push(value.trim());
      value = '';
    } else value += character;
  }
  values.push(value.trim());
  return values.length > 1 ? { key: match[1]!, values } : null;
}

/** Runs of a `sweep:`: combinations of its values; 1 without any. */
export const sweepRuns = (sweep: Sweep): number => Object.values(sweep).reduce((product, values) => product * values.length, 1);

/** The overrides that set a key to each of its values. */
const asOverrides = (sweep: Sweep): [key: string, overrides: string[]][] => Object.entries(sweep).map(([key, values]) => [key, values.map(value => `${key}=${JSON.stringify(value)}`)]);

/**
 * The grid of a `sweep:` and of overrides with several values, which take the place of the same key there.
 * @returns rows, and the seeds that each is to be trained with (none: the config's own)
 * @throws UsageProblem when a key has no value, or there would be more than `mostRuns` runs
 */
export function sweepGrid(sweep: Sweep, given: readonly { key: string; values: readonly string[] }[]): { rows: SweepRow[]; seeds: number[] } {
  const axes = new Map(asOverrides(sweep));
  for (const { key, values } of given) {
    if (values.some(value => value === '')) throw new UsageProblem(`A value of ${key} is empty: ${key}=${values.join(',')}.`, 'Write values as in arch.L_cycles=2,4,6.');
    axes.set(key, values.map(value => `${key}=${value}`));
  }
  const seeds = (axes.get('seed') ?? []).map(override => Number(override.slice('seed='.length)));
  const wrong = seeds.find(seed => !Number.isSafeInteger(seed) || seed < 0);
  if (wrong !== undefined) throw new UsageProblem(`The seeds of the sweep are ${axes.get('seed')!.map(text => text.slice('seed='.length)).join(', ')}.`, 'Seeds are whole numbers from 0, as in seed=0,1,2.');
  axes.delete('seed');
  const runs = [...axes.values()].reduce((product, values) => product * values.length, Math.max(1, seeds.length));
  if (runs > mostRuns) throw new UsageProblem(`The sweep has ${runs.toLocaleString('en-US')} runs; at most ${mostRuns} are queued at once.`, 'Take values away, or sweep in parts.');
  let rows: (readonly string[])[] = [[]];
  for (const values of axes.values()) rows = rows.flatMap(row => values.map(value => [...row, value]));
  return { rows: rows.map(overrides => ({ title: overrides.join(' ') || 'as it is', overrides })), seeds };
}
