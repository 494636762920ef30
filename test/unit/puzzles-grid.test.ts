import { describe, expect, test } from 'vitest';
import { formatGrid, gridShape, parsePuzzle, ruleViolations, solvePuzzle, tokenGlyphs } from '../../src/puzzles/grid';
import { failureOf } from './puzzles-fixture';

test('the grid is told from vocabulary and length', () => {
  expect(gridShape({ vocab_size: 8, seq_len: 36 })).toEqual({ kind: 'sudoku', size: 6, rows: 6, cols: 6, boxRows: 2, boxColumns: 3 });
  expect(gridShape({ vocab_size: 6, seq_len: 900 })).toEqual({ kind: 'tokens', rows: 30, cols: 30 });
  expect(gridShape({ vocab_size: 6, seq_len: 12 })).toEqual({ kind: 'tokens', rows: 1, cols: 12 });
});

test('tokens as characters', () => {
  expect(tokenGlyphs(gridShape({ vocab_size: 6, seq_len: 16 }), 6)).toEqual(['', '·', '1', '2', '3', '4']);
  expect(tokenGlyphs({ kind: 'tokens', rows: 1, cols: 1 }, 3)).toEqual(['0', '1', '2']);
});

test('a grid as text has rules between its boxes, and parses back', () => {
  const { size, tokens } = parsePuzzle('1...\n..2.\n.3..\n...4');
  const text = formatGrid(gridShape({ vocab_size: 6, seq_len: 16 }), tokens);
  expect(text).toBe(['1 . | . .', '. . | 2 .', '----+----', '. 3 | . .', '. . | . 4'].join('\n'));
  expect(parsePuzzle(text)).toEqual({ size, tokens });
  expect(formatGrid(gridShape({ vocab_size: 12, seq_len: 4 }), [0, 11, 2, 3])).toBe('0 11\n2 3');
});

test('cells that break the rules', () => {
  const shape = gridShape({ vocab_size: 6, seq_len: 16 });
  expect(ruleViolations(shape, parsePuzzle('1..1 .... 2... ..2.').tokens)).toEqual([0, 3]);
  expect(ruleViolations({ kind: 'tokens', rows: 2, cols: 2 }, [2, 2, 2, 2])).toEqual([]);
});

describe('pasted puzzles', () => {
  test('16, 36 or 81 cells, empty cells as . 0 or _', () => {
    expect([...parsePuzzle('12.0_341 00000000').tokens]).toEqual([2, 3, 1, 1, 1, 4, 5, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(parsePuzzle('.'.repeat(36)).size).toBe(6);
    expect(parsePuzzle(Array(9).fill('123456789').join('\r\n')).size).toBe(9);
  });

  test.each([
    ['123', undefined, '3 cells, expected 16, 36 or 81'],
    ['.'.repeat(16), 9, '16 cells, expected 81'],
    ['1..x............', undefined, "line 1, column 4: 'x' is neither a digit nor an empty cell"],
    ['....\n.5..\n....\n....', undefined, 'line 2, column 2: 5, expected 1 to 4 on a 4 x 4 board'],
  ] as const)('%j is refused', (text, size, says) => {
    const failure = failureOf(() => parsePuzzle(text, size));
    expect(failure.code).toBe('bad-puzzle');
    expect(failure.message).toBe(says);
  });

  test('solving tells one solution from none and several', () => {
    const one = solvePuzzle(4, parsePuzzle('1234 3412 2143 432.').tokens);
    expect(one.solutions).toBe(1);
    expect([...one.tokens!]).toEqual([...parsePuzzle('1234 3412 2143 4321').tokens]);
    expect(solvePuzzle(4, parsePuzzle('11.. .... .... ....').tokens)).toEqual({ solutions: 0, tokens: undefined });
    expect(solvePuzzle(4, parsePuzzle('1... .... .... ....').tokens).solutions).toBe(2);
  });
});
