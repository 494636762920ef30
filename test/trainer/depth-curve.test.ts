/** Accuracy against depth, measured by the trainer program: as `trm eval` at that depth says, piece by piece, and cancelled. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { depthCurveSchema } from '../../src/runs/depth-curve';
import { temporaryFolder } from '../unit/runs-fixture';
import { Program, documentOf, tiny, train, trm, writeConfig } from './programs';

const lines = (program: Program): Record<string, unknown>[] => program.stderr.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);

it('has the accuracy of an evaluation at every number of supervision steps, with the count of each share', async () => {
  const folder = temporaryFolder();
  await train(folder, writeConfig(folder, { ...tiny, epochs: 2 }), 'curve');
  const evaluation = documentOf(await trm(['eval', 'curve', '--depth', '128', '--examples', '12', '--json'], folder)) as { per_step: { k: number; exact_accuracy: number; accuracy: number }[]; count: number };
  expect(evaluation.per_step.map(({ k }) => k)).toEqual(Array.from({ length: 128 }, (_, k) => k + 1));
  const out = path.join(folder, 'curve.json');
  const program = new Program('trainer', ['depth-curve', path.join(folder, 'runs', 'curve'), '--examples', '12', '--out', out], folder);
  expect(await program.ended, program.stderr).toBe(0);
  const curve = depthCurveSchema.parse(JSON.parse(readFileSync(out, 'utf8')));
  expect(curve).toMatchObject({ depth: 128, count: 12, wanted: 12, total: 20, engine: 'wasm' });
  expect(curve.points.map(point => [point.k, point.exact_count / 12])).toEqual(evaluation.per_step.map(({ k, exact_accuracy }) => [k, exact_accuracy]));
  curve.points.forEach(({ accuracy, exact_interval: [low, high], exact_count }, k) => {
    expect(accuracy).toBeCloseTo(evaluation.per_step[k]!.accuracy, 5);
    expect(low).toBeLessThanOrEqual(exact_count / 12);
    expect(high).toBeGreaterThanOrEqual(exact_count / 12);
  });
});

it('says what the puzzles done so far say, and leaves nothing when it is ended', async () => {
  const folder = temporaryFolder();
  await train(folder, writeConfig(folder, { ...tiny, epochs: 2, dataset: { kind: 'sudoku', size: 4, train: 60, test: 200, holes: [6, 8], augment: 'on_the_fly' } }), 'long');
  const out = path.join(folder, 'curve.json');
  const program = new Program('trainer', ['depth-curve', path.join(folder, 'runs', 'long'), '--examples', 'all', '--out', out], folder);
  await vi.waitFor(() => expect(program.stderr).toMatch(/"partial"/), { timeout: 60_000, interval: 20 });
  program.child.kill('SIGTERM');
  await program.ended;
  const partial = lines(program).flatMap(line => ('partial' in line ? [depthCurveSchema.parse(line['partial'])] : []))[0]!;
  expect(partial.wanted).toBe(200);
  expect(partial.count).toBeGreaterThan(0);
  expect(partial.count).toBeLessThan(200);
  expect(partial.points).toHaveLength(128);
  expect(lines(program)).toContainEqual({ progress: { text: expect.stringMatching(/^\d+ of 200 puzzles at depth 128$/) as unknown, fraction: expect.any(Number) as unknown } });
  expect(existsSync(out)).toBe(false);
});
