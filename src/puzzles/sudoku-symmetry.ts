/**
 * The symmetries of Sudoku: what may be done to a board without changing the puzzle. Published augmentation: an optional
 * transpose, a permutation of the bands and of the rows in each, the same for stacks and columns, and one of the digits.
 * Here also the reverse question: whether two boards are symmetric copies of each other, by a fingerprint.
 */
import type { RandomStream } from '../random/stream';
import type { RowAugmentation } from './augmentation';
import type { SudokuGeometry } from './sudoku-board';

/** One symmetry, as the published code applies it: transpose first, then cells, then digits. */
export interface SudokuSymmetry {
  readonly transpose: boolean;
  /** New row r is row rows[r] of the (transposed) board. */
  readonly rows: ArrayLike<number>;
  /** New column c is column columns[c] of the (transposed) board. */
  readonly columns: ArrayLike<number>;
  /** Digit d becomes digits[d]; digits[0] is 0. */
  readonly digits: ArrayLike<number>;
}

/** Writes to `out` (not the same array) each cell's value from where a symmetry takes it; digits stay as they are. */
function moveCells(size: number, from: ArrayLike<number>, { rows, columns, transpose }: SudokuSymmetry, out: Uint8Array | Int32Array): void {
  for (let row = 0, cell = 0; row < size; row++) {
    for (let column = 0; column < size; column++, cell++) {
      out[cell] = from[transpose ? columns[column]! * size + rows[row]! : rows[row]! * size + columns[column]!]!;
    }
  }
}

/** For each cell of the board seen through a symmetry, the cell it comes from. [n * n] */
export function symmetrySources(geometry: SudokuGeometry, symmetry: SudokuSymmetry): Int32Array {
  const sources = new Int32Array(geometry.cells);
  moveCells(geometry.size, Int32Array.from(sources, (_, cell) => cell), symmetry, sources);
  return sources;
}

/** The board (digits 0..n, 0 = empty) seen through a symmetry. */
export function applySymmetry(geometry: SudokuGeometry, board: ArrayLike<number>, symmetry: SudokuSymmetry): Uint8Array {
  const out = new Uint8Array(geometry.cells);
  moveCells(geometry.size, board, symmetry, out);
  for (let cell = 0; cell < out.length; cell++) out[cell] = symmetry.digits[out[cell]!]!;
  return out;
}

/** A random order of n lines in blocks of `block`: blocks are permuted, and the lines in each. */
function drawLines(stream: RandomStream, size: number, block: number): Uint8Array {
  const lines = new Uint8Array(size);
  let at = 0;
  for (const b of stream.permutation(size / block)) for (const line of stream.permutation(block)) lines[at++] = b * block + line;
  return lines;
}

/** A uniformly random symmetry; boards with oblong boxes (6 x 6) are never transposed. */
export function drawSymmetry(stream: RandomStream, geometry: SudokuGeometry): SudokuSymmetry {
  const digits = new Uint8Array(geometry.size + 1);
  stream.permutation(geometry.size).forEach((digit, i) => (digits[i + 1] = digit + 1));
  const transpose = geometry.boxRows === geometry.boxColumns && stream.integer(0, 1) === 1;
  return { digits, transpose, rows: drawLines(stream, geometry.size, geometry.boxRows), columns: drawLines(stream, geometry.size, geometry.boxColumns) };
}

/** Draws a fresh symmetry per call and applies it to a row of tokens and its labels, in place. PAD and ignored labels keep their value. */
export function symmetryAugmentation(geometry: SudokuGeometry): RowAugmentation {
  const { size, cells } = geometry;
  const moved = new Int32Array(cells);
  const apply = (tokens: Int32Array, symmetry: SudokuSymmetry) => {
    moveCells(size, tokens, symmetry, moved);
    for (let cell = 0; cell < cells; cell++) {
      const token = moved[cell]!;
      tokens[cell] = token >= 1 && token <= size + 1 ? symmetry.digits[token - 1]! + 1 : token;
    }
  };
  return (inputs, labels, stream) => {
    const symmetry = drawSymmetry(stream, geometry);
    apply(inputs, symmetry);
    apply(labels, symmetry);
  };
}

const orders = (n: number): number[][] => (n === 0 ? [[]] : orders(n - 1).flatMap(order => Array.from({ length: n }, (_, at) => [...order.slice(0, at), n - 1, ...order.slice(at)])));

