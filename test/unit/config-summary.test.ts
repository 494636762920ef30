/** The numbers above a config: from its dataset when that is there, else from what `dataset:` says. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load';
import { countText, sizeOnGpu } from '../../src/host/language/summary';
import { summarise } from '../../src/reports/config-report';
import { dataFacts } from '../../src/puzzles/data-facts';

const config = (text: string) => parseConfig(text).config!;

test('the paper\'s run in numbers, before its dataset is there', () => {
  const text = 'arch: {name: trm, mlp_t: true, pos_encodings: none}\ndata_paths: [none]\nepochs: 50000\ndataset: {kind: sudoku, size: 9, csv: x}\n';
  const summary = summarise(config(text), '/nowhere/c.trm.yaml')!;
  expect(summary.steps).toBe(65_100); // 65,104 by the formula; the rest of each of five intervals is dropped
  expect(summary.depth).toBe(42);
  expect(countText(summary.parameters)).toMatch(/^5\.\d+ M$/);
});

test('the dataset that is there counts, not what dataset: says', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trm-summary-'));
  mkdirSync(path.join(folder, 'd', 'train'), { recursive: true });
  const metadata = { pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size: 6, seq_len: 16, num_puzzle_identifiers: 3, total_groups: 64, mean_puzzle_examples: 2, total_puzzles: 64, sets: ['all'] };
  writeFileSync(path.join(folder, 'd', 'train', 'dataset.json'), JSON.stringify(metadata));
  const at = path.join(folder, 'c.trm.yaml');
  writeFileSync(at, 'arch: trm\ndata_paths: [d]\nepochs: 10\nglobal_batch_size: 64\ndataset: {kind: sudoku, size: 4, train: 9999}\n');
  expect(dataFacts(loadConfig(at).config, at)).toMatchObject({ num_puzzle_identifiers: 3, total_groups: 64 });
  expect(summarise(loadConfig(at).config, at)!.steps).toBe(20);
});

test('a config of the paper\'s size says what it takes on a GPU, as an estimate', () => {
  const at = path.join(import.meta.dirname, '../../examples/sudoku-extreme.trm.yaml');
  expect(sizeOnGpu(loadConfig(at).config, at)).toEqual({ parameters: expect.stringMatching(/^5\.\d+ M$/) as string, steps: 65_100, memory: expect.stringMatching(/^\d+\.\d GB$/) as string });
});

test('ARC-AGI has numbers before its files are read, but for subsets of one\'s own', () => {
  const arc = (dataset: string) => config(`arch: {name: trm, mlp_t: false, hidden_size: 512}\ndata_paths: [none]\ndataset: {kind: arc, files: x, ${dataset}}\n`);
  // 960 tasks with 1,000 copies and themselves, and the blank identifier, of 512 numbers each; 3,988 pairs to train on.
  expect(dataFacts(arc('version: 1'), '/nowhere/c.trm.yaml')).toMatchObject({ vocab_size: 12, seq_len: 900, num_puzzle_identifiers: 960 * 1001 + 1, total_groups: 960, mean_puzzle_examples: 3988 / 960 });
  expect(dataFacts(arc('version: 2, augment: 10'), '/nowhere/c.trm.yaml')).toMatchObject({ num_puzzle_identifiers: 1280 * 11 + 1, total_groups: 1280, mean_puzzle_examples: 5573 / 1280 });
  expect(countText(summarise(arc('version: 1'), '/nowhere/c.trm.yaml')!.parameters)).toBe('499 M');
  expect(dataFacts(arc('subsets: [evaluation], test_set: evaluation'), '/nowhere/c.trm.yaml')).toBeUndefined();
});

test('an unknown dataset has no numbers', () => {
  expect(summarise(config('arch: trm\ndata_paths: [none]\n'), '/nowhere/c.trm.yaml')).toBeUndefined();
});

test('counts in words', () => {
  expect([0, 950, 1000, 12_345, 999_999, 5_030_912, 27_000_000].map(countText)).toEqual(['0', '950', '1 k', '12.3 k', '1 M', '5.03 M', '27 M']);
});
