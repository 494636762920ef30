/**
 * ARC grids and their tokens. A grid of colours 0 to 9 lies somewhere on a canvas of 30 x 30: PAD 0, colour c as c + 2, and
 * where it fits a row of EOS 1 under the grid and a column of it to the right. The model answers on the same canvas; its
 * answer is the largest rectangle of colours at the top left.
 */
import type { Grid } from './dihedral';
import type { RowFormat } from './write-dataset';

/** Side of the canvas, and the most a grid may have. */
export const arcSide = 30;
/** Cells of the canvas. */
export const arcCells = arcSide * arcSide;
/** Colours there are. */
export const arcColours = 10;
const eos = 1;
const firstColour = 2;

/** The published metadata of ARC rows. */
export function arcFormat(identifiers: number): RowFormat {
  return { seq_len: arcCells, vocab_size: firstColour + arcColours, pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, num_puzzle_identifiers: identifiers };
}

/** True for rows of this vocabulary and length: ARC canvases. */
export function isArc(shape: { vocab_size: number; seq_len: number }): boolean {
  return shape.vocab_size === firstColour + arcColours && shape.seq_len === arcCells;
}

/** A grid on the canvas with its top left corner at (row, column). [900] tokens. Throws RangeError when it does not fit. */
export function encodeArc({ rows, cols, cells }: Grid, row = 0, column = 0): Uint8Array {
  const [bottom, right] = [row + rows, column + cols];
  if (bottom > arcSide || right > arcSide) throw new RangeError(`a grid of ${rows} x ${cols} at (${row}, ${column}) leaves the canvas`);
  const tokens = new Uint8Array(arcCells);
  for (let r = 0; r < rows; r++) {
    const at = (row + r) * arcSide + column;
    for (let c = 0; c < cols; c++) tokens[at + c] = cells[r * cols + c]! + firstColour;
    if (right < arcSide) tokens[at + cols] = eos;
  }
  if (bottom < arcSide) tokens.fill(eos, bottom * arcSide + column, bottom * arcSide + right);
  return tokens;
}

/** The largest rectangle of colours that begins at the top left of a canvas; it may be empty (0 x 0). Of equal ones the flattest. */
export function cropArc(tokens: ArrayLike<number>): Grid {
  const isColour = (token: number): boolean => token >= firstColour && token < firstColour + arcColours;
  let best = { rows: 0, cols: 0 };
  let width = arcSide;
  for (let row = 0; row < arcSide; row++) {
    let column = 0;
    while (column < width && isColour(tokens[row * arcSide + column]!)) column++;
    width = column;
    if ((row + 1) * width > best.rows * best.cols) best = { rows: row + 1, cols: width };
  }
  const { rows, cols } = best;
  return { rows, cols, cells: Uint8Array.from({ length: rows * cols }, (_, cell) => tokens[Math.floor(cell / cols) * arcSide + (cell % cols)]! - firstColour) };
}

/** A grid as a short string: equal for equal grids only. */
export function gridKey({ rows, cols, cells }: Grid): string {
  return `${rows}x${cols}:${Buffer.from(cells.buffer, cells.byteOffset, cells.length).toString('latin1')}`;
}

/** A grid as ARC's JSON has it: rows of numbers. */
export function gridRows({ rows, cols, cells }: Grid): number[][] {
  return Array.from({ length: rows }, (_, row) => [...cells.subarray(row * cols, (row + 1) * cols)]);
}
