import { describe, expect, test } from 'vitest';
import { formatGrid, gridShape, parsePuzzle, solvePuzzle } from '../../src/puzzles/grid';
import { failureOf } from './puzzles-fixture';

const four = gridShape({ vocab_size: 6, seq_len: 16 });
const maze = gridShape({ vocab_size: 6, seq_len: 25 });

test('the grid is told from vocabulary and length', () => {
  expect(gridShape({ vocab_size: 8, seq_len: 36 })).toEqual({ kind: 'sudoku', size: 6, rows: 6, cols: 6, boxRows: 2, boxColumns: 3 });
  expect(four).toMatchObject({ kind: 'sudoku', size: 4 });
  expect(maze).toEqual({ kind: 'maze', rows: 5, cols: 5 });
  expect(gridShape({ vocab_size: 6, seq_len: 900 })).toEqual({ kind: 'maze', rows: 30, cols: 30 });
  expect(gridShape({ vocab_size: 7, seq_len: 900 })).toEqual({ kind: 'tokens', rows: 30, cols: 30 });
  expect(gridShape({ vocab_size: 6, seq_len: 12 })).toEqual({ kind: 'tokens', rows: 1, cols: 12 });
});

test('a grid as text has rules between its boxes, and parses back', () => {
  const tokens = parsePuzzle(four, '1...\n..2.\n.3..\n...4');
  const text = formatGrid(four, tokens);
  expect(text).toBe(['1 . | . .', '. . | 2 .', '----+----', '. 3 | . .', '. . | . 4'].join('\n'));
  expect(parsePuzzle(four, text)).toEqual(tokens);
  expect(formatGrid(gridShape({ vocab_size: 12, seq_len: 4 }), [0, 11, 2, 3])).toBe('0 11\n2 3');
});

describe('pasted puzzles', () => {
  test('16, 36 or 81 cells, empty cells as . 0 or _', () => {
    expect([...parsePuzzle(four, '12.0_341 00000000')]).toEqual([2, 3, 1, 1, 1, 4, 5, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(parsePuzzle(gridShape({ vocab_size: 8, seq_len: 36 }), '.'.repeat(36))).toHaveLength(36);
    expect(parsePuzzle(gridShape({ vocab_size: 11, seq_len: 81 }), Array(9).fill('123456789').join('\r\n'))).toHaveLength(81);
  });

  test.each([
    ['123', four, '3 cells, expected 16'],
    ['1..x............', four, "line 1, column 4: 'x' is neither a digit nor an empty cell"],
    ['....\n.5..\n....\n....', four, 'line 2, column 2: 5, expected 1 to 4 on a 4 x 4 board'],
    ['#####\n#####', maze, '2 lines, expected 5'],
    ['#####\n#S G##\n#####\n#####\n#####', maze, 'line 2: 6 cells, expected 5'],
    ['#####\n#S  G\n#####\n##x##\n#####', maze, "line 4, column 3: 'x' is no cell of a maze"],
    ['1', gridShape({ vocab_size: 12, seq_len: 4 }), 'Only Sudoku boards and mazes can be pasted as text.'],
  ] as const)('%j is refused', (text, shape, says) => {
    const failure = failureOf(() => parsePuzzle(shape, text));
    expect(failure.code).toBe('bad-puzzle');
    expect(failure.message).toBe(says);
  });

  test('a maze may be pasted with its rows cut short, dots for free cells, and its way drawn', () => {
    const tokens = parsePuzzle(maze, '\n#####\n#S\n### #\n#Go.#\n#####\n');
    expect(formatGrid(maze, tokens)).toBe('#####\n#S   \n### #\n#G  #\n#####');
  });

  test('solving tells one solution from none and several', () => {
    const one = solvePuzzle(four, parsePuzzle(four, '1234 3412 2143 432.'))!;
    expect(one.solutions).toBe(1);
    expect([...one.tokens!]).toEqual([...parsePuzzle(four, '1234 3412 2143 4321')]);
    expect(solvePuzzle(four, parsePuzzle(four, '11.. .... .... ....'))).toEqual({ solutions: 0, tokens: undefined });
    expect(solvePuzzle(four, parsePuzzle(four, '1... .... .... ....'))!.solutions).toBe(2);
    expect(solvePuzzle(gridShape({ vocab_size: 12, seq_len: 4 }), [2, 2, 2, 2])).toBeUndefined();
  });

  test.each([
    ['#S  #\n### #\n#G  #\n#####\n#####', 1, '#Soo#\n###o#\n#Goo#\n#####\n#####'],
    ['#S  #\n# # #\n#  G#\n#####\n#####', 2, null],
    ['#S  #\n#####\n#G  #\n#####\n#####', 0, null],
    ['#S S#\n### #\n#G  #\n#####\n#####', 0, null],
    ['#   #\n### #\n#G  #\n#####\n#####', 0, null],
  ] as const)('%j has %i shortest ways', (text, solutions, solved) => {
    const found = solvePuzzle(maze, parsePuzzle(maze, text))!;
    expect(found.solutions).toBe(solutions);
    expect(found.tokens ? formatGrid(maze, found.tokens) : null).toBe(solved);
  });
});
