/**
 * Mazes with exactly one shortest way of a minimum length. Passages grow from a random cell as a tree (a cell is opened when
 * it touches one open cell only), then a few walls are opened between passages, so that there are other, longer ways to be
 * led astray by. All mazes of a dataset, train and test together, have different walls, symmetric copies included.
 */
import { RandomStream } from '../random/stream';
import { DatasetError } from './errors';
import { cellsBetween, distancesFrom, mazeSides, mazeTokens, neighbours } from './maze-board';
import type { MazePuzzle } from './maze-board';
import { wallsFingerprint } from './maze-symmetry';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';

/** What to generate. */
export interface MazeOptions {
  readonly size: number;
  readonly train: number;
  readonly test: number;
  /** Fewest cells of the shortest way, start and goal included. Default: twice the side. */
  readonly minPath?: number | undefined;
  /** Walls opened between passages. Default: a fifth of the side. */
  readonly loops?: number | undefined;
  readonly seed: number;
}

/** Mazes of both splits. */
export interface GeneratedMazes {
  readonly train: MazePuzzle[];
  readonly test: MazePuzzle[];
}

/** Tries in a row without a new maze after which there are taken to be no more. */
const patience = 2000;

/** Opens passages as a tree; true where a cell is open. */
function growPassages(stream: RandomStream, size: number): boolean[] {
  const open = new Array<boolean>(size * size).fill(false);
  const touches = (cell: number): number => neighbours(size, cell).filter(next => open[next]).length;
  const first = stream.integer(0, size * size - 1);
  open[first] = true;
  const active = [first];
  while (active.length > 0) {
    // Mostly from the newest cell, which makes long winding passages; now and then from any other, which makes branches.
    const at = stream.integer(0, 9) === 0 ? stream.integer(0, active.length - 1) : active.length - 1;
    const free = neighbours(size, active[at]!).filter(next => !open[next] && touches(next) === 1);
    if (free.length === 0) active.splice(at, 1);
    else {
      const next = free[stream.integer(0, free.length - 1)]!;
      open[next] = true;
      active.push(next);
    }
  }
  return open;
}

/** Opens up to `loops` walls that lie between exactly two open cells. */
function openLoops(stream: RandomStream, size: number, open: boolean[], loops: number): void {
  let opened = 0;
  for (const cell of stream.permutation(size * size)) {
    if (opened === loops) return;
    if (open[cell] || neighbours(size, cell).filter(next => open[next]).length !== 2) continue;
    open[cell] = true;
    opened++;
  }
}

/** Tries to make a maze; undefined when no start and goal of these walls lie far enough apart with one shortest way. */
export function drawMaze(stream: RandomStream, size: number, minPath: number, loops: number): MazePuzzle | undefined {
  const open = growPassages(stream, size);
  openLoops(stream, size, open, loops);
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
  const { size, train, test, seed, minPath = 2 * size, loops = Math.floor(size / 5) } = options;
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
    const maze = drawMaze(RandomStream.named(seed, `maze-${size}`, tries), size, minPath, loops);
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
