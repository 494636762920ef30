import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetSpecSchema } from '../../src/config/schema';
import { buildDataset, datasetFolders, ensureDataset, rowAugmentation } from '../../src/puzzles/build-dataset';
import type { BuildProgress } from '../../src/puzzles/pacing';
import { openSplit } from '../../src/puzzles/read-dataset';
import { failureOf, rejectionOf, temporaryFolder, writePairs } from './puzzles-fixture';

const spec = (keys: object) => datasetSpecSchema.parse({ kind: 'sudoku', size: 4, train: 20, test: 10, ...keys });
const config = (keys: object) => ({ data_paths: ['data'], data_paths_test: [], dataset: spec(keys) });

describe('building what a config asks for', () => {
  test('a generated dataset is where data_paths says, and is not built twice', async () => {
    const home = temporaryFolder();
    const stages: BuildProgress[] = [];
    const first = await ensureDataset(config({}), home, { onProgress: progress => stages.push(progress) });
    expect(first.folders).toEqual({ train: [join(home, 'data')], test: [join(home, 'data')] });
    expect(first.built).toMatchObject({ train: { groups: 20, puzzles: 20 }, test: { groups: 10, puzzles: 10 } });
    expect(stages.at(-1)?.fraction).toBe(1);
    stages.forEach((progress, i) => expect(progress.fraction).toBeGreaterThanOrEqual(stages[i - 1]?.fraction ?? 0));
    expect(JSON.parse(readFileSync(join(home, 'data', 'identifiers.json'), 'utf8'))).toEqual(['<blank>']);
    expect(openSplit(first.folders.test, 'test').metadata).toMatchObject({ vocab_size: 6, seq_len: 16, total_groups: 10 });
    expect((await ensureDataset(config({}), home)).built).toBeUndefined();
  });

  test('the same spec gives the same bytes', async () => {
    const home = temporaryFolder();
    for (const name of ['a', 'b']) await buildDataset(spec({ augment: 3 }), join(home, name), { configFolder: home });
    for (const file of readdirSync(join(home, 'a', 'train'))) expect(readFileSync(join(home, 'a', 'train', file)).equals(readFileSync(join(home, 'b', 'train', file)))).toBe(true);
  });

  test('a folder built from other values is not silently used', async () => {
    const home = temporaryFolder();
    await ensureDataset(config({}), home);
    const failure = await rejectionOf(ensureDataset(config({ train: 21 }), home));
    expect(failure.code).toBe('mismatch');
    expect(failure.message).toBe(`${join(home, 'data')} was built with dataset.train 20; the config now has 21.`);
    expect((await rejectionOf(ensureDataset(config({ holes: [8, 9] }), home))).message).toContain('dataset.holes left out; the config now has [8,9]');
    expect((await rejectionOf(ensureDataset(config({ augment: 4 }), home))).message).toContain('augment (stored copies) 0; the config now has 4');
    expect((await ensureDataset(config({ augment: 0 }), home)).built).toBeUndefined(); // on_the_fly stores no copies either
  });

  test('a folder of the user\'s own is used as it is; a missing one without a way to make it is named', async () => {
    const home = temporaryFolder();
    writePairs(join(home, 'train-only'), 'train', [[1]]);
    const failure = await rejectionOf(ensureDataset({ data_paths: ['train-only'], data_paths_test: [] }, home));
    expect(failure.message).toContain(join('test', 'dataset.json'));
    mkdirSync(join(home, 'own'));
    cpSync(join(home, 'train-only', 'train'), join(home, 'own', 'train'), { recursive: true });
    cpSync(join(home, 'train-only', 'train'), join(home, 'own', 'test'), { recursive: true });
    expect((await ensureDataset({ ...config({}), data_paths: ['own'] }, home)).built).toBeUndefined();
    expect((await rejectionOf(ensureDataset({ data_paths: ['nowhere'], data_paths_test: [] }, home))).next).toContain('data_paths');
    expect((await rejectionOf(ensureDataset({ ...config({}), data_paths: ['a', 'b'] }, home))).message).toContain('names 2 folders');
    expect(datasetFolders({ data_paths: ['a'], data_paths_test: ['/b'] }, '/home')).toEqual({ train: ['/home/a'], test: ['/b'] });
  });

  test('an aborted build leaves nothing behind', async () => {
    const home = temporaryFolder();
    const abort = new AbortController();
    const run = ensureDataset(config({ size: 9, train: 2000, augment: 50 }), home, {
      signal: abort.signal,
      onProgress: ({ stage }) => {
        if (stage === 'Writing train') abort.abort();
      },
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(readdirSync(home)).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)(`a read-only folder is refused in words${process.getuid?.() === 0 ? ' (root may write everywhere)' : ''}`, async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o500);
    const failure = await rejectionOf(ensureDataset(config({}), home));
    expect(failure.code).toBe('unwritable');
    expect(failure.message).toContain('permission denied');
  });

  test('CSV folders are seen from the config; a bad row is the documented message', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'csv'));
    for (const split of ['train', 'test']) writeFileSync(join(home, 'csv', `${split}.csv`), `source,question,answer,rating\nx,${'.'.repeat(80)},${'1'.repeat(81)},1\n`);
    const failure = await rejectionOf(ensureDataset(config({ size: 9, csv: 'csv', train: 1, test: 1 }), home));
    expect(failure.message).toBe(`${join(home, 'csv', 'train.csv')}, line 2: question has 80 cells, expected 81`);
    expect(existsSync(join(home, 'data'))).toBe(false);
  });
});

describe('augmentation on the fly', () => {
  test('only when asked for, only on Sudoku boards and mazes', () => {
    const board = { vocab_size: 6, seq_len: 16 };
    expect(rowAugmentation(spec({ augment: 3 }), board)).toBeUndefined();
    expect(rowAugmentation(undefined, board)).toBeUndefined();
    expect(rowAugmentation(spec({}), board)).toBeTypeOf('function');
    expect(rowAugmentation({ kind: 'folder', augment: 'on_the_fly' }, board)).toBeTypeOf('function');
    expect(rowAugmentation({ kind: 'folder', augment: 'on_the_fly' }, { vocab_size: 6, seq_len: 900 })).toBeTypeOf('function');
    expect(failureOf(() => rowAugmentation({ kind: 'folder', augment: 'on_the_fly' }, { vocab_size: 12, seq_len: 900 })).message).toContain('900 tokens');
  });
});
