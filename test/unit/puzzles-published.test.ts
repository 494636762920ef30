/** Dataset folders as the published scripts write them are read as they are. The fixtures were written by those scripts. */
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { datasetCard } from '../../src/puzzles/dataset-card';
import { openSplit } from '../../src/puzzles/read-dataset';
import { temporaryFolder } from './runs-fixture';

const data = path.resolve(import.meta.dirname, '../fixtures/published/data');
const firstBoard = (file: string): string[] => readFileSync(path.resolve(data, `../../sudoku-csv/${file}`), 'utf8').split('\n')[1]!.split(',').slice(1, 3);

function rowsOf(folder: string, split: 'train' | 'test', example: number): { inputs: Int32Array; labels: Int32Array } {
  const opened = openSplit([folder], split);
  const [inputs, labels] = [new Int32Array(opened.metadata.seq_len), new Int32Array(opened.metadata.seq_len)];
  opened.readInputs(example, inputs);
  opened.readLabels(example, labels);
  opened.close();
  return { inputs, labels };
}

describe('Sudoku with one augmentation: int64 boards in training, uint8 in the test set', () => {
  const folder = path.join(data, 'sudoku');
  test('counts', () => {
    expect(readFileSync(path.join(folder, 'train/all__inputs.npy')).toString('latin1', 0, 128)).toContain("'descr': '<i8'");
    expect(datasetCard([folder], 'train')).toMatchObject({ examples: 4, puzzles: 4, groups: 2, identifiers: 1, seq_len: 81, vocab_size: 11 });
    expect(datasetCard([folder], 'test')).toMatchObject({ examples: 1, puzzles: 1, groups: 1 });
  });
  test.each(['train', 'test'] as const)('the first board of %s is the first row of its CSV file, token = digit + 1', split => {
    const [question, answer] = firstBoard(`${split}.csv`);
    const { inputs, labels } = rowsOf(folder, split, 0);
    expect([...inputs].map(token => (token === 1 ? '.' : String(token - 1))).join('')).toBe(question);
    expect([...labels].map(token => String(token - 1)).join('')).toBe(answer);
  });
  test('copies belong to the group of their board', () => {
    const split = openSplit([folder], 'train');
    expect([...split.groupIndices]).toEqual([0, 2, 4]);
    expect([...split.puzzleIdentifiers]).toEqual([0, 0, 0, 0]);
    split.close();
  });
});

describe('ARC with one augmentation', () => {
  const folder = path.join(data, 'arc');
  test('identifiers from 1, shared by the train and test pairs of a copy', () => {
    expect(datasetCard([folder], 'train')).toMatchObject({ examples: 6, puzzles: 4, groups: 2, identifiers: 5, seq_len: 900, vocab_size: 12 });
    const [train, test_] = [openSplit([folder], 'train'), openSplit([folder], 'test')];
    expect([...train.puzzleIdentifiers].sort()).toEqual([1, 2, 3, 4]);
    expect([...test_.puzzleIdentifiers]).toEqual([3, 4]);
    expect(train.metadata.mean_puzzle_examples).toBe(1.5);
    train.close();
    test_.close();
  });
  test('padding is no label', () => {
    const { inputs, labels } = rowsOf(folder, 'test', 0); // [[6]] -> [[6, 6]], never moved in the test set
    expect([inputs[0], inputs[1], inputs[30], inputs[31]]).toEqual([8, 1, 1, 0]);
    expect([labels[0], labels[1], labels[2], labels[30], labels[31], labels[32]]).toEqual([8, 8, 1, 1, 1, IGNORE_LABEL_ID]);
  });
});

test('several sets, no identifiers.json, further keys and further files are no trouble', () => {
  const folder = path.join(temporaryFolder(), 'sets');
  cpSync(path.join(data, 'sudoku'), folder, { recursive: true });
  for (const name of ['inputs', 'labels', 'puzzle_identifiers', 'puzzle_indices', 'group_indices']) {
    renameSync(path.join(folder, `train/all__${name}.npy`), path.join(folder, `train/easy__${name}.npy`));
    cpSync(path.join(data, `sudoku/test/all__${name}.npy`), path.join(folder, `train/hard__${name}.npy`));
  }
  const file = path.join(folder, 'train/dataset.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')) as object, sets: ['easy', 'hard'], total_groups: 3, total_puzzles: 3, made_by: 'somebody', ignore_label_id: null }));
  renameSync(path.join(folder, 'identifiers.json'), path.join(folder, 'other.json'));
  expect(datasetCard([folder], 'train')).toMatchObject({ examples: 5, puzzles: 5, groups: 3 });
  const split = openSplit([folder], 'train');
  expect([...split.setGroups]).toEqual([0, 2, 3]);
  split.close();
  expect([...rowsOf(folder, 'train', 4).labels].map(token => String(token - 1)).join('')).toBe(firstBoard('test.csv')[1]);
});
