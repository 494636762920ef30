import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/random/stream';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { boardOfTokens, sudokuConflicts, sudokuGeometry, sudokuSizeOf, sudokuSizes, tokensOfBoard } from '../../src/puzzles/sudoku-board';
import { defaultHoles, drawSudoku, generateSudoku } from '../../src/puzzles/sudoku-generate';
import { searchSudoku } from '../../src/puzzles/sudoku-solve';
import { applySymmetry, drawSymmetry, symmetryAugmentation, symmetryFingerprint } from '../../src/puzzles/sudoku-symmetry';
import { rejectionOf } from './puzzles-fixture';

const digits = (text: string) => Uint8Array.from(text.replace(/\s/g, ''), shown => (shown === '.' ? 0 : Number(shown)));
const text = (board: ArrayLike<number>) => Array.from(board).join('');
const holesOf = (board: Uint8Array) => board.filter(digit => digit === 0).length;

describe('boards', () => {
  test('boxes: 2 x 2, 2 rows x 3 columns, 3 x 3', () => {
    expect(text(sudokuGeometry(4).boxOf)).toBe('0011' + '0011' + '2233' + '2233');
    expect(text(sudokuGeometry(6).boxOf)).toBe('000111'.repeat(2) + '222333'.repeat(2) + '444555'.repeat(2));
    expect(text(sudokuGeometry(9).boxOf)).toBe('000111222'.repeat(3) + '333444555'.repeat(3) + '666777888'.repeat(3));
  });

  test('tokens are digits plus one, and the side is told from vocabulary and length', () => {
    expect([...tokensOfBoard([0, 1, 9])]).toEqual([1, 2, 10]);
    expect([...boardOfTokens(9, [0, 1, 2, 10, 11, IGNORE_LABEL_ID])]).toEqual([0, 0, 1, 9, 0, 0]);
    expect(sudokuSizes.map(n => sudokuSizeOf({ vocab_size: n + 2, seq_len: n * n }))).toEqual([4, 6, 9]);
    expect(sudokuSizeOf({ vocab_size: 6, seq_len: 100 })).toBeUndefined();
  });

  test('clashes in rows, columns and boxes', () => {
    expect(sudokuConflicts(4, digits('1234 3412 2143 4321'))).toEqual([]);
    expect(sudokuConflicts(4, digits('1..1 .... .... ....'))).toEqual([0, 3]);
    expect(sudokuConflicts(4, digits('1... .1.. .... 1...'))).toEqual([0, 5, 12]);
  });
});

describe('solver', () => {
  test('solves a published hard puzzle and counts solutions', () => {
    const geometry = sudokuGeometry(9);
    const question = digits('98.7..6..75.....8...6.8....4..........56...7.....73..4.2....1....98...5.....12..3');
    const { solutions, first } = searchSudoku(geometry, question);
    expect(solutions).toBe(1);
    expect(text(first!)).toBe('983754621754126389216389745471298536395641278862573914628435197139867452547912863');
    expect(searchSudoku(geometry, new Uint8Array(81)).solutions).toBe(2);
    expect(searchSudoku(geometry, digits('11' + '.'.repeat(79))).solutions).toBe(0);
    expect(searchSudoku(geometry, digits('12345678.' + '........9' + '.'.repeat(63))).solutions).toBe(0);
  });

  test('there are 288 full 4 x 4 boards', () => {
    expect(searchSudoku(sudokuGeometry(4), new Uint8Array(16), 1000).solutions).toBe(288);
  });
});

