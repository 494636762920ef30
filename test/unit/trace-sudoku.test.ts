// Box shapes and broken rules of n x n Sudoku.
import { describe, expect, it } from 'vitest';
import { boxShape, conflictsOf, findConflicts } from '../../webview/trace/sudoku';

const flagged = (tokens: readonly number[], n: number): number[] => [...findConflicts(tokens, n)].flatMap((flag, cell) => (flag ? [cell] : []));
const boardOf = (n: number, cells: Readonly<Record<number, number>>): number[] => Array.from({ length: n * n }, (_, c) => (cells[c] ?? 0) + 1);

describe('Sudoku rules', () => {
  it('knows the boxes of 4, 6 and 9', () => {
    expect([4, 6, 9].map(boxShape)).toEqual([{ rows: 2, cols: 2 }, { rows: 2, cols: 3 }, { rows: 3, cols: 3 }]);
  });

  it('finds a digit twice in a row, a column and a box', () => {
    expect(flagged(boardOf(9, { 0: 5, 8: 5 }), 9)).toEqual([0, 8]);
    expect(flagged(boardOf(9, { 0: 5, 72: 5 }), 9)).toEqual([0, 72]);
    expect(flagged(boardOf(9, { 0: 5, 20: 5 }), 9)).toEqual([0, 20]);
    expect(flagged(boardOf(9, { 0: 5, 30: 5 }), 9)).toEqual([]);
  });

  it('reads boxes of 2 rows by 3 columns on a 6x6 board', () => {
    expect(flagged(boardOf(6, { 0: 4, 8: 4 }), 6)).toEqual([0, 8]); // row 1, column 2: same box
    expect(flagged(boardOf(6, { 0: 4, 9: 4 }), 6)).toEqual([]); // column 3: the next box
    expect(flagged(boardOf(6, { 0: 4, 13: 4 }), 6)).toEqual([]); // row 2: the box below
  });

  it('leaves blanks and padding alone', () => {
    expect(flagged(Array<number>(16).fill(1), 4)).toEqual([]);
    expect(flagged(Array<number>(16).fill(0), 4)).toEqual([]);
  });

  it('agrees cell by cell with the list of conflicting cells', () => {
    const tokens = Array.from({ length: 81 }, (_, c) => (c * 7 + (c >> 2) * 3) % 10 + 1);
    const flags = findConflicts(tokens, 9);
    tokens.forEach((_, cell) => expect(conflictsOf(cell, tokens, 9).length > 0, `cell ${cell}`).toBe(flags[cell] === 1));
    expect(conflictsOf(0, boardOf(9, { 0: 5, 8: 5, 20: 5 }), 9)).toEqual([{ cell: 8, unit: 'row' }, { cell: 20, unit: 'box' }]);
  });
});
