/**
 * Rules of generated ARC-like tasks: what is done to a grid, and what grids a rule is shown on. A family draws one rule for a
 * task, which then holds for all its pairs. Colour 0 is black, the ground.
 */
import type { RandomStream } from '../random/stream';
import { arcColours } from './arc-board';
import { applyDihedral } from './dihedral';
import type { Dihedral, Grid } from './dihedral';

/** What a task does. */
export interface ArcRule {
  /** Draws a grid to apply it to. */
  readonly draw: (stream: RandomStream) => Grid;
  readonly apply: (input: Grid) => Grid;
}

/** Draws a rule whose inputs and outputs have at most `size` rows and columns. */
type Family = (stream: RandomStream, size: number) => ArcRule;

/** Fewest and most rows and columns of a grid. */
type Sides = readonly [fewest: number, most: number];

const black = 0;

/** Distinct colours, none of them black. */
function drawColours(stream: RandomStream, count: number): number[] {
  return Array.from(stream.choose(arcColours - 1, count), colour => colour + 1);
}

const pick = <T>(stream: RandomStream, choices: readonly T[]): T => choices[stream.integer(0, choices.length - 1)]!;

const mapCells = (grid: Grid, to: (colour: number, row: number, column: number) => number): Grid => ({ ...grid, cells: grid.cells.map((colour, cell) => to(colour, Math.floor(cell / grid.cols), cell % grid.cols)) });

const blank = (stream: RandomStream, [fewest, most]: Sides): Grid => {
  const [rows, cols] = [stream.integer(fewest, most), stream.integer(fewest, most)];
  return { rows, cols, cells: new Uint8Array(rows * cols) };
};

/** A grid with about `share` of its cells in the colours of a palette of three. */
function scattered(stream: RandomStream, sides: Sides, share: number, palette = drawColours(stream, 3)): Grid {
  return mapCells(blank(stream, sides), () => (stream.uniform() < share ? pick(stream, palette) : black));
}

/** Sides of ordinary inputs, which fill most of the canvas: in a small one a model must not learn a rule anew for many places. */
const ordinary = (size: number): Sides => [Math.ceil(0.8 * size), size];

const turned = (symmetries: readonly Dihedral[]): Family => (stream, size) => {
  const symmetry = pick(stream, symmetries);
  return { draw: from => scattered(from, ordinary(size), 0.6), apply: grid => applyDihedral(symmetry, grid) };
};

/** One colour becomes another. */
const recolour: Family = (stream, size) => {
  const [before, after] = drawColours(stream, 2) as [number, number];
  return {
    draw: from => scattered(from, ordinary(size), 0.7, [before, ...drawColours(from, 2)]),
    apply: grid => mapCells(grid, colour => (colour === before ? after : colour)),
  };
};

/** The outermost cells take a colour. */
const frame: Family = (stream, size) => {
  const [colour] = drawColours(stream, 1) as [number];
  return {
    draw: from => scattered(from, ordinary(size), 0.5),
    apply: grid => mapCells(grid, (own, row, column) => (row === 0 || column === 0 || row === grid.rows - 1 || column === grid.cols - 1 ? colour : own)),
  };
};

/** True for black cells from which black cells lead to the edge, by sides. [rows * cols] */
function openToTheEdge({ rows, cols, cells }: Grid): boolean[] {
  const open = Array.from(cells, () => false);
  const visit = (row: number, column: number): void => {
    const cell = row * cols + column;
    if (row < 0 || column < 0 || row >= rows || column >= cols || open[cell] || cells[cell] !== black) return;
    open[cell] = true;
    for (const [down, right] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) visit(row + down, column + right);
  };
  for (let row = 0; row < rows; row++) for (let column = 0; column < cols; column++) if (row % (rows - 1) === 0 || column % (cols - 1) === 0) visit(row, column);
  return open;
}

