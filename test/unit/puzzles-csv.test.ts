import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { buildSudoku } from '../../src/puzzles/build-sudoku';
import { readPuzzleCsv, samplePuzzleCsv } from '../../src/puzzles/puzzle-csv';
import type { CsvOptions } from '../../src/puzzles/puzzle-csv';
import { openSplit } from '../../src/puzzles/read-dataset';
import { boardOfTokens, sudokuGeometry } from '../../src/puzzles/sudoku-board';
import { sudokuRow, sudokuRowForm } from '../../src/puzzles/sudoku-csv';
import { drawSudoku } from '../../src/puzzles/sudoku-generate';
import type { SudokuPuzzle } from '../../src/puzzles/sudoku-generate';
import { symmetryFingerprint } from '../../src/puzzles/sudoku-symmetry';
import { RandomStream } from '../../src/random/stream';
import { rejectionOf, temporaryFolder } from './puzzles-fixture';

const geometry = sudokuGeometry(9);
const puzzles = Array.from({ length: 30 }, (_, i) => drawSudoku(RandomStream.named(i, 'test'), geometry, 45)!);
const lineOf = ({ question, solution }: SudokuPuzzle, rating: number) => `puzzles,${[...question].map(digit => (digit === 0 ? '.' : digit)).join('')},${solution.join('')},${rating}`;
const rows = puzzles.map((puzzle, i) => lineOf(puzzle, i));

let path: string;
beforeEach(() => {
  path = join(temporaryFolder(), 'train.csv');
});
const write = (lines: string[], header = 'source,question,answer,rating') => writeFileSync(path, [header, ...lines, ''].join('\n'));
const nine: CsvOptions<SudokuPuzzle> = { parse: sudokuRow(9), form: sudokuRowForm };
const readAll = async (options: Partial<CsvOptions<SudokuPuzzle>> = {}) => {
  const all: SudokuPuzzle[] = [];
  for await (const puzzle of readPuzzleCsv(path, { ...nine, ...options })) all.push(puzzle);
  return all;
};

