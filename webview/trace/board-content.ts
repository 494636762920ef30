/** What a board of the page shows. */
import { painterFor, type Place } from './grid-painter';
import type { Ink } from './ink';
import { cellLabel } from './labels';
import type { CellView } from './marks';
import type { ShownTrace } from './shown-trace';

/** How it is painted, and of each cell what it says in words, its mark and its token. */
export interface BoardContent {
  readonly rows: number;
  readonly cols: number;
  readonly paint: (ctx: CanvasRenderingContext2D, place: Place, ink: Ink) => void;
  readonly cells: readonly { readonly label: string; readonly mark: string; readonly token: number }[];
}

/** Cells of a trace's board as a board of the page shows them. */
export function boardContent({ decoded: { trace } }: Pick<ShownTrace, 'decoded'>, cells: readonly CellView[]): BoardContent {
  const painter = painterFor(trace);
  return {
    rows: trace.rows, cols: trace.cols, paint: (ctx, place, ink) => painter.paint(ctx, place, cells, ink),
    cells: cells.map((view, cell) => ({ label: cellLabel(trace, cell, view), mark: view.mark, token: view.token })),
  };
}
