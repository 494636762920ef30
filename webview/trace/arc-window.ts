/**
 * The part of an ARC board that is worth looking at. Its canvas of 30 x 30 is padding but for a small grid at the top left; of it are shown the
 * question, the solution and what counts as the model's last answer, with their ends, and the rest is left out.
 */
import type { DecodedFeature, DecodedTrace, Tokens } from './decode';
import { arcCrop } from './tokens';

/** Rows and columns from the top left. */
export interface BoardWindow { readonly rows: number; readonly cols: number }

/** The least part with all that is not padding. */
function extent(tokens: ArrayLike<number>, cols: number): BoardWindow {
  let rows = 0, wide = 0;
  for (let cell = 0; cell < tokens.length; cell++) {
    if (tokens[cell] === 0) continue;
    rows = Math.max(rows, Math.floor(cell / cols) + 1);
    wide = Math.max(wide, (cell % cols) + 1);
  }
  return { rows, cols: wide };
}

/** The part of the boards of these traces, which are of one question, that is shown; null when it is all of them. */
export function arcWindow(traces: readonly DecodedTrace[]): BoardWindow | null {
  const { kind, rows, cols } = traces[0]!.trace;
  if (kind !== 'arc') return null;
  const parts = traces.flatMap(({ question, solution, y, cells, length }) => {
    const answer = arcCrop(y.tokens.subarray((length - 1) * cells), rows, cols);
    return [extent(question, cols), ...(solution ? [extent(solution, cols)] : []), { rows: Math.min(rows, answer.rows + 1), cols: Math.min(cols, answer.cols + 1) }];
  });
  const shown = { rows: Math.max(...parts.map(part => part.rows)), cols: Math.max(...parts.map(part => part.cols)) };
  return shown.rows === rows && shown.cols === cols ? null : shown;
}

/** A trace of which only a part of the board is left, at every frame. What is right stays right: nothing is asked for outside. */
export function cutBoard(decoded: DecodedTrace, window: BoardWindow): DecodedTrace {
  const { trace, cells: whole, length } = decoded;
  const cells = window.rows * window.cols;
  const copy = <T extends Tokens | Float32Array>(from: T, to: T): T => {
    for (let k = 0; k < to.length; k++) {
      const frame = Math.floor(k / cells), cell = k % cells;
      to[k] = from[frame * whole + Math.floor(cell / window.cols) * trace.cols + (cell % window.cols)]!;
    }
    return to;
  };
  const tokens = (from: Tokens, frames: number): Tokens => (from instanceof Uint8Array ? copy(from, new Uint8Array(frames * cells)) : copy(from, new Uint16Array(frames * cells)));
  const feature = ({ tokens: all, prob }: DecodedFeature): DecodedFeature => ({ tokens: tokens(all, length), prob: copy(prob, new Float32Array(length * cells)) });
  return {
    ...decoded, trace: { ...trace, ...window }, cells, question: tokens(decoded.question, 1), solution: decoded.solution && tokens(decoded.solution, 1),
    asked: decoded.solution ? decoded.asked : cells, y: feature(decoded.y), z: decoded.z && feature(decoded.z),
  };
}
