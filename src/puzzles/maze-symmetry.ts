/** The symmetries of square mazes: copies to store or to draw at every use, and whether two mazes are copies of each other. */
import type { RowAugmentation } from './augmentation';
import { dihedrals, dihedralSources } from './dihedral';
import type { Dihedral } from './dihedral';
import { mazeTokens } from './maze-board';

const sourcesOf = new Map<number, readonly Int32Array[]>();

/** Where the cells of an n x n board come from, by symmetry. */
function sourcesFor(size: number): readonly Int32Array[] {
  let sources = sourcesOf.get(size);
  if (!sources) sourcesOf.set(size, (sources = dihedrals.map(symmetry => dihedralSources(symmetry, size, size))));
  return sources;
}

/** An n x n board of tokens seen through a symmetry. */
export function turnBoard(size: number, board: ArrayLike<number>, symmetry: Dihedral): Uint8Array {
  return Uint8Array.from(sourcesFor(size)[symmetry]!, from => board[from]!);
}

/** Draws one of the eight symmetries per call and applies it to a row of tokens and its labels, in place. */
export function dihedralAugmentation(size: number): RowAugmentation {
  const before = new Int32Array(size * size);
  return (inputs, labels, stream) => {
    const sources = sourcesFor(size)[stream.integer(0, 7)]!;
    for (const row of [inputs, labels]) {
      before.set(row);
      for (let cell = 0; cell < row.length; cell++) row[cell] = before[sources[cell]!]!;
    }
  };
}

/** A string equal for two mazes exactly when their walls are symmetric copies, wherever start and goal lie. */
export function wallsFingerprint(size: number, board: ArrayLike<number>): string {
  return sourcesFor(size).map(sources => Array.from(sources, from => (board[from] === mazeTokens.wall ? '#' : '.')).join('')).reduce((least, other) => (other < least ? other : least));
}