describe('symmetries', () => {
  test('a given 4 x 4 symmetry, worked by hand', () => {
    const board = digits('12.. ..3. 4... ..12');
    // rows: bands swapped, then each band's rows as given; columns: the second and first of stack 0 swapped
    const symmetry = { transpose: false, rows: [3, 2, 0, 1], columns: [1, 0, 2, 3], digits: [0, 2, 3, 4, 1] };
    expect(text(applySymmetry(sudokuGeometry(4), board, symmetry))).toBe(text(digits('..23 .1.. 32.. ..4.')));
    // transposed first: the old board's columns are 1.4., 2..., .3.1, ...2
    expect(text(applySymmetry(sudokuGeometry(4), board, { ...symmetry, transpose: true }))).toBe(text(digits('...3 4..2 .21. .3..')));
  });

  test('a given 9 x 9 symmetry is the published mapping', () => {
    const board = Uint8Array.from({ length: 81 }, (_, cell) => cell % 10);
    const rows = [4, 3, 5, 0, 2, 1, 8, 7, 6];
    const columns = [2, 0, 1, 7, 6, 8, 3, 4, 5];
    const map = [0, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    for (const transpose of [false, true]) {
      const seen = applySymmetry(sudokuGeometry(9), board, { transpose, rows, columns, digits: map });
      // published: x = x.T if transpose; new[i] = map[x.flat[rows[i // 9] * 9 + columns[i % 9]]]
      const x = transpose ? board.map((_, i) => board[(i % 9) * 9 + Math.floor(i / 9)]!) : board;
      expect([...seen]).toEqual(Array.from({ length: 81 }, (_, i) => map[x[rows[Math.floor(i / 9)]! * 9 + columns[i % 9]!]!]));
    }
  });

  test.each(sudokuSizes)('side %i: drawn symmetries keep solutions solutions, and reach many copies', size => {
    const geometry = sudokuGeometry(size);
    const stream = RandomStream.named(1, 'test');
    const solution = searchSudoku(geometry, new Uint8Array(size * size), 1, stream).first!;
    const copies = new Set<string>();
    let transposes = 0;
    for (let i = 0; i < 200; i++) {
      const symmetry = drawSymmetry(stream, geometry);
      if (symmetry.transpose) transposes++;
      const copy = applySymmetry(geometry, solution, symmetry);
      expect(sudokuConflicts(size, copy)).toEqual([]);
      expect(holesOf(copy)).toBe(0);
      copies.add(text(copy));
    }
    expect(copies.size).toBeGreaterThan(90); // of 4 x 4 there are 288 in all
    if (size === 6) expect(transposes).toBe(0);
    else expect(Math.abs(transposes - 100)).toBeLessThan(40);
  });

  test('rows of tokens are varied in place: question and labels alike, PAD and ignored labels kept', () => {
    const geometry = sudokuGeometry(4);
    const question = Int32Array.from(tokensOfBoard(digits('1... ..3. 4... ..1.')));
    const labels = Int32Array.from(tokensOfBoard(digits('1324 2431 4213 3142')));
    labels[3] = IGNORE_LABEL_ID;
    question[3] = 0;
    const [inputs, targets] = [question.slice(), labels.slice()];
    symmetryAugmentation(geometry)(inputs, targets, RandomStream.named(5, 'augment'));
    const symmetry = drawSymmetry(RandomStream.named(5, 'augment'), geometry);
    expect([...boardOfTokens(4, inputs)]).toEqual([...applySymmetry(geometry, boardOfTokens(4, question), symmetry)]);
    expect(targets.filter(label => label === IGNORE_LABEL_ID)).toHaveLength(1);
    expect(targets.indexOf(IGNORE_LABEL_ID)).toBe(inputs.indexOf(0));
  });
});

describe('fingerprints', () => {
  test.each(sudokuSizes)('side %i: all copies of a puzzle have one, other puzzles have others', size => {
    const geometry = sudokuGeometry(size);
    const stream = RandomStream.named(2, 'test');
    const seen = new Map<string, number>();
    for (let p = 0; p < 40; p++) {
      const puzzle = drawSudoku(stream, geometry, defaultHoles[size][0])?.question;
      if (!puzzle) continue;
      const fingerprint = symmetryFingerprint(geometry, puzzle);
      for (let i = 0; i < 25; i++) expect(symmetryFingerprint(geometry, applySymmetry(geometry, puzzle, drawSymmetry(stream, geometry)))).toBe(fingerprint);
      seen.set(fingerprint, p);
    }
    expect(seen.size).toBeGreaterThan(30);
  });

  test('on 4 x 4 equal fingerprints mean copies: the 288 full boards are of two kinds', () => {
    const geometry = sudokuGeometry(4);
    const kinds = new Set<string>();
    for (let i = 0; i < 300; i++) kinds.add(symmetryFingerprint(geometry, searchSudoku(geometry, new Uint8Array(16), 1, RandomStream.named(i, 'test')).first!));
    expect(kinds.size).toBe(2);
  });
});

describe('generation', () => {
  test.each([
    [4, 500, 300],
    [6, 60, 30],
    [9, 40, 20],
  ] as const)('side %i, %i and %i puzzles: unique solutions, holes in range and spread, no two alike', async (size, train, test) => {
    const made = await generateSudoku({ size, train, test, seed: 3 });
    expect([made.train.length, made.test.length]).toEqual([train, test]);
    const geometry = sudokuGeometry(size);
    const [fewest, most] = defaultHoles[size];
    const fingerprints = new Set<string>();
    for (const { question, solution } of [...made.train, ...made.test]) {
      const { solutions, first } = searchSudoku(geometry, question);
      expect(solutions).toBe(1);
      expect([...first!]).toEqual([...solution]);
      expect(holesOf(question)).toBeGreaterThanOrEqual(fewest);
      expect(holesOf(question)).toBeLessThanOrEqual(most);
      fingerprints.add(symmetryFingerprint(geometry, question));
    }
    expect(fingerprints.size).toBe(train + test);
    expect(made.holes.map(({ count }) => count)).toEqual(Array.from({ length: most - fewest + 1 }, (_, i) => fewest + i));
    for (const split of ['train', 'test'] as const) for (const { count, ...n } of made.holes) expect(made[split].filter(({ question }) => holesOf(question) === count)).toHaveLength(n[split]);
    if (size !== 4) expect(Math.max(...made.holes.map(({ test }) => test)) - Math.min(...made.holes.map(({ test }) => test))).toBeLessThanOrEqual(1);
  });

  test('no 4 x 4 test puzzle is a copy of a training puzzle, by trying all 3,072 symmetries', async () => {
    const { train, test } = await generateSudoku({ size: 4, train: 300, test: 100, seed: 1 });
    const known = new Set(train.map(({ question }) => text(question)));
    const pairs = [[0, 1], [1, 0]] as const;
    const lines = pairs.flatMap(([a, b]) => pairs.flatMap(first => pairs.map(second => [first, second]).map(inner => [a, b].flatMap(band => inner[band]!.map(line => band * 2 + line)))));
    const orders = (rest: number[]): number[][] => (rest.length === 0 ? [[]] : rest.flatMap(digit => orders(rest.filter(other => other !== digit)).map(order => [digit, ...order])));
    const maps = orders([1, 2, 3, 4]).map(order => [0, ...order]);
    let copies = 0;
    for (const { question } of test.slice(0, 40)) {
      for (const transpose of [false, true]) for (const rows of lines) for (const columns of lines) for (const map of maps) {
        copies++;
        expect(known.has(text(applySymmetry(sudokuGeometry(4), question, { transpose, rows, columns, digits: map })))).toBe(false);
      }
    }
    expect(copies).toBe(40 * 3072);
  });

  test('the same options give the same puzzles, another seed others', async () => {
    const options = { size: 6, train: 5, test: 5, seed: 0 } as const;
    const [a, b, c] = [await generateSudoku(options), await generateSudoku(options), await generateSudoku({ ...options, seed: 1 })];
    expect(b).toEqual(a);
    expect(c.train).not.toEqual(a.train);
  });

  test('more puzzles than exist, and impossible holes, are refused in words', async () => {
    const failure = await rejectionOf(generateSudoku({ size: 4, train: 4000, test: 1, holes: [11, 11], seed: 0 }));
    expect(failure.code).toBe('not-enough');
    expect(failure.message).toMatch(/Found \d+ different 4 x 4 puzzles with 11 to 11 empty cells, 4001 asked for/);
    expect((await rejectionOf(generateSudoku({ size: 9, train: 1, test: 1, holes: [50, 65], seed: 0 }))).message).toContain('1 to 64 on a 9 x 9 board');
  });

  test('an aborted generation stops', async () => {
    const abort = new AbortController();
    const run = generateSudoku({ size: 9, train: 100_000, test: 1, seed: 0 }, { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) });
    await expect(run).rejects.toThrow('enough');
  });
});
