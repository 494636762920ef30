/**
 * ARC augmentation, as published: one of the eight symmetries after a permutation of the colours 1 to 9 (0, black, stays).
 * The identifier of an augmented task says which: `<task>|||t<symmetry>|||<colour of 0..9>`.
 */
import { createHash } from 'node:crypto';
import type { RandomStream } from '../random/stream';
import { gridKey } from './arc-board';
import type { ArcPair } from './arc-tasks';
import { applyDihedral, dihedrals, inverseDihedral } from './dihedral';
import type { Dihedral, Grid } from './dihedral';

const separator = '|||';
/** Tries per wanted copy before a task is taken to have no more different ones. */
export const triesPerCopy = 5;

/** What is done to a task's grids: colours first, then the symmetry. */
export interface ArcAugmentation {
  readonly symmetry: Dihedral;
  /** Colour c becomes colours[c]; [10], a permutation with colours[0] = 0. */
  readonly colours: Uint8Array;
}

/** A grid seen through an augmentation. */
export function augmentGrid({ symmetry, colours }: ArcAugmentation, grid: Grid): Grid {
  return applyDihedral(symmetry, { ...grid, cells: grid.cells.map(colour => colours[colour]!) });
}

/** The grid an augmentation made, as it was before. */
export function restoreGrid({ symmetry, colours }: ArcAugmentation, grid: Grid): Grid {
  const before = new Uint8Array(colours.length);
  colours.forEach((to, from) => (before[to] = from));
  const turned = applyDihedral(inverseDihedral(symmetry), grid);
  return { ...turned, cells: turned.cells.map(colour => before[colour]!) };
}

/** A random augmentation: every symmetry and every order of the nine colours is as likely. */
export function drawAugmentation(stream: RandomStream): ArcAugmentation {
  const colours = new Uint8Array(10);
  const symmetry = dihedrals[stream.integer(0, 7)]!;
  stream.permutation(9).forEach((colour, i) => (colours[i + 1] = colour + 1));
  return { symmetry, colours };
}

/** The identifier of a task's augmented copy. */
export function augmentedName(task: string, { symmetry, colours }: ArcAugmentation): string {
  return `${task}${separator}t${symmetry}${separator}${colours.join('')}`;
}

/** What an identifier says: the task, and how its copy was made (undefined: the task itself). Undefined when it says nothing that is understood. */
export function parseName(identifier: string): { task: string; augmentation: ArcAugmentation | undefined } | undefined {
  const parts = identifier.split(separator);
  if (parts.length === 1) return { task: identifier, augmentation: undefined };
  const [symmetry, colours] = [/^t([0-7])$/.exec(parts.at(-2)!)?.[1], parts.at(-1)!];
  if (symmetry === undefined || parts.length < 3 || !/^\d{10}$/.test(colours) || new Set(colours).size !== 10) return undefined;
  return { task: parts[0]!, augmentation: { symmetry: Number(symmetry) as Dihedral, colours: Uint8Array.from(colours, Number) } };
}

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
};

/** Equal for two lists of pairs that hold the same pairs, in whatever order. */
export function pairsHash(pairs: readonly ArcPair[]): string {
  return sha256(pairs.map(({ input, output }) => sha256(Buffer.from(`${gridKey(input)}|${gridKey(output)}`, 'latin1'))).sort().join('|'));
}

/** A copy of a task's pairs, with its augmentation. */
export interface AugmentedPairs<P extends ArcPair> {
  readonly augmentation: ArcAugmentation;
  readonly pairs: readonly P[];
}

/**
 * Up to `count` different augmented copies of a task's pairs, none equal to the pairs themselves; fewer when `triesPerCopy`
 * tries per copy do not find that many. Copies keep the order and everything else of the pairs.
 */
export function* augmentPairs<P extends ArcPair>(pairs: readonly P[], count: number, stream: RandomStream): Generator<AugmentedPairs<P>> {
  const known = new Set([pairsHash(pairs)]);
  for (let tries = 0; tries < triesPerCopy * count && known.size <= count; tries++) {
    const augmentation = drawAugmentation(stream);
    const copy = pairs.map(pair => ({ ...pair, input: augmentGrid(augmentation, pair.input), output: augmentGrid(augmentation, pair.output) }));
    const hash = pairsHash(copy);
    if (known.has(hash)) continue;
    known.add(hash);
    yield { augmentation, pairs: copy };
  }
}
