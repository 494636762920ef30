/**
 * How a board of a kind of puzzle is drawn. A painter knows its grid's lines and the glyph of a token; everything around it
 * (scrubber, marks, labels, exports) is the same for every kind. A new kind of puzzle is a new painter in `painterFor`.
 */
import type { Trace } from './decode';
import type { Ink } from './ink';
import { glyph } from './labels';
import type { CellView } from './marks';
import { paintCell } from './paint-cell';
import { boxShape } from './sudoku';

/** A rectangle on a canvas, CSS pixels. */
export interface Place { readonly x: number; readonly y: number; readonly width: number }

/** Draws boards of one shape. */
export interface GridPainter {
  readonly rows: number;
  readonly cols: number;
  /** Paints a board at a place; its height is width * rows / cols. */
  paint(ctx: CanvasRenderingContext2D, place: Place, cells: readonly CellView[], ink: Ink): void;
}

/** Which lines of a grid are heavy: index 0..count. */
type Heavy = (line: number) => boolean;

class LinedPainter implements GridPainter {
  constructor(readonly rows: number, readonly cols: number, private readonly kind: Trace['kind'], private readonly heavyRow: Heavy, private readonly heavyCol: Heavy) {}

  paint(ctx: CanvasRenderingContext2D, place: Place, cells: readonly CellView[], ink: Ink): void {
    const size = place.width / this.cols;
    cells.forEach((view, cell) => {
      const box = { x: place.x + (cell % this.cols) * size, y: place.y + Math.floor(cell / this.cols) * size, size };
      const shown = glyph(this.kind, view.token);
      paintCell(ctx, box, view, shown === '' && view.prob !== null ? '·' : shown, ink); // a predicted blank is a statement, a blank question cell is not
    });
    const height = size * this.rows;
    ctx.strokeStyle = ink.line;
    for (const heavy of [false, true]) {
      ctx.globalAlpha = heavy ? (ink.strong ? 1 : 0.62) : ink.strong ? 0.55 : 0.17;
      ctx.lineWidth = heavy ? Math.max(1.5, Math.min(2, size / 18)) : 1;
      ctx.beginPath();
      for (let r = 0; r <= this.rows; r++) if (this.heavyRow(r) === heavy) { ctx.moveTo(place.x, place.y + r * size); ctx.lineTo(place.x + place.width, place.y + r * size); }
      for (let c = 0; c <= this.cols; c++) if (this.heavyCol(c) === heavy) { ctx.moveTo(place.x + c * size, place.y); ctx.lineTo(place.x + c * size, place.y + height); }
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }
}

/** The painter for a trace's kind and shape: box lines for square Sudoku boards, an outline around any other grid of tokens. */
export function painterFor(trace: Pick<Trace, 'kind' | 'rows' | 'cols'>): GridPainter {
  const { kind, rows, cols } = trace;
  if (kind === 'sudoku' && rows === cols) {
    const box = boxShape(rows);
    return new LinedPainter(rows, cols, kind, r => r % box.rows === 0, c => c % box.cols === 0);
  }
  return new LinedPainter(rows, cols, kind, r => r === 0 || r === rows, c => c === 0 || c === cols);
}
