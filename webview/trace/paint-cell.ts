/**
 * One cell on a canvas. Each mark is a colour and a shape, so that it reads without colour:
 *   given        bold on a tinted ground
 *   right        plain
 *   newly right  solid frame, triangle in the upper right corner
 *   newly wrong  dashed frame, triangle in the lower left corner
 *   still wrong  wavy underline
 *   breaks rule  diamond in the upper left corner
 * A bar along the bottom is the head's probability of the shown token; the face fades with it.
 */
import type { Face } from './faces';
import type { Ink } from './ink';
import type { CellView } from './marks';
import { paintFace, type CellBox } from './paint-face';

/** Colour of a mark. */
export function markColour(view: CellView, ink: Ink): string {
  switch (view.mark) {
    case 'right': case 'newly-right': return ink.right;
    case 'newly-wrong': case 'still-wrong': return ink.wrong;
    case 'changed': return ink.focus;
    case 'given': case 'blank': case 'plain': return ink.text;
  }
}

/** Size that marks are drawn in: that of the cell, but no larger than reads well on the big cells of small boards. */
function markSize(box: CellBox): number {
  return Math.min(box.size, 46);
}

function diamond(ctx: CanvasRenderingContext2D, box: CellBox, ink: Ink): void {
  const radius = Math.max(3, markSize(box) * 0.11), x = box.x + radius + 2.5, y = box.y + radius + 2.5;
  ctx.fillStyle = ink.conflict;
  ctx.beginPath();
  ctx.moveTo(x, y - radius);
  ctx.lineTo(x + radius, y);
  ctx.lineTo(x, y + radius);
  ctx.lineTo(x - radius, y);
  ctx.fill();
}

function frame(ctx: CanvasRenderingContext2D, box: CellBox, colour: string, dashed: boolean): void {
  const mark = markSize(box), width = Math.max(1.5, mark / 20);
  const inset = width / 2 + 1;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dashed ? [mark / 9, mark / 13] : []);
  ctx.strokeRect(box.x + inset, box.y + inset, box.size - 2 * inset, box.size - 2 * inset);
  ctx.setLineDash([]);
}

function corner(ctx: CanvasRenderingContext2D, box: CellBox, colour: string, lower: boolean): void {
  const { x, y, size } = box, side = markSize(box) * 0.28;
  ctx.fillStyle = colour;
  ctx.beginPath();
  if (lower) {
    ctx.moveTo(x + 1, y + size - 1);
    ctx.lineTo(x + 1 + side, y + size - 1);
    ctx.lineTo(x + 1, y + size - 1 - side);
  } else {
    ctx.moveTo(x + size - 1, y + 1);
    ctx.lineTo(x + size - 1 - side, y + 1);
    ctx.lineTo(x + size - 1, y + 1 + side);
  }
  ctx.fill();
}

function wave(ctx: CanvasRenderingContext2D, box: CellBox, colour: string): void {
  const { x, y, size } = box, mark = markSize(box), half = mark * 0.2, mid = x + size / 2, base = y + size * 0.79, step = half / 2;
  ctx.strokeStyle = colour;
  ctx.lineWidth = Math.max(1.2, mark / 28);
  ctx.beginPath();
  ctx.moveTo(mid - half, base);
  for (let k = 0; k < 4; k++) {
    const from = mid - half + k * step;
    ctx.quadraticCurveTo(from + step / 2, base + (k % 2 ? 1 : -1) * mark * 0.07, from + step, base);
  }
  ctx.stroke();
}

function bar(ctx: CanvasRenderingContext2D, box: CellBox, share: number, colour: string, ink: Ink): void {
  const { x, y, size } = box, height = Math.max(2, markSize(box) / 14), inset = Math.max(3, size * 0.1);
  const top = y + size - height - Math.max(2, size * 0.05), length = size - 2 * inset;
  ctx.fillStyle = ink.text;
  ctx.globalAlpha = ink.strong ? 0.35 : 0.13;
  ctx.fillRect(x + inset, top, length, height);
  ctx.globalAlpha = ink.strong ? 1 : 0.85;
  ctx.fillStyle = colour;
  ctx.fillRect(x + inset, top, length * Math.min(1, Math.max(0, share)), height);
  ctx.globalAlpha = 1;
}

function ground(ctx: CanvasRenderingContext2D, box: CellBox, colour: string, alpha: number): void {
  ctx.globalAlpha = alpha;
  ctx.fillStyle = colour;
  ctx.fillRect(box.x, box.y, box.size, box.size);
  ctx.globalAlpha = 1;
}

/** Cells smaller than this have no room for a probability bar. */
const leastForBar = 14;

/** Paints one cell: ground, face, mark and probability bar. */
export function paintCell(ctx: CanvasRenderingContext2D, box: CellBox, view: CellView, face: Face, ink: Ink): void {
  const colour = markColour(view, ink);
  const fresh = view.mark === 'newly-right' || view.mark === 'newly-wrong' || view.mark === 'changed';
  if (view.given) ground(ctx, box, ink.text, ink.strong ? 0.2 : 0.08);
  if (fresh) ground(ctx, box, colour, ink.strong ? 0.25 : 0.2);
  paintFace(ctx, box, face, { colour, bold: view.given, prob: view.prob, ink });
  if (fresh) {
    frame(ctx, box, colour, view.mark === 'newly-wrong');
    corner(ctx, box, colour, view.mark === 'newly-wrong');
  }
  if (view.mark === 'still-wrong' || view.mark === 'newly-wrong') wave(ctx, box, colour);
  if (view.conflict) diamond(ctx, box, ink);
  if (view.prob !== null && box.size >= leastForBar) bar(ctx, box, view.prob, colour, ink);
}