/** What is enclosed takes a colour. Inputs have a closed rectangle, and dots beside it. */
const fill: Family = (stream, size) => {
  const [colour] = drawColours(stream, 1) as [number];
  return {
    draw: from => {
      const ground = scattered(from, ordinary(size), 0.15);
      const [line] = drawColours(from, 1) as [number];
      const [height, width] = [from.integer(3, ground.rows), from.integer(3, ground.cols)];
      const [top, left] = [from.integer(0, ground.rows - height), from.integer(0, ground.cols - width)];
      return mapCells(ground, (own, row, column) => {
        const [down, right] = [row - top, column - left];
        if (down < 0 || right < 0 || down >= height || right >= width) return own;
        return down === 0 || right === 0 || down === height - 1 || right === width - 1 ? line : black;
      });
    },
    apply: grid => {
      const open = openToTheEdge(grid);
      return mapCells(grid, (own, row, column) => (own === black && !open[row * grid.cols + column] ? colour : own));
    },
  };
};

/** Cells fall to the bottom of their columns, in their order. */
function settled(grid: Grid): Grid {
  const cells = new Uint8Array(grid.cells.length);
  for (let column = 0; column < grid.cols; column++) {
    let floor = grid.rows;
    for (let row = grid.rows - 1; row >= 0; row--) {
      const colour = grid.cells[row * grid.cols + column]!;
      if (colour !== black) cells[--floor * grid.cols + column] = colour;
    }
  }
  return { ...grid, cells };
}

/** Cells fall towards one of the four edges. */
const fall: Family = (stream, size) => {
  // Seen through the symmetry, which is its own inverse, the edge is at the bottom: itself, top and bottom swapped, and about either diagonal.
  const symmetry = pick(stream, [0, 5, 6, 7] as const);
  return { draw: from => scattered(from, ordinary(size), 0.4), apply: grid => applyDihedral(symmetry, settled(applyDihedral(symmetry, grid))) };
};

/** The least part that holds all cells that are not black. */
const crop: Family = (_, size) => ({
  draw: from => {
    const ground = blank(from, ordinary(size));
    const palette = drawColours(from, 2);
    const [height, width] = [from.integer(1, ground.rows), from.integer(1, ground.cols)];
    const [top, left] = [from.integer(0, ground.rows - height), from.integer(0, ground.cols - width)];
    return mapCells(ground, (own, row, column) => (row >= top && row < top + height && column >= left && column < left + width && from.uniform() < 0.8 ? pick(from, palette) : own));
  },
  apply: ({ rows, cols, cells }) => {
    const filled = Array.from(cells).flatMap((colour, cell) => (colour === black ? [] : [{ row: Math.floor(cell / cols), column: cell % cols }]));
    if (filled.length === 0) return { rows, cols, cells };
    const [top, left] = [Math.min(...filled.map(({ row }) => row)), Math.min(...filled.map(({ column }) => column))];
    const [height, width] = [Math.max(...filled.map(({ row }) => row)) - top + 1, Math.max(...filled.map(({ column }) => column)) - left + 1];
    return { rows: height, cols: width, cells: Uint8Array.from({ length: height * width }, (_cell, at) => cells[(top + Math.floor(at / width)) * cols + left + (at % width)]!) };
  },
});

/** Every cell becomes two by two. */
const zoom: Family = (_, size) => ({
  draw: from => scattered(from, [Math.ceil(0.4 * size), Math.floor(size / 2)], 0.7),
  apply: ({ rows, cols, cells }) => ({ rows: 2 * rows, cols: 2 * cols, cells: Uint8Array.from({ length: 4 * rows * cols }, (_cell, at) => cells[Math.floor(at / (4 * cols)) * cols + ((at % (2 * cols)) >> 1)]!) }),
});

/** The families by name. `mirror`: left and right or top and bottom swapped; `turn`: by one, two or three quarters. */
export const arcRuleFamilies = { recolour, frame, fill, mirror: turned([4, 5]), turn: turned([1, 2, 3]), fall, crop, zoom } as const satisfies Readonly<Record<string, Family>>;
