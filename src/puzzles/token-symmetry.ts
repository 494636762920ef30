/**
 * A symmetry of a board of tokens, undone as easily as done: cells move and tokens are renamed. Copies of a puzzle made by
 * one can be shown to a model, and its answers brought back.
 */
import type { RandomStream } from '../random/stream';
import { dihedrals, dihedralSources } from './dihedral';
import { DatasetError } from './errors';
import type { GridShape } from './grid';
import { sudokuGeometry } from './sudoku-board';
import { drawSymmetry, symmetrySources } from './sudoku-symmetry';

/** Cell c of the copy is cell sources[c] of the board, its token t renamed to tokens[t] (undefined: as it is). */
export interface TokenSymmetry {
  readonly sources: ArrayLike<number>;
  readonly tokens?: ArrayLike<number>;
}

/** The copy of a board. */
export function copyOf({ sources, tokens }: TokenSymmetry, board: ArrayLike<number>): Int32Array {
  return Int32Array.from(sources, from => tokens?.[board[from]!] ?? board[from]!);
}

/** The board that a copy is of. */
export function originalOf({ sources, tokens }: TokenSymmetry, copy: ArrayLike<number>): Int32Array {
  const board = new Int32Array(copy.length);
  const before = new Map(tokens ? Array.from(tokens, (to, from) => [to, from]) : []);
  for (let cell = 0; cell < copy.length; cell++) board[sources[cell]!] = before.get(copy[cell]!) ?? copy[cell]!;
  return board;
}

/**
 * `count` symmetries to show a puzzle of this shape through, none of them the identity for mazes. Throws DatasetError
 * `bad-option` for kinds of puzzle without symmetries, or with fewer.
 */
export function drawSymmetries(shape: GridShape, count: number, stream: RandomStream): TokenSymmetry[] {
  if (shape.kind === 'sudoku') {
    const geometry = sudokuGeometry(shape.size);
    return Array.from({ length: count }, () => {
      const symmetry = drawSymmetry(stream, geometry);
      return { sources: symmetrySources(geometry, symmetry), tokens: [0, ...Array.from(symmetry.digits, digit => digit + 1)] };
    });
  }
  if (shape.kind !== 'maze') throw new DatasetError('bad-option', 'Puzzles of this kind have no symmetries to vote over.', 'Vote on Sudoku boards, mazes, or ARC tasks with stored copies.');
  const others = dihedrals.length - 1;
  if (count > others) throw new DatasetError('bad-option', `A maze has ${others} symmetric copies, ${count} asked for.`, `Ask for at most ${others}.`);
  return Array.from(stream.choose(others, count), which => ({ sources: dihedralSources(dihedrals[which + 1]!, shape.rows, shape.cols) }));
}