describe('reading', () => {
  test('every row in order, with . or 0 for empty cells, quotes, a byte order mark and CRLF', async () => {
    write(rows);
    expect(await readAll()).toEqual(puzzles);
    writeFileSync(path, `\uFEFFsource,question,answer,rating\r\n"a, ""b""",${puzzles[0]!.question.join('')},${puzzles[0]!.solution.join('')},5\r\n`);
    expect(await readAll()).toEqual([puzzles[0]]);
  });

  test('min_rating keeps rows rated at least that', async () => {
    write(rows);
    expect(await readAll({ minRating: 28 })).toEqual(puzzles.slice(28));
  });

  const [source, question, answer, rating] = rows[10]!.split(',') as [string, string, string, string];
  const given = Array.from(question).findIndex(shown => shown !== '.');
  const empty = question.indexOf('.');
  const put = (board: string, cell: number, shown: string) => board.slice(0, cell) + shown + board.slice(cell + 1);
  test.each([
    ['a question of 80 cells', [source, question.slice(1), answer, rating], 'question has 80 cells, expected 81'],
    ['an answer of 82 cells', [source, question, `${answer}1`, rating], 'answer has 82 cells, expected 81'],
    ['a letter', [source, put(question, 7, 'x'), answer, rating], "question has 'x' at cell 8, expected 1 to 9, . or 0"],
    ['an incomplete answer', [source, question, put(answer, 3, '0'), rating], 'answer has no digit at cell 4'],
    ['an answer to another question', [source, put(question, given, answer[given] === '1' ? '2' : '1'), answer, rating], `answer has ${answer[given]!} at cell ${given + 1}, where question has`],
    ['a wrong answer', [source, question, put(answer, empty, answer[empty] === '1' ? '2' : '1'), rating], 'twice in a row, column or box'],
    ['a rating that is no number', [source, question, answer, 'hard'], "rating is 'hard', expected a whole number"],
    ['a missing column', [source, question, answer], '3 columns, expected 4'],
  ])('%s is refused with file and line', async (_what, fields, says) => {
    write([...rows.slice(0, 10), fields.join(','), ...rows.slice(11)]);
    const failure = await rejectionOf(readAll());
    expect(failure.code).toBe('bad-row');
    expect(failure.message).toContain(`${path}, line 12: `);
    expect(failure.message).toContain(says);
    const skipped: string[] = [];
    expect(await readAll({ onBadRow: error => skipped.push(error.message) })).toEqual(puzzles.filter((_, i) => i !== 10));
    expect(skipped).toEqual([failure.message]);
  });

  test('another header, an empty file, no file and a smaller board are refused', async () => {
    write(rows, 'question,answer,source,rating');
    expect((await rejectionOf(readAll())).message).toContain("header is 'question,answer,source,rating', expected 'source,question,answer,rating'");
    writeFileSync(path, '');
    expect((await rejectionOf(readAll())).message).toContain('empty');
    write(rows);
    expect((await rejectionOf(readAll({ parse: sudokuRow(6) }))).message).toContain('question has 81 cells, expected 36');
    path = join(dirname(path), 'absent.csv');
    expect((await rejectionOf(readAll())).code).toBe('missing');
  });

  test('megabytes of random bytes are refused within a second, in words a terminal can show', async () => {
    const stream = RandomStream.named(0, 'random-bytes');
    writeFileSync(path, Buffer.from(Uint8Array.from({ length: 8 << 20 }, () => stream.integer(0, 255))));
    const started = performance.now();
    const failure = await rejectionOf(readAll({ onBadRow: () => undefined }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(failure.code).toBe('bad-row');
    expect(failure.message).toMatch(/^[\x20-\x7e\u00a0-\uffff]+$/);
    writeFileSync(path, `source,question,answer,rating\n"${'x'.repeat(8 << 20)}`); // a quote that never ends
    expect((await rejectionOf(readAll())).code).toBe('bad-row');
  });
});

describe('taking some', () => {
  test('the same seed takes the same rows, another seed others; every row can be taken', async () => {
    write(rows);
    const take = (seed: number) => samplePuzzleCsv(path, 5, seed, nine);
    const [a, b, c] = [await take(0), await take(0), await take(1)];
    expect(a).toHaveLength(5);
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
    const taken = new Set<string>();
    for (let seed = 0; seed < 60; seed++) for (const puzzle of await take(seed)) taken.add(puzzle.question.join(''));
    expect(taken.size).toBe(30);
    expect(await samplePuzzleCsv(path, 30, 0, nine)).toEqual(puzzles);
  });

  test('more than there are is an error with both numbers', async () => {
    write(rows);
    const failure = await rejectionOf(samplePuzzleCsv(path, 3, 0, { ...nine, minRating: 28 }));
    expect(failure.code).toBe('not-enough');
    expect(failure.message).toContain('2 puzzles rated at least 28, 3 asked for');
  });
});

describe('building from CSV', () => {
  test('originals first, then copies of the same puzzle, in the published layout', async () => {
    write(rows);
    const test = join(dirname(path), 'test.csv');
    writeFileSync(test, ['source,question,answer,rating', ...rows.slice(0, 4)].join('\n'));
    const folder = join(dirname(path), 'data');
    const report = await buildSudoku({ size: 9, from: { csv: { train: { path, count: 6 }, test: { path: test } } }, copies: 3, seed: 0 }, folder);
    expect(report).toMatchObject({ train: { groups: 6, puzzles: 24 }, test: { groups: 4, puzzles: 4 }, skipped: { count: 0 } });
    const chosen = await samplePuzzleCsv(path, 6, 0, nine);
    const split = openSplit([folder], 'train');
    expect(split.metadata).toEqual({ pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size: 11, seq_len: 81, num_puzzle_identifiers: 1, total_groups: 6, mean_puzzle_examples: 1, total_puzzles: 6, sets: ['all'] });
    expect([...split.groupIndices]).toEqual([0, 4, 8, 12, 16, 20, 24]);
    expect(new Set(split.puzzleIdentifiers)).toEqual(new Set([0]));
    const row = new Int32Array(81);
    const distinct = new Set<string>();
    for (let example = 0; example < 24; example++) {
      const original = chosen[Math.floor(example / 4)]!;
      split.readInputs(example, row);
      distinct.add(row.join());
      const board = boardOfTokens(9, row);
      if (example % 4 === 0) expect([...board]).toEqual([...original.question]);
      expect(symmetryFingerprint(geometry, board)).toBe(symmetryFingerprint(geometry, original.question));
      split.readLabels(example, row);
      const answer = boardOfTokens(9, row);
      expect(board.every((digit, cell) => digit === 0 || digit === answer[cell])).toBe(true);
    }
    expect(distinct.size).toBe(24);
    split.close();
  });

  test('a damaged row leaves nothing behind', async () => {
    write([...rows.slice(0, 20), 'a,b,c,1']);
    const folder = join(dirname(path), 'data');
    await rejectionOf(buildSudoku({ size: 9, from: { csv: { train: { path } } }, copies: 0, seed: 0 }, folder));
    expect(readdirSync(dirname(path))).toEqual(['train.csv']);
    const report = await buildSudoku({ size: 9, from: { csv: { train: { path } }, skipBadRows: true }, copies: 0, seed: 0 }, folder);
    expect(report.skipped).toEqual({ count: 1, first: [`${path}, line 22: question has 1 cells, expected 81`] });
    expect(report.train).toEqual({ groups: 20, puzzles: 20, examples: 20 });
    expect(existsSync(join(folder, 'test'))).toBe(false);
  });
});
