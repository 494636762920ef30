/**
 * One cell over the whole refinement, for y and, where there is one, z: a column per frame, as high as the probability of the token shown, full when
 * right and hollow when wrong. The present frame is marked. A wide refinement is drawn with columns thinner than a pixel.
 */
import { prepareCanvas } from './canvas';
import { featureOf, type DecodedTrace, type FeatureName } from './decode';
import { vocabularyOf } from './features';
import type { Ink } from './ink';
import { FrameAxis } from './frame-axis';

/** Height of the history, CSS pixels. */
export const historyHeight = 56;

function paintFeature(ctx: CanvasRenderingContext2D, axis: FrameAxis, decoded: DecodedTrace, feature: FeatureName, cell: number, bottom: number, ink: Ink): void {
  const { cells, length, solution } = decoded;
  const { tokens, prob } = featureOf(decoded, feature);
  const height = 20;
  for (let f = 0; f < length; f++) {
    const right = solution ? tokens[f * cells + cell] === solution[cell] : null;
    ctx.fillStyle = right === null ? ink.feature[feature] : right ? ink.right : ink.wrong;
    const barHeight = Math.max(1, prob[f * cells + cell]! * height), width = axis.unit > 3 ? axis.unit - 1 : axis.unit;
    ctx.globalAlpha = right === false ? 0.3 : 0.9;
    ctx.fillRect(axis.x(f), bottom - barHeight, width, barHeight);
    ctx.globalAlpha = 1;
    if (right === false) ctx.fillRect(axis.x(f), bottom - barHeight, width, 1.5);
  }
  ctx.fillStyle = ink.feature[feature];
  ctx.font = `600 11px ${ink.font}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(vocabularyOf(decoded.trace)[feature].letter, 0, bottom - 8);
}

/** Paints the history of a cell. */
export function paintHistory(canvas: HTMLCanvasElement, width: number, decoded: DecodedTrace, cell: number, frame: number, ink: Ink): void {
  const ctx = prepareCanvas(canvas, width, historyHeight);
  const axis = new FrameAxis(14, width, decoded.length);
  ctx.fillStyle = ink.focus;
  ctx.globalAlpha = 0.35;
  ctx.fillRect(axis.middle(frame) - Math.max(2, axis.unit) / 2, 0, Math.max(2, axis.unit), historyHeight);
  ctx.globalAlpha = 1;
  paintFeature(ctx, axis, decoded, 'y', cell, 25, ink);
  if (decoded.z) paintFeature(ctx, axis, decoded, 'z', cell, 53, ink);
}
