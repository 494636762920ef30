/** Drawing the face of a cell. */
import { arcDigitColour, arcPalette } from '../../src/protocol/arc-palette';
import type { Face } from './faces';
import type { Ink } from './ink';

/** A square on the canvas, CSS pixels. */
export interface CellBox { readonly x: number; readonly y: number; readonly size: number }

/** How a face is to be drawn. */
export interface FaceStyle {
  /** Colour of the cell's mark. */
  readonly colour: string;
  readonly bold: boolean;
  /** Probability of the token, with which faces fade; null where there is none. */
  readonly prob: number | null;
  readonly ink: Ink;
}

/** Cells smaller than this have no room for a number. */
const leastForNumber = 7;

const faded = ({ prob, ink }: FaceStyle): number => (prob === null || ink.strong ? 1 : 0.5 + 0.5 * Math.min(1, Math.max(0, prob)));

function write(ctx: CanvasRenderingContext2D, box: CellBox, text: string, size: number, weight: number, font: string, height: number): void {
  ctx.font = `${weight} ${size}px ${font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(text, box.x + box.size / 2, box.y + box.size * height);
}

function paintText(ctx: CanvasRenderingContext2D, box: CellBox, text: string, style: FaceStyle): void {
  ctx.fillStyle = style.colour;
  ctx.globalAlpha = faded(style);
  write(ctx, box, text, box.size * (text.length > 2 ? 0.34 : 0.5), style.bold ? 700 : 400, style.ink.font, style.prob === null ? 0.53 : 0.48);
}

function paintWay(ctx: CanvasRenderingContext2D, box: CellBox, { sides, letter }: Extract<Face, { shape: 'way' }>, style: FaceStyle): void {
  const { x, y, size } = box, cx = x + size / 2, cy = y + size / 2;
  ctx.strokeStyle = ctx.fillStyle = style.colour;
  ctx.globalAlpha = faded(style);
  ctx.lineWidth = Math.max(1.5, size * 0.16);
  ctx.beginPath();
  for (const [on, tx, ty] of [[sides.up, cx, y], [sides.down, cx, y + size], [sides.left, x, cy], [sides.right, x + size, cy]] as const) if (on) { ctx.moveTo(cx, cy); ctx.lineTo(tx, ty); }
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(cx, cy, size * (letter ? 0.36 : 0.17), 0, 2 * Math.PI);
  ctx.fill();
  if (!letter) return;
  ctx.fillStyle = style.ink.ground;
  ctx.globalAlpha = 1;
  write(ctx, box, letter, size * 0.5, 700, style.ink.font, 0.53);
}

function paintColour(ctx: CanvasRenderingContext2D, box: CellBox, colour: number, { ink }: FaceStyle): void {
  ctx.fillStyle = arcPalette[colour] ?? arcPalette[0];
  ctx.fillRect(box.x + 0.5, box.y + 0.5, box.size - 1, box.size - 1);
  if (box.size < leastForNumber) return;
  ctx.fillStyle = arcDigitColour(colour);
  write(ctx, box, String(colour), box.size * 0.55, 400, ink.font, 0.53);
}

/** Paints a face in a cell. */
export function paintFace(ctx: CanvasRenderingContext2D, box: CellBox, face: Face, style: FaceStyle): void {
  const { x, y, size } = box;
  switch (face.shape) {
    case 'text': paintText(ctx, box, face.text, style); break;
    case 'way': paintWay(ctx, box, face, style); break;
    case 'colour': paintColour(ctx, box, face.colour, style); break;
    case 'wall':
      ctx.fillStyle = style.ink.text;
      ctx.globalAlpha = (style.ink.strong ? 0.85 : 0.55) * faded(style);
      ctx.fillRect(x, y, size, size);
      break;
    case 'end':
      ctx.strokeStyle = style.ink.muted;
      ctx.lineWidth = 1;
      ctx.strokeRect(x + size * 0.4, y + size * 0.4, size * 0.2, size * 0.2);
      break;
    case 'nothing': break;
  }
  ctx.globalAlpha = 1;
}
