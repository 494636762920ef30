/**
 * The face of a cell: what it shows of its token, without marks. Digits and letters are text, walls of a maze blocks and its
 * way a line, ARC colours squares with their number. How faces are drawn is said in `paint-face.ts`.
 */
import type { CellView } from './marks';
import { arcColour, glyph, maze, type Kind } from './tokens';

/** Sides of a cell that a way goes on over. */
export interface WaySides { readonly up: boolean; readonly down: boolean; readonly left: boolean; readonly right: boolean }

/** What a cell shows. */
export type Face =
  | { readonly shape: 'nothing' }
  | { readonly shape: 'text'; readonly text: string }
  | { readonly shape: 'wall' }
  /** A piece of a way; `letter` names its ends. */
  | { readonly shape: 'way'; readonly sides: WaySides; readonly letter: string }
  | { readonly shape: 'colour'; readonly colour: number }
  /** The end of an ARC grid (EOS). */
  | { readonly shape: 'end' };

const onWay = (view: CellView | undefined): boolean => view?.token === maze.way || view?.token === maze.start || view?.token === maze.goal;

function mazeFace(cell: number, cells: readonly CellView[], cols: number): Face {
  const { token } = cells[cell]!;
  if (token === maze.wall) return { shape: 'wall' };
  if (token === maze.free) return { shape: 'nothing' };
  if (!onWay(cells[cell])) return { shape: 'text', text: glyph('maze', token) };
  const column = cell % cols;
  // Two ends beside each other are not joined: the line is the way that was found, not the maze.
  const joined = (other: number): boolean => onWay(cells[other]) && (token === maze.way || cells[other]?.token === maze.way);
  return {
    shape: 'way', letter: glyph('maze', token),
    sides: { up: joined(cell - cols), down: joined(cell + cols), left: column > 0 && joined(cell - 1), right: column < cols - 1 && joined(cell + 1) },
  };
}

/** The face of a cell on a board with this many columns. */
export function faceOf(kind: Kind, cell: number, cells: readonly CellView[], cols: number): Face {
  const { token, prob } = cells[cell]!;
  if (kind === 'maze') return mazeFace(cell, cells, cols);
  if (kind === 'arc') {
    const colour = arcColour(token);
    return colour !== null ? { shape: 'colour', colour } : token === 1 ? { shape: 'end' } : { shape: 'nothing' };
  }
  const text = glyph(kind, token);
  return { shape: 'text', text: text === '' && prob !== null ? '·' : text }; // a predicted blank is a statement, a blank question cell is not
}
