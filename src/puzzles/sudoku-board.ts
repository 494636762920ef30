/**
 * The geometry of n x n Sudoku boards and their tokens. A board is n*n digits, row-major, 0 for an empty cell; a token is
 * a digit plus one (empty = 1), 0 is PAD, so the vocabulary has n + 2 entries.
 */
import type { RowFormat } from './write-dataset';

/** Sides of boards this project makes. */
export const sudokuSizes = [4, 6, 9] as const;
/** Side of a board. */
export type SudokuSize = (typeof sudokuSizes)[number];

/** Where the boxes of an n x n board lie. */
export interface SudokuGeometry {
  readonly size: SudokuSize;
  readonly cells: number;
  /** Rows of a box: 2, 2 or 3. */
  readonly boxRows: number;
  /** Columns of a box: 2, 3 or 3. */
  readonly boxColumns: number;
  /** Row, column and box of each cell. */
  readonly rowOf: Uint8Array;
  readonly columnOf: Uint8Array;
  readonly boxOf: Uint8Array;
}

function geometry(size: SudokuSize, boxRows: number, boxColumns: number): SudokuGeometry {
  const cells = size * size;
  const rowOf = Uint8Array.from({ length: cells }, (_, cell) => Math.floor(cell / size));
  const columnOf = Uint8Array.from({ length: cells }, (_, cell) => cell % size);
  const boxOf = rowOf.map((row, cell) => Math.floor(row / boxRows) * (size / boxColumns) + Math.floor(columnOf[cell]! / boxColumns));
  return { size, cells, boxRows, boxColumns, rowOf, columnOf, boxOf };
}

const geometries: Readonly<Record<SudokuSize, SudokuGeometry>> = { 4: geometry(4, 2, 2), 6: geometry(6, 2, 3), 9: geometry(9, 3, 3) };

/** The geometry of n x n boards: boxes of 2 x 2, 2 rows x 3 columns, or 3 x 3. */
export function sudokuGeometry(size: SudokuSize): SudokuGeometry {
  return geometries[size];
}

/** The side of the Sudoku boards with this vocabulary and length, or undefined when they are something else. */
export function sudokuSizeOf(shape: { vocab_size: number; seq_len: number }): SudokuSize | undefined {
  return sudokuSizes.find(size => shape.vocab_size === size + 2 && shape.seq_len === size * size);
}

/** Digits (0 = empty) as tokens. */
export function tokensOfBoard(board: ArrayLike<number>): Uint8Array {
  const tokens = new Uint8Array(board.length);
  for (let cell = 0; cell < tokens.length; cell++) tokens[cell] = board[cell]! + 1;
  return tokens;
}

/** Tokens as digits; PAD, ignored labels and anything that is no digit of the board become 0. */
export function boardOfTokens(size: SudokuSize, tokens: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(tokens, token => (token >= 1 && token <= size + 1 ? token - 1 : 0));
}

/** The published metadata of n x n Sudoku rows. */
export function sudokuFormat(size: SudokuSize): RowFormat {
  return { seq_len: size * size, vocab_size: size + 2, pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, num_puzzle_identifiers: 1 };
}

/** Cells whose digit occurs twice in their row, column or box, in order. Empty cells (0) never clash. */
export function sudokuConflicts(size: SudokuSize, board: ArrayLike<number>): number[] {
  const { cells, rowOf, columnOf, boxOf } = geometries[size];
  const seen = [rowOf, columnOf, boxOf].map(unitOf => {
    const counts = new Uint8Array(size * (size + 1));
    for (let cell = 0; cell < cells; cell++) counts[unitOf[cell]! * (size + 1) + board[cell]!]!++;
    return { unitOf, counts };
  });
  const clashes: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const digit = board[cell]!;
    if (digit !== 0 && seen.some(({ unitOf, counts }) => counts[unitOf[cell]! * (size + 1) + digit]! > 1)) clashes.push(cell);
  }
  return clashes;
}
