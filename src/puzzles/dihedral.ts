/**
 * The eight symmetries of a grid (the dihedral group), by their published numbers: 0 as it is, 1 to 3 turned left by that
 * many quarters, 4 left and right swapped, 5 top and bottom swapped, 6 transposed, 7 turned left once and then 4 (so
 * mirrored about the other diagonal).
 */

/** A grid of small whole numbers, row-major. */
export interface Grid {
  readonly rows: number;
  readonly cols: number;
  /** [rows * cols] */
  readonly cells: Uint8Array;
}

/** Numbers of the symmetries. */
export const dihedrals = [0, 1, 2, 3, 4, 5, 6, 7] as const;
/** A symmetry. */
export type Dihedral = (typeof dihedrals)[number];

const inverses: Readonly<Record<Dihedral, Dihedral>> = { 0: 0, 1: 3, 2: 2, 3: 1, 4: 4, 5: 5, 6: 6, 7: 7 };

/** The symmetry that undoes another. */
export function inverseDihedral(symmetry: Dihedral): Dihedral {
  return inverses[symmetry];
}

/** True for symmetries that make columns of rows. */
export function turnsRows(symmetry: Dihedral): boolean {
  return symmetry === 1 || symmetry === 3 || symmetry === 6 || symmetry === 7;
}

/** Where the cell at (row, column) of the transformed grid comes from: its index in the original of rows x cols. */
function sourceCell(symmetry: Dihedral, row: number, column: number, rows: number, cols: number): number {
  switch (symmetry) {
    case 0: return row * cols + column;
    case 1: return column * cols + (cols - 1 - row);
    case 2: return (rows - 1 - row) * cols + (cols - 1 - column);
    case 3: return (rows - 1 - column) * cols + row;
    case 4: return row * cols + (cols - 1 - column);
    case 5: return (rows - 1 - row) * cols + column;
    case 6: return column * cols + row;
    case 7: return (rows - 1 - column) * cols + (cols - 1 - row);
    default: return symmetry satisfies never;
  }
}

/** For each cell of the transformed grid, the cell of the original it comes from. [rows * cols] */
export function dihedralSources(symmetry: Dihedral, rows: number, cols: number): Int32Array {
  const width = turnsRows(symmetry) ? rows : cols;
  return Int32Array.from({ length: rows * cols }, (_, cell) => sourceCell(symmetry, Math.floor(cell / width), cell % width, rows, cols));
}

/** The grid seen through a symmetry. */
export function applyDihedral(symmetry: Dihedral, { rows, cols, cells }: Grid): Grid {
  const out = new Uint8Array(cells.length);
  const turned = turnsRows(symmetry);
  const height = turned ? cols : rows;
  const width = turned ? rows : cols;
  for (let row = 0, cell = 0; row < height; row++) for (let column = 0; column < width; column++) out[cell++] = cells[sourceCell(symmetry, row, column, rows, cols)]!;
  return { rows: height, cols: width, cells: out };
}