/** Every order of n lines in blocks of `block`. */
function allLines(size: number, block: number): Uint8Array[] {
  const within = orders(block);
  return orders(size / block).flatMap(blocks => blocks.reduce<number[][]>((lines, b) => lines.flatMap(done => within.map(order => [...done, ...order.map(line => b * block + line)])), [[]])).map(lines => Uint8Array.from(lines));
}

const linesOf = new Map<number, { rows: Uint8Array[]; columns: Uint8Array[] }>();

/**
 * The smallest of all symmetric copies of a board (cells in order, digits numbered as they first appear): the same for two
 * boards exactly when they are copies. All cell orders are tried (128 for 4 x 4, 3456 for 6 x 6), so not for 9 x 9.
 */
function canonicalForm(geometry: SudokuGeometry, board: ArrayLike<number>): Uint8Array {
  const { size, cells } = geometry;
  let lines = linesOf.get(size);
  if (!lines) linesOf.set(size, (lines = { rows: allLines(size, geometry.boxRows), columns: allLines(size, geometry.boxColumns) }));
  const best = new Uint8Array(cells).fill(255);
  const names = new Uint8Array(size + 1);
  for (const transpose of geometry.boxRows === geometry.boxColumns ? [false, true] : [false]) {
    for (const rows of lines.rows) {
      for (const columns of lines.columns) {
        names.fill(0);
        let named = 0;
        let smaller = false;
        for (let cell = 0; cell < cells; cell++) {
          const row = rows[Math.floor(cell / size)]!;
          const column = columns[cell % size]!;
          const digit = board[transpose ? column * size + row : row * size + column]!;
          if (digit !== 0 && names[digit] === 0) names[digit] = ++named;
          const name = names[digit]!;
          if (!smaller) {
            if (name > best[cell]!) break;
            smaller = name < best[cell]!;
          }
          best[cell] = name;
        }
      }
    }
  }
  return best;
}

/** A 32-bit mix (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const refinements = 5;

/**
 * Colour refinement (Weisfeiler-Leman): cells, lines, boxes and digits are recoloured by their neighbours' colours, and the
 * final colours added up. Every step treats symmetric parts alike, so copies get equal sums; unlike boards almost never do.
 */
function refinementHash(geometry: SudokuGeometry, board: ArrayLike<number>, salt: number): number {
  const { size, cells, rowOf, columnOf, boxOf } = geometry;
  const cell = Int32Array.from({ length: cells }, (_, i) => mix(salt + (board[i] === 0 ? 1 : 2)));
  const rows = new Int32Array(size).fill(mix(salt + 3));
  const columns = new Int32Array(size).fill(mix(salt + (geometry.boxRows === geometry.boxColumns ? 3 : 4)));
  const boxes = new Int32Array(size).fill(mix(salt + 5));
  const digits = new Int32Array(size + 1).fill(mix(salt + 6));
  const units = [{ of: rowOf, colours: rows }, { of: columnOf, colours: columns }, { of: boxOf, colours: boxes }, { of: board, colours: digits }];
  for (let step = 0; step < refinements; step++) {
    for (const { of, colours } of units) {
      const next = colours.map(colour => mix(colour + 7));
      for (let i = 0; i < cells; i++) next[of[i]!]! += mix(cell[i]! ^ salt);
      colours.set(next);
    }
    for (let i = 0; i < cells; i++) {
      const lines = mix(rows[rowOf[i]!]!) + mix(columns[columnOf[i]!]!);
      const digit = board[i] === 0 ? 8 : mix(digits[board[i]!]! + 9);
      cell[i] = mix(Math.imul(cell[i]!, 31) + mix(lines) + Math.imul(mix(boxes[boxOf[i]!]! + 10), 17) + Math.imul(digit, 13));
    }
  }
  return cell.reduce((sum, colour) => (sum + mix(colour)) | 0, 0) >>> 0;
}

/**
 * A string that is equal for all symmetric copies of a board (0 = empty). Different strings prove that two boards are no
 * copies. For 4 x 4 and 6 x 6 equal strings prove that they are; for 9 x 9 they make it all but certain.
 */
export function symmetryFingerprint(geometry: SudokuGeometry, board: ArrayLike<number>): string {
  if (geometry.size < 9) return `${geometry.size}:${canonicalForm(geometry, board).join('')}`;
  return `9:${[0x2545f491, 0x1b873593].map(salt => refinementHash(geometry, board, salt).toString(16).padStart(8, '0')).join('')}`;
}
