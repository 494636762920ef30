/**
 * A Sudoku solver that counts solutions up to a limit. Candidates are bit masks per row, column and box; the search always
 * branches on the empty cell with the fewest candidates, so a board with one solution is mostly forced moves.
 */
import type { RandomStream } from '../random/stream';
import type { SudokuGeometry } from './sudoku-board';

/** What a search found. */
export interface SudokuSearch {
  /** Solutions found, at most the limit. */
  readonly solutions: number;
  /** The first of them. */
  readonly first: Uint8Array | undefined;
}

const bitCounts = Uint8Array.from({ length: 1 << 10 }, (_, mask) => mask.toString(2).replaceAll('0', '').length);

/**
 * Searches the solutions of a board (digits, 0 = empty) until `limit` are found: 2 decides whether there is exactly one.
 * With a `stream`, digits are tried in random order, so an empty board gives a random full one.
 */
export function searchSudoku(geometry: SudokuGeometry, board: ArrayLike<number>, limit = 2, stream?: RandomStream): SudokuSearch {
  const { size, rowOf, columnOf, boxOf } = geometry;
  const all = (1 << size) - 1;
  const rows = new Uint16Array(size);
  const columns = new Uint16Array(size);
  const boxes = new Uint16Array(size);
  const solved = Uint8Array.from(board);
  const empty: number[] = [];
  for (let cell = 0; cell < geometry.cells; cell++) {
    const digit = solved[cell]!;
    if (digit === 0) {
      empty.push(cell);
      continue;
    }
    const bit = 1 << (digit - 1);
    if ((rows[rowOf[cell]!]! | columns[columnOf[cell]!]! | boxes[boxOf[cell]!]!) & bit) return { solutions: 0, first: undefined };
    rows[rowOf[cell]!]! |= bit;
    columns[columnOf[cell]!]! |= bit;
    boxes[boxOf[cell]!]! |= bit;
  }
  let solutions = 0;
  let first: Uint8Array | undefined;

  /** Fills empty[depth..]; true when the limit is reached. */
  const fill = (depth: number): boolean => {
    if (depth === empty.length) {
      first ??= solved.slice();
      return ++solutions >= limit;
    }
    let best = depth;
    let fewest = size + 1;
    let candidates = 0;
    for (let i = depth; i < empty.length && fewest > 1; i++) {
      const cell = empty[i]!;
      const mask = all & ~(rows[rowOf[cell]!]! | columns[columnOf[cell]!]! | boxes[boxOf[cell]!]!);
      const count = bitCounts[mask]!;
      if (count < fewest) {
        if (count === 0) return false;
        best = i;
        fewest = count;
        candidates = mask;
      }
    }
    const cell = empty[best]!;
    empty[best] = empty[depth]!;
    empty[depth] = cell;
    const row = rowOf[cell]!;
    const column = columnOf[cell]!;
    const box = boxOf[cell]!;
    while (candidates !== 0) {
      let bit = candidates & -candidates;
      if (stream) for (let skip = stream.integer(1, bitCounts[candidates]!), rest = candidates; skip > 0; skip--, rest &= rest - 1) bit = rest & -rest;
      candidates &= ~bit;
      solved[cell] = 32 - Math.clz32(bit);
      rows[row]! |= bit;
      columns[column]! |= bit;
      boxes[box]! |= bit;
      const enough = fill(depth + 1);
      rows[row]! &= ~bit;
      columns[column]! &= ~bit;
      boxes[box]! &= ~bit;
      if (enough) return true;
    }
    solved[cell] = 0;
    return false;
  };
  fill(0);
  return { solutions, first };
}
