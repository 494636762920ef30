/** What mends a config: applying the offered text leaves no problem behind; taking a key out leaves the rest as it was. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { removalOf } from '../../src/config/document';
import { parseConfig } from '../../src/config/load';
import { missingData } from '../../src/host/language/missing-data';

const start = 'arch: trm\ndata_paths: [d]\n';

/** The text with the replacement of its one problem put in. */
function mended(text: string): string {
  const { problems, document } = parseConfig(text);
  expect(problems).toHaveLength(1);
  const { replacement, line, column, endLine, endColumn } = problems[0]!;
  const offset = (l: number, c: number): number => document!.lines.lineStarts[l - 1]! + c - 1;
  return text.slice(0, offset(line, column)) + replacement! + text.slice(offset(endLine, endColumn));
}

describe('a replacement mends', () => {
  test.each([
    ['epochz: 3', 'epochs: 3'],
    ['engine: tensrflow', 'engine: tensorflow'],
    ['ema_rate: 1.5', 'ema_rate: 1'],
    ['ema_rate: -0.5', 'ema_rate: 0'],
    ['threads: 5000', 'threads: 1024'],
    ['eval_examples: 0', 'eval_examples: 1'],
    ['watch: [0, -1]', 'watch: [0, 0]'],
    ['ema: yes', 'ema: true'],
    ['ema: "off"', 'ema: false'],
    ['lr: "1e-3"', 'lr: 1e-3'],
    ['epochs: 20_000', 'epochs: 20000'],
    ['dataset: {kind: sudoku, size: 5}', 'dataset: {kind: sudoku, size: 4}'],
    ['dataset: {kind: sudoku, size: 8}', 'dataset: {kind: sudoku, size: 9}'],
    ['dataset: {kind: maze, size: 50}', 'dataset: {kind: maze, size: 40}'],
    ['dataset: {kind: sudoku, size: 4, holes: [9, 5]}', 'dataset: {kind: sudoku, size: 4, holes: [5, 9]}'],
    ['epochs: 100\neval_interval: 33', 'epochs: 100\neval_interval: 25'],
    ['global_batch_size: 12\nmicro_batch_size: 5', 'global_batch_size: 12\nmicro_batch_size: 6'],
  ])('%s', (wrong, right) => {
    expect(mended(`${start}${wrong}\n`)).toBe(`${start}${right}\n`);
    expect(parseConfig(`${start}${right}\n`).problems).toEqual([]);
  });
  test.each(['lr: -1', 'lr: fast', 'watch: 3', 'data_paths_test: [""]', 'zzzzzz: 1'])('%s has none', wrong => {
    expect(parseConfig(`${start}${wrong}\n`).problems[0]).not.toHaveProperty('replacement');
  });
  test('a key that another is held against is not replaced in its stead', () => {
    expect(parseConfig('arch: {name: trm_hier6, z_features: 3}\ndata_paths: [d]').problems[0]).not.toHaveProperty('replacement');
  });
});

describe('a key taken out', () => {
  const without = (text: string, ...key: string[]): string => {
    const { document } = parseConfig(text);
    const { start: from, end } = removalOf(document!, key)!;
    return text.slice(0, from) + text.slice(end);
  };
  test.each([
    ['a line', 'arch: trm\nrun_name: x # why\nlr: 1\n', ['run_name'], 'arch: trm\nlr: 1\n'],
    ['the last line, without a line end', 'arch: trm\nrun_name: x', ['run_name'], 'arch: trm\n'],
    ['lines below it, too', 'a: 1\nhydra:\n  x: 1\n  y: [2,\n    3]\nlr: 1\n', ['hydra'], 'a: 1\nlr: 1\n'],
    ['a key without a value', 'a: 1\nrun_name:\nlr: 1\n', ['run_name'], 'a: 1\nlr: 1\n'],
    ['inside a block', 'arch:\n  name: trm\n  foo: 1\n  L_cycles: 2\n', ['arch', 'foo'], 'arch:\n  name: trm\n  L_cycles: 2\n'],
    ['between braces', 'arch: {name: trm, foo: 1, L_cycles: 2}\n', ['arch', 'foo'], 'arch: {name: trm, L_cycles: 2}\n'],
    ['last between braces', 'arch: {name: trm, foo: [1, 2]}\n', ['arch', 'foo'], 'arch: {name: trm}\n'],
    ['alone between braces', 'arch: {foo: 1}\n', ['arch', 'foo'], 'arch: {}\n'],
  ])('%s', (_, text, key, rest) => {
    expect(without(text, ...key)).toBe(rest);
  });
  test('that is not there', () => {
    expect(removalOf(parseConfig(start).document!, ['nothing'])).toBeUndefined();
  });
});

describe('what is not there', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trm-missing-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const missing = (text: string) => missingData(parseConfig(text), path.join(folder, 'c.trm.yaml')).map(({ span, kind, folder: at }) => [span.line, kind, path.relative(folder, at)]);
  test('a dataset to be made, what it is made from, and one that nobody makes', () => {
    expect(missing(`${start}dataset: {kind: sudoku, size: 4}\n`)).toEqual([[2, 'made', 'd']]);
    expect(missing(`${start}dataset: {kind: sudoku, csv: files}\n`)).toEqual([[2, 'made', 'd'], [3, 'source', 'files']]);
    expect(missing(`${start}data_paths_test: [t]\n`)).toEqual([[2, 'data', 'd'], [3, 'data', 't']]);
    expect(missing(`${start}dataset: {kind: folder}\n`)).toEqual([[2, 'data', 'd']]);
  });
  test('nothing when it is there, nor of a text without a place or with errors', () => {
    mkdirSync(path.join(folder, 'd'));
    expect(missing(`${start}dataset: {kind: sudoku, csv: files}\n`)).toEqual([]);
    expect(missingData(parseConfig(start), undefined)).toEqual([]);
    expect(missing(`${start.replace('[d]', '[e]')}lr: fast\n`)).toEqual([]);
  });
});
