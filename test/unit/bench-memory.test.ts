/** The fit behind the memory estimate: it finds factors that are there, and says nothing of too few rows. */
import { expect, test } from 'vitest';
import { fitMemory, fittedLines } from '../../bench/memory-fit';
import type { Outcome } from '../../bench/task';

const row = (saved_mb: number, state_mb: number) => ({ saved_mb, state_mb, measured_mb: 462 + 5 * state_mb + 1.6 * saved_mb });
const rows = [row(26, 2.7), row(415, 4.9), row(708, 17), row(177, 14.7), row(160, 101)];

test('the fit finds the factors that rows were made with', () => {
  const fitted = fitMemory(rows)!;
  expect(fitted.base / 1e6).toBeCloseTo(462, 6);
  expect(fitted.perState).toBeCloseTo(5, 6);
  expect(fitted.perSaved).toBeCloseTo(1.6, 6);
  expect(fitMemory(rows.slice(0, 3))).toBeNull();
});

test('each engine has its own, from float32 rows that were measured', () => {
  const results: Record<string, Outcome> = {
    'memory/A-bfloat16/wasm': { row: row(1, 1) }, 'memory/B/wasm': { problem: 'broken' }, 'memory/A/tensorflow': { row: rows[0]! }, 'step/A/wasm': { row: { median_ms: 1 } },
  };
  rows.forEach((row, i) => (results[`memory/s${i}/wasm`] = { row }));
  expect(fittedLines(results)).toEqual(['memory of wasm, fitted to 5 shapes: base 462 MB, perState 5, perSaved 1.6']);
});
