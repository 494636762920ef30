/** 9x9 Sudoku from CSV files: made a dataset, trained for a few steps, evaluated, resumed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readRun } from '../../src/runs/read-run';
import { readTrace } from '../../src/runs/traces';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, documentOf, eventsOf, jsonOf, listening, ofKind, startResuming, startTraining, tinyArch, trm, until, writeConfig } from './programs';

const csv = path.resolve(import.meta.dirname, '../fixtures/sudoku-csv');
const folder = temporaryFolder();
const config = { arch: tinyArch, data_paths: ['data/nine'], global_batch_size: 8, eval_interval: 1, lr: 1e-3, lr_warmup_steps: 2, engine: 'wasm', watch: [0], keep_checkpoints: 5 };

beforeAll(async () => {
  const built = documentOf(await trm(['data', 'sudoku', '--csv', csv, '--out', 'data/nine', '--augment', '2', '--subsample', '24', '--json'], folder));
  expect(built).toMatchObject({ train: { groups: 24, puzzles: 72 }, test: { groups: 10, puzzles: 10 }, skipped: { count: 0 } });
});

it('is written in the published layout', () => {
  expect(jsonOf(path.join(folder, 'data/nine/train/dataset.json'))).toMatchObject({ seq_len: 81, vocab_size: 11, pad_id: 0, total_groups: 24, num_puzzle_identifiers: 1, sets: ['all'] });
  for (const file of ['inputs', 'labels', 'puzzle_identifiers', 'puzzle_indices', 'group_indices']) expect(existsSync(path.join(folder, 'data/nine/test', `all__${file}.npy`))).toBe(true);
});

it('trains, evaluates, keeps traces, is killed and resumed', async () => {
  const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...config, epochs: 2 }, 'nine'), 'nine');
  await until(() => checkpointNames(dir).length > 0);
  await trainer.kill();
  const second = startResuming(dir);
  await listening(dir, 2);
  expect(await second.ended, second.stderr).toBe(0);
  const { state, manifest } = await readRun(dir);
  expect(state).toBe('finished');
  expect(manifest).toMatchObject({ step: 6, dataset: { train: { examples: 72, groups: 24, seq_len: 81 }, test: { examples: 10 } } });
  expect(ofKind(await eventsOf(dir), 'eval').map(e => [e.step, e.count])).toEqual([[3, 10], [6, 10]]);
  expect(await readTrace(dir, 6, 0)).toMatchObject({ kind: 'sudoku', rows: 9, cols: 9 });
  expect(documentOf(await trm(['eval', 'nine', '--json'], folder))).toMatchObject({ count: 10, total: 10, depth: 3 });
});

it('is made from the CSV on first use, when the config says so', async () => {
  writeConfig(folder, { ...config, data_paths: ['data/drawn'], dataset: { kind: 'sudoku', csv, train: 16, test: 8, augment: 'on_the_fly' }, epochs: 1, watch: [] }, 'drawn');
  expect(documentOf(await trm(['train', 'drawn.trm.yaml', '--json'], folder))).toMatchObject({ state: 'finished', step: 2, eval: { count: 8 } });
});
