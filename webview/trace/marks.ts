/**
 * What is to be said about each cell of a board at a frame: its token and probability, whether it is right, how that
 * changed against the frame before, and whether it breaks a rule. Colours, shapes and words are chosen from this alone.
 */
import { featureOf, isAsked, type DecodedTrace, type FeatureName } from './decode';
import { findConflicts } from './sudoku';
import { isGivenToken } from './tokens';

/** The one mark a cell carries. `plain` is a cell of which nothing is known (no solution), `changed` one of those that just changed. */
export type Mark = 'given' | 'blank' | 'right' | 'newly-right' | 'newly-wrong' | 'still-wrong' | 'plain' | 'changed';

/** A cell of a board at a frame. */
export interface CellView {
  readonly token: number;
  /** Probability the output head gives that token; null on the question and solution boards. */
  readonly prob: number | null;
  readonly mark: Mark;
  /** The question gives this cell. */
  readonly given: boolean;
  /** The token differs from the one of the frame before. */
  readonly changed: boolean;
  /** The token breaks a Sudoku rule. */
  readonly conflict: boolean;
}

/** How many cells of a board carry what. */
export interface BoardCounts {
  /** Cells that are asked for: all, but around an ARC solution. */
  readonly cells: number;
  /** Of these, cells equal to the solution; null when it is unknown. */
  readonly right: number | null;
  readonly newlyRight: number;
  readonly newlyWrong: number;
  readonly changed: number;
  readonly conflicts: number;
}

/** Which cells the question gives. */
export function isGiven(decoded: DecodedTrace, cell: number): boolean {
  return isGivenToken(decoded.trace.kind, decoded.question[cell]!);
}

/** The token a cell should have; null where that is unknown or, as around an ARC solution, nothing is asked for. */
function wantedToken({ solution }: DecodedTrace, cell: number): number | null {
  return solution && isAsked(solution[cell]!) ? solution[cell]! : null;
}

function noConflicts(decoded: DecodedTrace): Uint8Array {
  return new Uint8Array(decoded.cells);
}

function conflictFlags(decoded: DecodedTrace, tokens: ArrayLike<number>): Uint8Array {
  const { kind, rows, cols } = decoded.trace;
  return kind === 'sudoku' && rows === cols ? findConflicts(tokens, rows) : noConflicts(decoded);
}

/** The question board. */
export function questionCells(decoded: DecodedTrace): CellView[] {
  const conflicts = conflictFlags(decoded, decoded.question);
  return Array.from(decoded.question, (token, cell): CellView => {
    const given = isGiven(decoded, cell);
    const mark = given ? 'given' : decoded.trace.kind === 'sudoku' ? 'blank' : 'plain';
    return { token, prob: null, mark, given, changed: false, conflict: conflicts[cell] === 1 };
  });
}

/** The solution board; null when the solution is unknown. */
export function solutionCells(decoded: DecodedTrace): CellView[] | null {
  if (!decoded.solution) return null;
  return Array.from(decoded.solution, (token, cell): CellView => {
    const given = isGiven(decoded, cell);
    return { token, prob: null, mark: given ? 'given' : 'plain', given, changed: false, conflict: false };
  });
}

function markOf(given: boolean, now: number, before: number | null, wanted: number | null): Mark {
  if (wanted === null) return before !== null && before !== now ? 'changed' : 'plain';
  if (now === wanted) {
    if (before !== null && before !== wanted) return 'newly-right';
    return given ? 'given' : 'right';
  }
  return before === wanted ? 'newly-wrong' : 'still-wrong';
}

/** The board of a feature at a frame, marked against the frame before (the first frame has none). */
export function featureCells(decoded: DecodedTrace, feature: FeatureName, frame: number): CellView[] {
  const { cells } = decoded;
  const { tokens, prob } = featureOf(decoded, feature);
  const now = tokens.subarray(frame * cells, (frame + 1) * cells);
  const before = frame === 0 ? null : tokens.subarray((frame - 1) * cells, frame * cells);
  const conflicts = conflictFlags(decoded, now);
  return Array.from(now, (token, cell): CellView => {
    const given = isGiven(decoded, cell);
    const wanted = wantedToken(decoded, cell) ?? (given ? decoded.question[cell]! : null);
    const was = before?.[cell] ?? null;
    return {
      token, prob: prob[frame * cells + cell]!, given,
      mark: markOf(given, token, was, wanted),
      changed: was !== null && was !== token,
      conflict: conflicts[cell] === 1,
    };
  });
}

/** Counts over a board of a feature. `known`: whether the solution is known. */
export function countBoard(cells: readonly CellView[], known: boolean): BoardCounts {
  const having = (test: (cell: CellView) => boolean): number => cells.reduce((sum, cell) => sum + (test(cell) ? 1 : 0), 0);
  return {
    cells: known ? having(c => c.mark !== 'plain' && c.mark !== 'changed') : cells.length,
    right: known ? having(c => c.mark === 'given' || c.mark === 'right' || c.mark === 'newly-right') : null,
    newlyRight: having(c => c.mark === 'newly-right'),
    newlyWrong: having(c => c.mark === 'newly-wrong'),
    changed: having(c => c.changed),
    conflicts: having(c => c.conflict),
  };
}

/** Cells equal to the solution at every frame, [frames]; null when the solution is unknown. */
export function rightOverFrames(decoded: DecodedTrace, feature: FeatureName): Uint16Array | null {
  const { solution, cells, length } = decoded;
  if (!solution) return null;
  const { tokens } = featureOf(decoded, feature);
  const out = new Uint16Array(length);
  for (let f = 0; f < length; f++) {
    let right = 0;
    for (let c = 0; c < cells; c++) if (isAsked(solution[c]!) && tokens[f * cells + c] === solution[c]) right++;
    out[f] = right;
  }
  return out;
}
