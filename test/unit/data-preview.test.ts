/** The first training example in the hover of `data_paths`: the dataset that is there, or that it is not. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load';
import { dataPreview } from '../../src/host/language/data-preview';
import { temporaryFolder } from './runs-fixture';

const fixtures = path.join(import.meta.dirname, '../fixtures/published/data');
const preview = (folder: string, more = ''): string => dataPreview(parseConfig(`arch: trm\ndata_paths: [${folder}]\n${more}`).config!, '/nowhere/c.trm.yaml');

test('a Sudoku shows its question beside its answer', () => {
  const text = preview(path.join(fixtures, 'sudoku'));
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^\d+ training examples of \d+ cells, \d+ tokens\. The first one:$/);
  expect(lines[2]).toBe('```text');
  expect(lines.slice(3, -1).some(line => /^[\d. |]+ {2}→ {2}[\d |]+$/.test(line))).toBe(true);
});

test('an ARC task is drawn in digits, without the empty space around it', () => {
  expect(preview(path.join(fixtures, 'arc'))).toMatch(/```text\n01\. {5}10\.\n20\. {2}→ {2}02\.\n\.\. {6}\.\.\n```$/);
});

test('what is not there is said to be made, or missing', () => {
  expect(preview('/nowhere/x', 'dataset: {kind: sudoku, size: 4}')).toBe('Not there yet: training makes it first.');
  expect(preview('/nowhere/x')).toBe('Not there.');
});

test('what is damaged is not shown, and none of its words', () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'train'));
  writeFileSync(path.join(folder, 'train', 'dataset.json'), '{"sets": ["[x](command:evil)"]}');
  expect(preview(folder)).toBe('The data that is there cannot be read; training says why.');
  rmSync(folder, { recursive: true });
});
