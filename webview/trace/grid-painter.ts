/**
 * How a board of a kind of puzzle is drawn. A painter knows its grid's lines and the face of each cell; everything around it
 * (scrubber, marks, labels, exports) is the same for every kind. A new kind of puzzle is a new painter in `painterFor`.
 */
import type { Trace } from './decode';
import { faceOf } from './faces';
import type { Ink } from './ink';
import type { CellView } from './marks';
import { paintCell } from './paint-cell';
import { boxShape } from './sudoku';
import { arcCrop, type Kind } from './tokens';

/** A rectangle on a canvas, CSS pixels. */
export interface Place { readonly x: number; readonly y: number; readonly width: number }

/** Draws boards of one shape. */
export interface GridPainter {
  readonly rows: number;
  readonly cols: number;
  /** Paints a board at a place; its height is width * rows / cols. */
  paint(ctx: CanvasRenderingContext2D, place: Place, cells: readonly CellView[], ink: Ink): void;
  /** Paints the grid's lines alone. */
  lines(ctx: CanvasRenderingContext2D, place: Place, ink: Ink): void;
}

/** Which lines of a grid are heavy: index 0..count. */
type Heavy = (line: number) => boolean;

/** Draws every cell by its face, then the grid's lines. */
class LinedPainter implements GridPainter {
  constructor(private readonly kind: Kind, readonly rows: number, readonly cols: number, private readonly heavyRow: Heavy = r => r === 0 || r === rows, private readonly heavyCol: Heavy = c => c === 0 || c === cols) {}

  paint(ctx: CanvasRenderingContext2D, place: Place, cells: readonly CellView[], ink: Ink): void {
    const size = place.width / this.cols;
    cells.forEach((view, cell) => {
      const box = { x: place.x + (cell % this.cols) * size, y: place.y + Math.floor(cell / this.cols) * size, size };
      paintCell(ctx, box, view, faceOf(this.kind, cell, cells, this.cols), ink);
    });
    this.lines(ctx, place, ink);
  }

  lines(ctx: CanvasRenderingContext2D, place: Place, ink: Ink): void {
    const size = place.width / this.cols, height = size * this.rows;
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

class ArcPainter extends LinedPainter {
  /** The board, and around the part that counts as the answer a frame with its sides cut off the rest. */
  override paint(ctx: CanvasRenderingContext2D, place: Place, cells: readonly CellView[], ink: Ink): void {
    super.paint(ctx, place, cells, ink);
    const size = place.width / this.cols;
    const crop = arcCrop(cells.map(view => view.token), this.rows, this.cols);
    if (crop.rows === 0) return;
    ctx.strokeStyle = ink.focus;
    ctx.lineWidth = Math.max(1.5, Math.min(3, size / 7));
    ctx.strokeRect(place.x, place.y, crop.cols * size, crop.rows * size);
  }
}

/** The painter for a trace's kind and shape: box lines for square Sudoku boards, an outline around any other grid. */
export function painterFor(trace: Pick<Trace, 'kind' | 'rows' | 'cols'>): GridPainter {
  const { kind, rows, cols } = trace;
  if (kind === 'arc') return new ArcPainter(kind, rows, cols);
  if (kind !== 'sudoku' || rows !== cols) return new LinedPainter(kind, rows, cols);
  const box = boxShape(rows);
  return new LinedPainter(kind, rows, cols, r => r % box.rows === 0, c => c % box.cols === 0);
}
