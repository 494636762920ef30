/** Whether the way drawn on a board of a maze leads somewhere: from the question's start over marked cells, none of them a wall, to its goal. */
import type { DecodedTrace } from './decode';
import { maze } from './tokens';

/** Whether the way arrives; null for boards that are no maze with one start and one goal. `tokens`: what the board shows, [L]. */
export function wayArrives({ question, trace }: Pick<DecodedTrace, 'question' | 'trace'>, tokens: ArrayLike<number>): boolean | null {
  if (trace.kind !== 'maze') return null;
  const start = question.indexOf(maze.start), goal = question.indexOf(maze.goal);
  if (start < 0 || goal < 0) return null;
  const { cols } = trace;
  const open = (cell: number): boolean => cell === goal || (tokens[cell] === maze.way && question[cell] !== maze.wall);
  const reached = new Set([start]);
  for (const cell of reached) { // a set is walked in order of insertion, also of what is added meanwhile
    if (cell === goal) return true;
    const column = cell % cols;
    for (const next of [cell - cols, cell + cols, ...(column > 0 ? [cell - 1] : []), ...(column < cols - 1 ? [cell + 1] : [])]) {
      if (next >= 0 && next < question.length && open(next)) reached.add(next);
    }
  }
  return false;
}

/** The same in words; empty where it cannot be said. */
export function wayWords(arrives: boolean | null): string {
  return arrives === null ? '' : arrives ? 'the way leads from start to goal' : 'the way does not lead from start to goal';
}
