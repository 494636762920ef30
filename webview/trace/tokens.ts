/**
 * What a token stands for, by the kind of puzzle, in the datasets' numbers. Sudoku: 0 PAD, 1 blank, digit d = d + 1. Maze: 1
 * wall, 2 free, 3 start, 4 goal, 5 on the way. ARC: 0 PAD, 1 EOS (end of the grid), colour c = c + 2.
 */
import type { Trace } from './decode';
import { blankToken } from './sudoku';

/** Kinds of puzzle. */
export type Kind = Trace['kind'];

/** Maze tokens by what they mean. */
export const maze = { wall: 1, free: 2, start: 3, goal: 4, way: 5 } as const;

/** The colour of an ARC token, or null for PAD and EOS. */
export function arcColour(token: number): number | null {
  return token >= 2 && token <= 11 ? token - 2 : null;
}

/** Sides of the largest rectangle of colours at the top left of an ARC canvas: what counts as the model's answer. */
export function arcCrop(tokens: ArrayLike<number>, rows: number, cols: number): { rows: number; cols: number } {
  let best = { rows: 0, cols: 0 };
  let width = cols;
  for (let row = 0; row < rows; row++) {
    let column = 0;
    while (column < width && arcColour(tokens[row * cols + column]!) !== null) column++;
    width = column;
    if ((row + 1) * width > best.rows * best.cols) best = { rows: row + 1, cols: width };
  }
  return best;
}

/** Whether the question gives a cell to be kept: digits in Sudoku, all but free cells in mazes, nothing in other kinds. */
export function isGivenToken(kind: Kind, token: number): boolean {
  if (kind === 'sudoku') return token > blankToken;
  return kind === 'maze' && token !== maze.free && token !== 0;
}

/** A token as people read it. */
export function glyph(kind: Kind, token: number): string {
  switch (kind) {
    case 'sudoku': return token === 0 ? '×' : token === blankToken ? '' : String(token - 1);
    case 'maze': return ['×', '', '', 'S', 'G', ''][token] ?? String(token);
    case 'arc': return String(arcColour(token) ?? '');
    case 'tokens': return String(token);
  }
}

/** A token in words. */
export function tokenWord(kind: Kind, token: number): string {
  switch (kind) {
    case 'sudoku': return token === 0 ? 'padding' : token === blankToken ? 'blank' : String(token - 1);
    case 'maze': return ['padding', 'wall', 'free', 'start', 'goal', 'on the way'][token] ?? `token ${token}`;
    case 'arc': return token === 0 ? 'padding' : token === 1 ? 'end of the grid' : `colour ${arcColour(token) ?? token}`;
    case 'tokens': return `token ${token}`;
  }
}
