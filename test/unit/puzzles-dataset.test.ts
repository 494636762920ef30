import { copyFileSync, cpSync, existsSync, mkdirSync, openSync, closeSync, ftruncateSync, readdirSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/random/stream';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { datasetCard } from '../../src/puzzles/dataset-card';
import { formatNpyHeader } from '../../src/puzzles/npy-header';
import { NpyWriter } from '../../src/puzzles/npy-write';
import { openSplit } from '../../src/puzzles/read-dataset';
import { DatasetWriter } from '../../src/puzzles/write-dataset';
import { failureOf, pairFormat, temporaryFolder, writePairs } from './puzzles-fixture';

const fresh = (name = 'data') => join(temporaryFolder(), name);

describe('reading and writing', () => {
  test('a dataset comes back as written, in the published files', () => {
    const folder = writePairs(fresh(), 'train', [[1, 2], [3]]);
    expect(readdirSync(folder).sort()).toEqual(['identifiers.json', 'train']);
    expect(readdirSync(join(folder, 'train')).sort()).toEqual(['all__group_indices.npy', 'all__inputs.npy', 'all__labels.npy', 'all__puzzle_identifiers.npy', 'all__puzzle_indices.npy', 'dataset.json']);
    expect(JSON.parse(readFileSync(join(folder, 'train', 'dataset.json'), 'utf8'))).toEqual({
      pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size: 100, seq_len: 2, num_puzzle_identifiers: 50,
      total_groups: 2, mean_puzzle_examples: 2, total_puzzles: 3, sets: ['all'],
    });
    const split = openSplit([folder], 'train');
    expect(split.examples).toBe(6);
    expect([...split.puzzleIndices]).toEqual([0, 1, 3, 6]);
    expect([...split.groupIndices]).toEqual([0, 2, 3]);
    expect([...split.puzzleIdentifiers]).toEqual([1, 2, 3]);
    expect([0, 1, 2, 3, 4, 5].map(example => split.puzzleOf(example))).toEqual([0, 1, 1, 2, 2, 2]);
    const row = new Int32Array(2);
    split.readInputs(4, row);
    expect([...row]).toEqual([4, 4]);
    split.readLabels(4, row);
    expect([...row]).toEqual([4, IGNORE_LABEL_ID]);
    split.close();
    expect(() => split.readInputs(4, row)).toThrow(/after close/);
  });

  test('several folders become one split; identifiers are not shifted, sets stay apart', () => {
    const folders = [writePairs(fresh('a'), 'train', [[1, 1], [2]]), writePairs(fresh('b'), 'train', [[3]])];
    const split = openSplit(folders, 'train');
    expect(split.examples).toBe(7);
    expect([...split.puzzleIndices]).toEqual([0, 1, 2, 4, 7]);
    expect([...split.groupIndices]).toEqual([0, 2, 3, 4]);
    expect([...split.setGroups]).toEqual([0, 2, 3]);
    expect([...split.puzzleIdentifiers]).toEqual([1, 2, 3, 1]);
    expect(split.metadata).toMatchObject({ total_groups: 3, total_puzzles: 4, num_puzzle_identifiers: 100, mean_puzzle_examples: 7 / 4 });
    const row = new Int32Array(2);
    split.readInputs(5, row);
    expect([...row]).toEqual([1, 1]); // row 1 of the second folder
    split.close();
  });

  test('folders that do not go together are named, with the key', () => {
    const folders = [writePairs(fresh('a'), 'train', [[1]]), writePairs(fresh('b'), 'train', [[1]], { ...pairFormat, vocab_size: 12 })];
    const failure = failureOf(() => openSplit(folders, 'train'));
    expect(failure.code).toBe('mismatch');
    expect(failure.message).toBe(`${folders[1]!}: vocab_size is 12, but 100 in ${folders[0]!}`);
  });

  test('what is missing is named', () => {
    const folder = writePairs(fresh(), 'train', [[1]]);
    expect(failureOf(() => openSplit([join(folder, 'nowhere')], 'train')).message).toContain(`there is no folder ${join(folder, 'nowhere')}`);
    expect(failureOf(() => openSplit([folder], 'test')).message).toContain(join('test', 'dataset.json'));
    copyFileSync(join(folder, 'train', 'dataset.json'), join(mkFolder(join(folder, 'test')), 'dataset.json'));
    const failure = failureOf(() => openSplit([folder], 'test'));
    expect(failure.code).toBe('missing');
    expect(failure.message).toContain(join('test', 'all__inputs.npy'));
  });

  test('a truncated array, broken metadata and disagreeing arrays are named', () => {
    const good = writePairs(fresh(), 'train', [[1, 2], [3]]);
    const broken = (damage: (train: string) => void) => {
      const copy = fresh();
      cpSync(good, copy, { recursive: true });
      damage(join(copy, 'train'));
      return failureOf(() => openSplit([copy], 'train'));
    };
    const labels = broken(train => truncateSync(join(train, 'all__labels.npy'), 131));
    expect(labels.code).toBe('truncated');
    expect(labels.message).toMatch(/all__labels\.npy: truncated.*expected 12 bytes of data, found 3/);
    expect(broken(train => writeFileSync(join(train, 'dataset.json'), '{"pad_id": ')).message).toContain('not JSON');
    expect(broken(train => writeFileSync(join(train, 'dataset.json'), '{"pad_id": "x"}')).message).toContain('seq_len');
    expect(broken(train => writeVector(join(train, 'all__puzzle_indices.npy'), [0, 3, 1, 6])).message).toContain('entry 2 is 1 after 3');
    expect(broken(train => writeVector(join(train, 'all__puzzle_indices.npy'), [0, 1, 3, 7])).message).toContain('ends with 7, expected 6');
    expect(broken(train => writeVector(join(train, 'all__group_indices.npy'), [0, 0, 3])).message).toContain('entry 1 is 0 after 0');
    expect(broken(train => writeVector(join(train, 'all__group_indices.npy'), [0, 3])).message).toContain('counts 2 groups in train, the arrays hold 1');
    expect(broken(train => writeVector(join(train, 'all__puzzle_identifiers.npy'), [1, 2, 50])).message).toContain('entry 2 is 50, expected 0 to 49');
  });

  test('a token outside the vocabulary is named with its row', () => {
    const folder = writePairs(fresh(), 'train', [[3]], { ...pairFormat, vocab_size: 2 });
    const split = openSplit([folder], 'train');
    const row = new Int32Array(2);
    split.readInputs(1, row);
    const failure = failureOf(() => split.readInputs(2, row));
    expect(failure.code).toBe('bad-token');
    expect(failure.message).toContain('row 2, position 0: token 2, expected 0 to 1');
    expect(failureOf(() => split.readLabels(2, row)).code).toBe('bad-token');
    split.close();
  });
});

describe('never half-written', () => {
  test('nothing is at the target before the end, nothing anywhere after an abort', () => {
    const folder = fresh();
    const writer = new DatasetWriter(folder);
    writer.split('train', pairFormat).addGroup([{ identifier: 1, examples: [{ inputs: [1, 2], labels: [1, 2] }] }]);
    expect(existsSync(folder)).toBe(false);
    writer.abort();
    expect(readdirSync(dirname(folder))).toEqual([]);
  });

  test('a dataset is replaced only when asked for, anything else never', () => {
    const folder = writePairs(fresh(), 'train', [[1]]);
    expect(failureOf(() => new DatasetWriter(folder)).code).toBe('exists');
    const writer = new DatasetWriter(folder, true);
    writer.json('identifiers.json', ['new']);
    writer.finish();
    expect(readdirSync(folder)).toEqual(['identifiers.json']);
    expect(readdirSync(dirname(folder))).toEqual(['data']);
    writeFileSync(join(folder, 'thesis.tex'), 'precious');
    const failure = failureOf(() => new DatasetWriter(folder, true));
    expect(failure.code).toBe('exists');
    expect(failure.message).toContain('thesis.tex');
  });

  test('an empty folder may be filled; a path below a file is refused in words', () => {
    const folder = mkFolder(fresh());
    writePairs(folder, 'train', [[1]]);
    expect(existsSync(join(folder, 'train', 'dataset.json'))).toBe(true);
    const failure = failureOf(() => new DatasetWriter(join(folder, 'identifiers.json', 'x')));
    expect(failure.code).toBe('unwritable');
  });
});

describe('the card', () => {
  test('counts rows and copies, and its hash follows the content', () => {
    const folder = writePairs(fresh(), 'train', [[1, 1, 1], [1, 1, 1]]);
    const card = datasetCard([folder], 'train', true);
    expect(card).toMatchObject({ paths: [folder], split: 'train', examples: 6, puzzles: 6, groups: 2, identifiers: 50, seq_len: 2, vocab_size: 100, augment: '2 stored copies per puzzle, a fresh symmetry at every draw' });
    expect(card.content_hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    const copy = fresh();
    cpSync(folder, copy, { recursive: true });
    expect(datasetCard([copy], 'train').content_hash).toBe(card.content_hash);
    const file = openSync(join(copy, 'train', 'all__inputs.npy'), 'r+');
    writeSync(file, Buffer.of(9), 0, 1, 130);
    closeSync(file);
    expect(datasetCard([copy], 'train').content_hash).not.toBe(card.content_hash);
  });
});

test('a million rows are read without being held in memory', () => {
  const rows = 1_000_000;
  const train = mkFolder(join(fresh(), 'train'));
  for (const name of ['inputs', 'labels']) {
    const file = openSync(join(train, `all__${name}.npy`), 'w');
    writeSync(file, formatNpyHeader('|u1', [rows, 81]));
    ftruncateSync(file, 128 + rows * 81); // sparse: all PAD
    writeSync(file, Buffer.of(7), 0, 1, 128 + 777_777 * 81 + 5);
    closeSync(file);
  }
  const counting = Int32Array.from({ length: rows + 1 }, (_, i) => i);
  writeVector(join(train, 'all__puzzle_indices.npy'), counting);
  writeVector(join(train, 'all__group_indices.npy'), counting);
  writeVector(join(train, 'all__puzzle_identifiers.npy'), new Int32Array(rows));
  writeFileSync(join(train, 'dataset.json'), JSON.stringify({ ...pairFormat, seq_len: 81, vocab_size: 11, total_groups: rows, total_puzzles: rows, mean_puzzle_examples: 1, sets: ['all'] }));

  const before = process.memoryUsage();
  const split = openSplit([dirname(train)], 'train');
  const row = new Int32Array(81);
  const stream = RandomStream.named(0, 'rows');
  for (let i = 0; i < 20_000; i++) {
    split.readInputs(stream.integer(0, rows - 1), row);
    split.readLabels(stream.integer(0, rows - 1), row);
  }
  split.readInputs(777_777, row);
  expect(row[5]).toBe(7);
  expect(split.puzzleOf(777_777)).toBe(777_777);
  const after = process.memoryUsage();
  // 12 MB of index arrays and 8 MB of cached blocks; the tables are 162 MB.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(30e6);
  expect(after.rss - before.rss).toBeLessThan(80e6);
  split.close();
});

function mkFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

function writeVector(path: string, values: ArrayLike<number>): void {
  const fresh = `${path}.fresh`;
  const writer = new NpyWriter(fresh, '<i4');
  writer.append(values);
  writer.finish();
  copyFileSync(fresh, path);
}
