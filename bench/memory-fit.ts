/**
 * The factors of the memory estimate (src/model/memory.ts) as the measured rows would have them: those for which base +
 * perState * state + perSaved * saved is nearest to the measured peaks, relative to each.
 */
import { round } from './statistics';
import type { Outcome } from './task';

/** What a fit gives. Base in bytes. */
export interface FittedFactors { readonly base: number; readonly perState: number; readonly perSaved: number }

/** A measured row of bench/memory.ts, in megabytes. */
export interface MemoryRow { readonly saved_mb: number; readonly state_mb: number; readonly measured_mb: number }

/** The solution x of a symmetric system a x = b of three equations, by elimination. */
function solve(a: number[][], b: number[]): number[] {
  const m = a.map((row, i) => [...row, b[i]!]);
  for (let i = 0; i < 3; i++) {
    for (let j = i + 1; j < 3; j++) {
      const factor = m[j]![i]! / m[i]![i]!;
      m[j] = m[j]!.map((value, k) => value - factor * m[i]![k]!);
    }
  }
  const x = [0, 0, 0];
  for (let i = 2; i >= 0; i--) x[i] = (m[i]![3]! - x.reduce((sum, value, k) => (k > i ? sum + m[i]![k]! * value : sum), 0)) / m[i]![i]!;
  return x;
}

/** Least squares of the relative errors; null of fewer than four rows. */
export function fitMemory(rows: readonly MemoryRow[]): FittedFactors | null {
  if (rows.length < 4) return null;
  const terms = rows.map(({ saved_mb, state_mb, measured_mb }) => [1, state_mb, saved_mb].map(value => value / measured_mb));
  const a = [0, 1, 2].map(i => [0, 1, 2].map(j => terms.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  const b = [0, 1, 2].map(i => terms.reduce((sum, row) => sum + row[i]!, 0));
  const [base, perState, perSaved] = solve(a, b) as [number, number, number];
  return { base: base * 1e6, perState, perSaved };
}

/** A line per engine that was measured often enough; bfloat16 rows are left to be predicted. */
export function fittedLines(results: Readonly<Record<string, Outcome>>): string[] {
  const engines = new Map<string, MemoryRow[]>();
  for (const [name, outcome] of Object.entries(results)) {
    const [task, shape, engine] = name.split('/');
    if (task !== 'memory' || engine === undefined || shape?.endsWith('bfloat16') || !('row' in outcome)) continue;
    engines.set(engine, [...(engines.get(engine) ?? []), outcome.row as unknown as MemoryRow]);
  }
  return [...engines].flatMap(([engine, rows]) => {
    const fitted = fitMemory(rows);
    return fitted ? [`memory of ${engine}, fitted to ${rows.length} shapes: base ${round(fitted.base / 1e6)} MB, perState ${round(fitted.perState)}, perSaved ${round(fitted.perSaved)}`] : [];
  });
}
