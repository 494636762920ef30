/**
 * The rules of n x n Sudoku, as far as the inspector needs them: the box shape, and which cells break a rule now.
 * Tokens are the dataset's: 0 PAD, 1 blank, digit d = d + 1.
 */

/** Token of a blank cell; larger tokens are digits. */
export const blankToken = 1;

/** Shape of a box. */
export interface BoxShape { readonly rows: number; readonly cols: number }

/** Box shape of an n x n board: the flattest split nearest to a square, boxes at least as wide as high (4: 2x2, 6: 2x3, 9: 3x3). */
export function boxShape(n: number): BoxShape {
  let rows = 1;
  for (let r = 1; r * r <= n; r++) if (n % r === 0) rows = r;
  return { rows, cols: n / rows };
}

/** The unit kinds of Sudoku. */
export type Unit = 'row' | 'column' | 'box';

/** One broken rule: two cells of a unit with the same digit. */
export interface Conflict {
  /** The other cell (row-major index). */
  readonly cell: number;
  readonly unit: Unit;
}

/** Which units two different cells share; the first of row, column, box, or null. */
function sharedUnit(a: number, b: number, n: number, box: BoxShape): Unit | null {
  const [ra, ca, rb, cb] = [Math.floor(a / n), a % n, Math.floor(b / n), b % n];
  if (ra === rb) return 'row';
  if (ca === cb) return 'column';
  const sameBox = Math.floor(ra / box.rows) === Math.floor(rb / box.rows) && Math.floor(ca / box.cols) === Math.floor(cb / box.cols);
  return sameBox ? 'box' : null;
}

/** The cells that conflict with one cell. Blank and padding cells conflict with nothing. */
export function conflictsOf(cell: number, tokens: ArrayLike<number>, n: number): Conflict[] {
  const digit = tokens[cell] ?? 0;
  if (digit <= blankToken) return [];
  const box = boxShape(n);
  const found: Conflict[] = [];
  for (let other = 0; other < n * n; other++) {
    if (other === cell || tokens[other] !== digit) continue;
    const unit = sharedUnit(cell, other, n, box);
    if (unit) found.push({ cell: other, unit });
  }
  return found;
}

/** 1 for every cell that breaks a rule, else 0; [n * n]. One pass over digit counts per unit. */
export function findConflicts(tokens: ArrayLike<number>, n: number): Uint8Array {
  const box = boxShape(n);
  const boxesAcross = n / box.cols;
  const digits = n + 2;
  const counts = new Uint16Array(3 * n * digits);
  const slots = (cell: number, digit: number): [number, number, number] => {
    const r = Math.floor(cell / n), c = cell % n;
    const b = Math.floor(r / box.rows) * boxesAcross + Math.floor(c / box.cols);
    return [r * digits + digit, (n + c) * digits + digit, (2 * n + b) * digits + digit];
  };
  const isDigit = (token: number): boolean => token > blankToken && token < digits;
  for (let cell = 0; cell < n * n; cell++) {
    const token = tokens[cell] ?? 0;
    if (isDigit(token)) for (const slot of slots(cell, token)) counts[slot] = counts[slot]! + 1;
  }
  return Uint8Array.from({ length: n * n }, (_, cell) => {
    const token = tokens[cell] ?? 0;
    return isDigit(token) && slots(cell, token).some(slot => counts[slot]! > 1) ? 1 : 0;
  });
}
