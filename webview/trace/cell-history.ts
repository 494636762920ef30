/**
 * One cell over the whole refinement, for every large board: a column per frame, as high as the probability of the token shown, full when
 * right and hollow when wrong, in the board's colour where nothing is asked for. The present frame is marked. A wide refinement is drawn with columns thinner than a pixel.
 */
import { prepareCanvas } from './canvas';
import { isRightAt } from './cell-stretches';
import { featureOf } from './decode';
import { FrameAxis } from './frame-axis';
import type { Ink } from './ink';
import { frameIn, panelColour, panelLetter, type Panel, type Stage } from './stage';

/** Height of the history, CSS pixels. */
export const historyHeight = 56;

function paintPanel(ctx: CanvasRenderingContext2D, axis: FrameAxis, panel: Panel, frame: number, cell: number, bottom: number, ink: Ink): void {
  const { cells } = panel.source.decoded;
  const { tokens, prob } = featureOf(panel.source.decoded, panel.feature);
  const height = 20, colour = panelColour(panel, ink);
  for (let f = 0; f < axis.length; f++) {
    const at = frameIn(panel, f) * cells + cell;
    const right = isRightAt(panel.source.decoded, cell, tokens[at]!);
    ctx.fillStyle = right === null ? colour : right ? ink.right : ink.wrong;
    const barHeight = Math.max(1, prob[at]! * height), width = axis.unit > 3 ? axis.unit - 1 : axis.unit;
    ctx.globalAlpha = right === false ? 0.3 : 0.9;
    ctx.fillRect(axis.x(f), bottom - barHeight, width, barHeight);
    ctx.globalAlpha = 1;
    if (right === false) ctx.fillRect(axis.x(f), bottom - barHeight, width, 1.5);
  }
  ctx.fillStyle = colour;
  ctx.font = `600 11px ${ink.font}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(panelLetter(panel, frame), 0, bottom - 8);
}

/** Paints the history of a cell. */
export function paintHistory(canvas: HTMLCanvasElement, width: number, { lead, panels }: Stage, cell: number, frame: number, ink: Ink): void {
  const ctx = prepareCanvas(canvas, width, historyHeight);
  const axis = new FrameAxis(14, width, lead.timeline.length);
  ctx.fillStyle = ink.focus;
  ctx.globalAlpha = 0.35;
  ctx.fillRect(axis.middle(frame) - Math.max(2, axis.unit) / 2, 0, Math.max(2, axis.unit), historyHeight);
  ctx.globalAlpha = 1;
  panels.forEach((panel, k) => paintPanel(ctx, axis, panel, frame, cell, k === 0 ? 25 : 53, ink));
}
