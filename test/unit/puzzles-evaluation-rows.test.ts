import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { EvaluationRows } from '../../src/puzzles/evaluation-rows';
import { openSplit } from '../../src/puzzles/read-dataset';
import { pairFormat, temporaryFolder, writePairs } from './puzzles-fixture';

const data = openSplit([writePairs(join(temporaryFolder(), 'data'), 'test', [[2], [3], [1], [4]], { ...pairFormat, pad_id: 99, blank_identifier_id: 49 })], 'test');

test('all examples in order; the last batch is padded', () => {
  const rows = new EvaluationRows(data, 'all', 0, 4);
  expect(rows.batches).toBe(3);
  expect([0, 1, 2].flatMap(i => [...rows.read(i).examples])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const last = rows.read(2);
  expect([...last.inputs]).toEqual([8, 8, 9, 9, 99, 99, 99, 99]);
  expect([...last.labels]).toEqual([8, IGNORE_LABEL_ID, 9, IGNORE_LABEL_ID, ...(Array(4).fill(IGNORE_LABEL_ID) as number[])]);
  expect([...last.puzzleIdentifiers]).toEqual([4, 4, 49, 49]);
  expect([...rows.read(0).puzzleIdentifiers]).toEqual([1, 1, 2, 2]);
});

test('a subset is fixed by the seed, ascending, without repetition', () => {
  const take = (seed: number, count = 4) => [...new EvaluationRows(data, count, seed, 4).examples];
  expect(take(1)).toEqual(take(1));
  expect(new Set([0, 1, 2, 3, 4, 5].map(seed => take(seed).join())).size).toBeGreaterThan(1);
  expect(new Set(take(2)).size).toBe(4);
  expect(take(2)).toEqual(take(2).sort((a, b) => a - b));
  expect(take(0, 1000)).toHaveLength(10);
});
