/**
 * Mazes with exactly one shortest way of a minimum length. Passages grow from a random cell as a tree, then a few walls are
 * opened between passages, so that there are other, longer ways to be led astray by. In a free layout any cell is opened
 * that touches one open cell only; in a lattice every other cell of every other row is a junction, and passages join
 * neighbouring junctions. All mazes of a dataset, train and test together, have different walls, symmetric copies included.
 */
import type { mazeLayouts } from '../config/schema';
import { RandomStream } from '../random/stream';
import { DatasetError } from './errors';
import { cellsBetween, distancesFrom, mazeSides, mazeTokens, neighbours } from './maze-board';
import type { MazePuzzle } from './maze-board';
import { wallsFingerprint } from './maze-symmetry';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';

/** How passages may lie: anywhere, or between junctions on every other cell of every other row. */
export type MazeLayout = (typeof mazeLayouts)[number];

/** What to generate. */
export interface MazeOptions {
  readonly size: number;
  readonly train: number;
  readonly test: number;
  /** Fewest cells of the shortest way, start and goal included. Default: twice the side. */
  readonly minPath?: number | undefined;
  /** Walls opened between passages. Default: a fifth of the side. */
  readonly loops?: number | undefined;
  /** Default: free. */
  readonly layout?: MazeLayout | undefined;
  readonly seed: number;
}

/** Mazes of both splits. */
export interface GeneratedMazes {
  readonly train: MazePuzzle[];
  readonly test: MazePuzzle[];
}

/** Tries in a row without a new maze after which there are taken to be no more. */
const patience = 2000;

/** Junctions of a layout: all cells, or every `stride`th of every `stride`th row. */
class Junctions {
  /** Junctions in a row. The last line of an even side has none in a lattice: it is all walls. */
  private readonly across: number;
  readonly count: number;

  constructor(private readonly size: number, readonly stride: 1 | 2) {
    this.across = Math.floor((size + stride - 1) / stride);
    this.count = this.across ** 2;
  }

  /** The cell of junction `index`. */
  cell(index: number): number {
    return Math.floor(index / this.across) * this.stride * this.size + (index % this.across) * this.stride;
  }

  /** The junctions beside one. */
  beside(index: number): number[] {
    return neighbours(this.across, index);
  }

  /** The wall cell between two neighbouring junctions of a lattice. */
  between(a: number, b: number): number {
    return (this.cell(a) + this.cell(b)) / 2;
  }
}

/** Opens passages as a tree; true where a cell is open. */
function growPassages(stream: RandomStream, size: number, junctions: Junctions): boolean[] {
  const open = new Array<boolean>(size * size).fill(false);
  const isOpen = (junction: number): boolean => open[junctions.cell(junction)]!;
  const lattice = junctions.stride === 2;
  const first = stream.integer(0, junctions.count - 1);
  open[junctions.cell(first)] = true;
  const active = [first];
  while (active.length > 0) {
    // Mostly from the newest cell, which makes long winding passages; now and then from any other, which makes branches.
    const at = stream.integer(0, 9) === 0 ? stream.integer(0, active.length - 1) : active.length - 1;
    const from = active[at]!;
    const free = junctions.beside(from).filter(next => !isOpen(next) && (lattice || junctions.beside(next).filter(isOpen).length === 1));
    if (free.length === 0) active.splice(at, 1);
    else {
      const next = free[stream.integer(0, free.length - 1)]!;
      open[junctions.cell(next)] = true;
      if (lattice) open[junctions.between(from, next)] = true;
      active.push(next);
    }
  }
  return open;
}

/** Opens up to `loops` walls that lie between two open cells and no more; in a lattice, between two junctions. */
function openLoops(stream: RandomStream, size: number, stride: 1 | 2, open: boolean[], loops: number): void {
  let opened = 0;
  for (const cell of stream.permutation(size * size)) {
    if (opened === loops) return;
    const isPillar = stride === 2 && Math.floor(cell / size) % 2 === 1 && (cell % size) % 2 === 1;
    if (isPillar || open[cell] || neighbours(size, cell).filter(next => open[next]).length !== 2) continue;
    open[cell] = true;
    opened++;
  }
}

/** Tries to make a maze; undefined when no start and goal of these walls lie far enough apart with one shortest way. */
export function drawMaze(stream: RandomStream, { size, minPath, loops, layout }: Required<Pick<MazeOptions, 'size' | 'layout'>> & { readonly minPath: number; readonly loops: number }): MazePuzzle | undefined {
  const stride = layout === 'lattice' ? 2 : 1;
  const open = growPassages(stream, size, new Junctions(size, stride));
  openLoops(stream, size, stride, open, loops);
  const cells = open.flatMap((isOpen, cell) => (isOpen ? [cell] : []));
  for (let attempt = 0; attempt < 8; attempt++) {
    const start = cells[stream.integer(0, cells.length - 1)]!;
    const distances = distancesFrom(size, start, cell => open[cell]!);
    const goals = cells.filter(cell => distances.steps[cell]! >= Math.max(1, minPath - 1) && distances.ways[cell] === 1);
    if (goals.length === 0) continue;
    const goal = goals[stream.integer(0, goals.length - 1)]!;
    const question = Uint8Array.from(open, isOpen => (isOpen ? mazeTokens.free : mazeTokens.wall));
    question[start] = mazeTokens.start;
    question[goal] = mazeTokens.goal;
    const solution = question.slice();
    for (const cell of cellsBetween(size, distances, goal)) solution[cell] = mazeTokens.way;
    return { question, solution };
  }
  return undefined;
}

/**
 * Generates both splits. The same options always give the same mazes. Throws DatasetError `bad-option` for an impossible
 * side, `not-enough` when there are not that many different mazes, or the signal's reason.
 */
export async function generateMazes(options: MazeOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<GeneratedMazes> {
  const { size, train, test, seed, minPath = 2 * size, loops = Math.floor(size / 5), layout = 'free' } = options;
  if (!(Number.isInteger(size) && size >= mazeSides.least && size <= mazeSides.most)) throw new DatasetError('bad-option', `size: ${size}: expected ${mazeSides.least} to ${mazeSides.most}`, 'Choose a side in that range.');
  const total = train + test;
  const mazes: MazePuzzle[] = [];
  const known = new Set<string>();
  const pacer = new Pacer(work, `Generating ${size} x ${size} mazes`, ...share);
  for (let tries = 0, inVain = 0; mazes.length < total; tries++) {
    if (inVain === patience) {
      throw new DatasetError(
        'not-enough',
        `Found ${mazes.length} different ${size} x ${size} mazes whose one shortest way has at least ${minPath} cells, ${total} asked for (train ${train} + test ${test}).`,
        'Ask for fewer, or lower min_path: mazes with the same walls, turned or mirrored, count as one.',
      );
    }
    const maze = drawMaze(RandomStream.named(seed, `maze-${size}`, tries), { size, minPath, loops, layout });
    const fingerprint = maze && wallsFingerprint(size, maze.question);
    if (maze && fingerprint !== undefined && !known.has(fingerprint)) {
      known.add(fingerprint);
      mazes.push(maze);
      inVain = 0;
    } else inVain++;
    await pacer.tick(mazes.length, total);
  }
  pacer.finish(total);
  return { train: mazes.slice(0, train), test: mazes.slice(train) };
}
