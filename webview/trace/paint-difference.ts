/**
 * The board of differences. Cells in which both traces say the same are pale. The others are cut by a diagonal: A's token above it, B's
 * below; the half that is right is filled and has a solid edge. Cells where neither is right have a dashed frame, so that
 * everything reads without colour.
 */
import type { BoardContent } from './board-content';
import { differenceLabel, type DifferenceCell } from './difference';
import { faceOf } from './faces';
import { painterFor, type Place } from './grid-painter';
import type { Ink } from './ink';
import type { CellView } from './marks';
import { paintFace, type CellBox } from './paint-face';
import type { ShownTrace } from './shown-trace';
import { isGivenToken } from './tokens';

/** Cells smaller than this show only whose half is right. */
const leastForTokens = 15;

function triangle(ctx: CanvasRenderingContext2D, { x, y, size }: CellBox, upper: boolean): void {
  ctx.beginPath();
  ctx.moveTo(x, y + size);
  ctx.lineTo(x + size, y);
  if (upper) ctx.lineTo(x, y); else ctx.lineTo(x + size, y + size);
  ctx.closePath();
}

/** One cell of two different tokens. `faces` draws A's and B's into boxes. */
export function paintSplit(ctx: CanvasRenderingContext2D, box: CellBox, { agreement }: Pick<DifferenceCell, 'agreement'>, faces: (upper: boolean, inside: CellBox, colour: string) => void, ink: Ink): void {
  const { x, y, size } = box;
  const rightIs = agreement === 'first-right' ? true : agreement === 'second-right' ? false : null;
  const loser = agreement === 'differ' ? ink.text : ink.wrong;
  if (rightIs !== null) {
    ctx.fillStyle = ink.right;
    ctx.globalAlpha = size < leastForTokens ? 0.9 : ink.strong ? 0.4 : 0.28;
    triangle(ctx, { x: x + 1, y: y + 1, size: size - 2 }, rightIs);
    ctx.fill();
    ctx.globalAlpha = 1;
    if (size >= leastForTokens) {
      ctx.strokeStyle = ink.right;
      ctx.lineWidth = Math.max(1.5, size / 26);
      triangle(ctx, { x: x + 2, y: y + 2, size: size - 4 }, rightIs);
      ctx.stroke();
    }
  } else {
    ctx.strokeStyle = loser;
    ctx.lineWidth = Math.max(1.2, size / 26);
    ctx.setLineDash([Math.max(2, size / 9), Math.max(2, size / 12)]);
    ctx.strokeRect(x + 2, y + 2, size - 4, size - 4);
    ctx.setLineDash([]);
  }
  ctx.strokeStyle = rightIs === null ? loser : ink.right;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x + 2, y + size - 2);
  ctx.lineTo(x + size - 2, y + 2);
  ctx.stroke();
  if (size < leastForTokens) return;
  const half = size * 0.52;
  faces(true, { x: x + size * 0.05, y: y + size * 0.05, size: half }, rightIs === true ? ink.right : loser);
  faces(false, { x: x + size * 0.43, y: y + size * 0.44, size: half }, rightIs === false ? ink.right : loser);
}

/** The board of differences of the traces `first` and `second`. */
export function differenceContent({ decoded }: ShownTrace, cells: readonly DifferenceCell[]): BoardContent {
  const { kind, rows, cols } = decoded.trace;
  const painter = painterFor(decoded.trace);
  const view = (token: number): CellView => ({ token, prob: null, mark: 'plain', given: isGivenToken(kind, token), changed: false, conflict: false });
  const boards = { first: cells.map(({ first }) => view(first)), second: cells.map(({ second }) => view(second)) };
  const paint = (ctx: CanvasRenderingContext2D, place: Place, ink: Ink): void => {
    const size = place.width / cols;
    cells.forEach((difference, cell) => {
      const box = { x: place.x + (cell % cols) * size, y: place.y + Math.floor(cell / cols) * size, size };
      const face = (upper: boolean, inside: CellBox, colour: string, bold = true): void =>
        paintFace(ctx, inside, faceOf(kind, cell, upper ? boards.first : boards.second, cols), { colour, bold, prob: null, ink });
      if (difference.agreement !== 'same') { paintSplit(ctx, box, difference, face, ink); return; }
      face(true, box, ink.muted, false);
      ctx.fillStyle = ink.ground;
      ctx.globalAlpha = ink.strong ? 0.35 : 0.62;
      ctx.fillRect(box.x, box.y, size, size);
      ctx.globalAlpha = 1;
    });
    painter.lines(ctx, place, ink);
  };
  return { rows, cols, paint, cells: cells.map((difference, cell) => ({ label: differenceLabel(kind, cols, cell, difference), mark: difference.agreement, token: difference.first })) };
}
