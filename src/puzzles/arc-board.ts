/**
 * ARC grids and their tokens. A grid of colours 0 to 9 lies somewhere on a canvas of 30 x 30 (of generated tasks also a smaller
 * one): PAD 0, colour c as c + 2, and where it fits a row of EOS 1 under the grid and a column of it to the right. The model
 * answers on the same canvas; its answer is the largest rectangle of colours at the top left.
 */
import type { Grid } from './dihedral';
import type { RowFormat } from './write-dataset';

/** Side of the published canvas, and the most a grid may have. */
export const arcSide = 30;
/** Side of the smallest canvas. */
const leastSide = 6;
/** Colours there are. */
export const arcColours = 10;
const eos = 1;
const firstColour = 2;

/** The published metadata of ARC rows, for a canvas of this side. */
export function arcFormat(identifiers: number, side: number = arcSide): RowFormat {
  return { seq_len: side * side, vocab_size: firstColour + arcColours, pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, num_puzzle_identifiers: identifiers };
}

/** Side of the canvas of rows with this vocabulary and length; undefined when they are none of ARC. */
export function arcSideOf(shape: { vocab_size: number; seq_len: number }): number | undefined {
  const side = Math.sqrt(shape.seq_len);
  return shape.vocab_size === firstColour + arcColours && Number.isInteger(side) && side >= leastSide && side <= arcSide ? side : undefined;
}

/** A grid on a canvas of side * side tokens with its top left corner at (row, column). Throws RangeError when it does not fit. */
export function encodeArc({ rows, cols, cells }: Grid, row = 0, column = 0, side: number = arcSide): Uint8Array {
  const [bottom, right] = [row + rows, column + cols];
  if (bottom > side || right > side) throw new RangeError(`a grid of ${rows} x ${cols} at (${row}, ${column}) leaves the canvas`);
  const tokens = new Uint8Array(side * side);
  for (let r = 0; r < rows; r++) {
    const at = (row + r) * side + column;
    for (let c = 0; c < cols; c++) tokens[at + c] = cells[r * cols + c]! + firstColour;
    if (right < side) tokens[at + cols] = eos;
  }
  if (bottom < side) tokens.fill(eos, bottom * side + column, bottom * side + right);
  return tokens;
}

/** The largest rectangle of colours that begins at the top left of a square canvas; it may be empty (0 x 0). Of equal ones the flattest. */
export function cropArc(tokens: ArrayLike<number>): Grid {
  const side = Math.sqrt(tokens.length);
  const isColour = (token: number): boolean => token >= firstColour && token < firstColour + arcColours;
  let best = { rows: 0, cols: 0 };
  let width = side;
  for (let row = 0; row < side; row++) {
    let column = 0;
    while (column < width && isColour(tokens[row * side + column]!)) column++;
    width = column;
    if ((row + 1) * width > best.rows * best.cols) best = { rows: row + 1, cols: width };
  }
  const { rows, cols } = best;
  return { rows, cols, cells: Uint8Array.from({ length: rows * cols }, (_, cell) => tokens[Math.floor(cell / cols) * side + (cell % cols)]! - firstColour) };
}

/** A grid as a short string: equal for equal grids only. */
export function gridKey({ rows, cols, cells }: Grid): string {
  return `${rows}x${cols}:${Buffer.from(cells.buffer, cells.byteOffset, cells.length).toString('latin1')}`;
}

/** A grid as ARC's JSON has it: rows of numbers. */
export function gridRows({ rows, cols, cells }: Grid): number[][] {
  return Array.from({ length: rows }, (_, row) => [...cells.subarray(row * cols, (row + 1) * cols)]);
}
