/**
 * The overview of a refinement on one canvas, rows above each other on one axis of frames:
 *   halting probability, a bar per supervision step (filled: puzzle right there; outlined: not), with "would halt here";
 *   cells right over frames, y solid and z dashed;
 *   a ruler of nested ticks, supervision step > latent recursion > inner step.
 * The present frame is a line through all of it; below, its supervision step fans out to the strip of single updates.
 */
import type { DecodedTrace, FeatureName } from './decode';
import { vocabularyOf } from './features';
import { FrameAxis } from './frame-axis';
import type { Ink } from './ink';
import { firstHalt, type Span, type Timeline } from './timeline';

/** Rows of the overview, CSS pixels from its top. */
export const rows = {
  halting: { top: 15, bottom: 56 },
  right: { top: 69, bottom: 105 },
  ruler: { top: 111, bottom: 137 },
  fan: { top: 137, bottom: 148 },
} as const;

/** Height of the overview, CSS pixels. */
export const overviewHeight = rows.fan.bottom;

/** Room for row names at the left and present values at the right. */
const gutter = { left: 70, right: 72 } as const;

/** Cells right per frame; z is null where the model has no feature besides the answer. */
export interface RightCounts { readonly y: Uint16Array; readonly z: Uint16Array | null }

/** What is drawn. */
export interface OverviewScene {
  readonly decoded: DecodedTrace;
  readonly timeline: Timeline;
  /** Cells right per frame, or null when the solution is unknown. */
  readonly right: RightCounts | null;
  readonly frame: number;
  readonly ink: Ink;
}

/** The axis for a width of the canvas. */
export function overviewAxis(width: number, length: number): FrameAxis {
  return new FrameAxis(gutter.left, Math.max(gutter.left + 1, width - gutter.right), length);
}

function label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, ink: Ink, align: CanvasTextAlign, colour = ink.muted, weight = 400): void {
  ctx.font = `${weight} 10.5px ${ink.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

function paintBeyond(ctx: CanvasRenderingContext2D, axis: FrameAxis, { decoded, timeline, ink }: OverviewScene): void {
  const first = timeline.steps.find(step => step.number > decoded.trace.halt_max_steps);
  if (!first) return;
  const x = axis.x(first.first), top = rows.halting.top - 14, bottom = rows.ruler.bottom;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, top, axis.right - x, bottom - top);
  ctx.clip();
  ctx.strokeStyle = ink.line;
  ctx.globalAlpha = ink.strong ? 0.3 : 0.07;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let d = x - (bottom - top); d < axis.right; d += 7) { ctx.moveTo(d, bottom); ctx.lineTo(d + bottom - top, top); }
  ctx.stroke();
  ctx.restore();
  ctx.strokeStyle = ink.muted;
  ctx.setLineDash([3, 3]);
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, top);
  ctx.lineTo(Math.round(x) + 0.5, bottom);
  ctx.stroke();
  ctx.setLineDash([]);
  if (axis.right - x > 130) label(ctx, 'beyond training depth →', x + 6, rows.halting.bottom + 6.5, ink, 'left');
}

function paintHalting(ctx: CanvasRenderingContext2D, axis: FrameAxis, { decoded, timeline, frame, ink }: OverviewScene): void {
  const { top, bottom } = rows.halting;
  const height = bottom - top;
  const here = timeline.stepOf(frame).number;
  const first = firstHalt(decoded.trace.halting);
  const flagged = timeline.steps.find(step => step.number === first);
  const flagSpan = flagged && flag(ctx, axis, flagged, ink);
  ctx.strokeStyle = ink.muted;
  ctx.globalAlpha = 0.5;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(axis.left, bottom - height / 2);
  ctx.lineTo(axis.right, bottom - height / 2);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  for (const step of timeline.steps) {
    const halting = decoded.trace.halting.find(h => h.m === step.number);
    if (!halting) continue;
    const { x, width, room } = barSpan(axis, step);
    const barHeight = Math.max(1.5, halting.p_halt * height), y = bottom - barHeight;
    ctx.globalAlpha = halting.exact === false ? 0.22 : step.number === here ? 1 : 0.66;
    ctx.fillStyle = ink.halt;
    ctx.fillRect(x, y, width, barHeight);
    ctx.globalAlpha = 1;
    if (halting.exact === false && width > 3) {
      ctx.strokeStyle = ink.halt;
      ctx.lineWidth = 1;
      ctx.strokeRect(x + 0.5, y + 0.5, width - 1, barHeight - 1);
    }
    if (halting.exact && width >= 9) check(ctx, x + width / 2, bottom - 7, Math.min(4, width / 3), ink.ground);
    const covered = flagSpan && x + width > flagSpan.from && x < flagSpan.to && y - 12 < rows.halting.top + 2;
    if (room >= 42 && !covered) label(ctx, halting.p_halt.toFixed(2), x + width / 2, y - 6, ink, 'center', step.number === here ? ink.text : ink.muted);
  }
  label(ctx, 'halting', axis.left - 8, top + height / 2 - 6, ink, 'right');
  label(ctx, 'probability', axis.left - 8, top + height / 2 + 7, ink, 'right');
  label(ctx, decoded.trace.halting.find(h => h.m === here)?.p_halt.toFixed(3) ?? '', axis.right + 8, top + height / 2, ink, 'left', ink.text, 600);
}

function check(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.8;
  ctx.beginPath();
  ctx.moveTo(x - r, y);
  ctx.lineTo(x - r / 4, y + r * 0.7);
  ctx.lineTo(x + r, y - r * 0.8);
  ctx.stroke();
}

/** Width of a bar of the halting row: most of its supervision step, and no wider than reads as a bar. */
function barSpan(axis: FrameAxis, step: Span): { x: number; width: number; room: number } {
  const from = axis.x(step.first), room = axis.x(step.last + 1) - from;
  const gap = Math.min(4, room * 0.15);
  return { x: from + gap, width: Math.max(1, Math.min(room - 2 * gap, 64)), room };
}

/** Marks where it would halt; returns what its words cover. */
function flag(ctx: CanvasRenderingContext2D, axis: FrameAxis, step: Span, ink: Ink): { from: number; to: number } {
  const span = barSpan(axis, step);
  const x = span.x + span.width / 2, y = rows.halting.top - 3, words = 'would halt here';
  ctx.fillStyle = ink.text;
  ctx.beginPath();
  ctx.moveTo(x - 4.5, y - 6);
  ctx.lineTo(x + 4.5, y - 6);
  ctx.lineTo(x, y + 1);
  ctx.fill();
  const fitsRight = x + 105 < axis.right;
  label(ctx, words, x + (fitsRight ? 8 : -8), y - 4, ink, fitsRight ? 'left' : 'right', ink.text, 600);
  const length = ctx.measureText(words).width + 12;
  return fitsRight ? { from: x - 6, to: x + length } : { from: x - length, to: x + 6 };
}

function paintRight(ctx: CanvasRenderingContext2D, axis: FrameAxis, { decoded, right, frame, ink }: OverviewScene): void {
  const { top, bottom } = rows.right;
  label(ctx, 'cells right', axis.left - 8, (top + bottom) / 2, ink, 'right');
  if (!right) {
    label(ctx, 'solution unknown', axis.left + 6, (top + bottom) / 2, ink, 'left');
    return;
  }
  const level = (count: number): number => bottom - (count / decoded.asked) * (bottom - top);
  ctx.strokeStyle = ink.line;
  ctx.lineWidth = 1;
  ctx.globalAlpha = ink.strong ? 0.6 : 0.16;
  ctx.beginPath();
  for (const y of [top, bottom]) { ctx.moveTo(axis.left, Math.round(y) + 0.5); ctx.lineTo(axis.right, Math.round(y) + 0.5); }
  ctx.stroke();
  ctx.globalAlpha = 1;
  for (const feature of ['z', 'y'] as const) {
    const counts = right[feature];
    if (!counts) continue;
    ctx.strokeStyle = ink.feature[feature];
    ctx.lineWidth = feature === 'y' ? 2 : 1.4;
    ctx.setLineDash(feature === 'y' ? [] : [4, 2.5]);
    ctx.beginPath();
    for (let f = 0; f < counts.length; f++) {
      const y = level(counts[f]!);
      if (f === 0) ctx.moveTo(axis.x(0), y);
      ctx.lineTo(axis.x(f), y);
      ctx.lineTo(axis.x(f + 1), y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = ink.feature[feature];
    ctx.beginPath();
    ctx.arc(axis.middle(frame), level(counts[frame]!), 3.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  const middle = (top + bottom) / 2;
  const words = vocabularyOf(decoded.trace);
  const tally = (feature: FeatureName, counts: Uint16Array, y: number): void =>
    label(ctx, `${words[feature].letter} ${counts[frame]!}/${decoded.asked}`, axis.right + 8, y, ink, 'left', ink.feature[feature], 600);
  tally('y', right.y, right.z ? middle - 7 : middle);
  if (right.z) tally('z', right.z, middle + 7);
}

function paintRuler(ctx: CanvasRenderingContext2D, axis: FrameAxis, { timeline, frame, ink, decoded }: OverviewScene): void {
  const { top, bottom } = rows.ruler;
  const here = timeline.stepOf(frame);
  const stepWidth = axis.unit * timeline.length / timeline.steps.length;
  const every = [1, 2, 4, 5, 8, 10, 16, 32].find(k => stepWidth * k >= 20) ?? 64;
  ctx.lineWidth = 1;
  const tick = (x: number, length: number, colour: string, alpha: number): void => {
    ctx.strokeStyle = colour;
    ctx.globalAlpha = ink.strong ? 1 : alpha;
    ctx.beginPath();
    ctx.moveTo(Math.round(x) + 0.5, top);
    ctx.lineTo(Math.round(x) + 0.5, top + length);
    ctx.stroke();
    ctx.globalAlpha = 1;
  };
  if (axis.unit >= 3) for (let f = 0; f < timeline.length; f++) {
    const { feature } = timeline.at(f);
    tick(axis.middle(f), feature === 'y' ? 8 : 5, ink.feature[feature], 0.95);
  }
  if (axis.unit * timeline.length / timeline.recursions.length >= 5) for (const span of timeline.recursions) tick(axis.x(span.first), 12, ink.line, 0.4);
  for (const step of timeline.steps) {
    const shown = step.number === 1 || step.number % every === 0 || step === here;
    if (stepWidth >= 4 || shown) tick(axis.x(step.first), shown || stepWidth >= 20 ? bottom - top : 10, ink.line, shown ? 0.55 : 0.4);
    const crowded = step !== here && Math.abs(step.number - here.number) * stepWidth < 18;
    if (shown && !crowded) label(ctx, String(step.number), (axis.x(step.first) + axis.x(step.last + 1)) / 2, bottom - 6, ink, 'center', step === here ? ink.text : ink.muted, step === here ? 700 : 400);
  }
  tick(axis.right, bottom - top, ink.line, 0.55);
  label(ctx, 'supervision', axis.left - 8, top + 6, ink, 'right');
  label(ctx, 'step', axis.left - 8, top + 19, ink, 'right');
  label(ctx, `${here.number} of ${decoded.trace.depth}`, axis.right + 8, bottom - 7, ink, 'left', ink.text, 600);
}

function paintHere(ctx: CanvasRenderingContext2D, axis: FrameAxis, step: Span, ink: Ink): void {
  ctx.fillStyle = ink.focus;
  ctx.globalAlpha = ink.strong ? 0.35 : 0.14;
  const x0 = axis.x(step.first), x1 = axis.x(step.last + 1);
  ctx.fillRect(x0, rows.halting.top - 2, x1 - x0, rows.ruler.bottom - rows.halting.top + 2);
  ctx.beginPath();
  ctx.moveTo(x0, rows.fan.top);
  ctx.lineTo(x1, rows.fan.top);
  ctx.lineTo(axis.right, rows.fan.bottom);
  ctx.lineTo(axis.left, rows.fan.bottom);
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** Paints the overview on a cleared canvas. */
export function paintOverview(ctx: CanvasRenderingContext2D, width: number, scene: OverviewScene): void {
  const axis = overviewAxis(width, scene.timeline.length);
  paintHere(ctx, axis, scene.timeline.stepOf(scene.frame), scene.ink);
  paintBeyond(ctx, axis, scene);
  paintHalting(ctx, axis, scene);
  paintRuler(ctx, axis, scene);
  ctx.fillStyle = scene.ink.focus;
  ctx.globalAlpha = scene.ink.strong ? 0.9 : 0.55;
  const lineWidth = Math.max(2, Math.min(axis.unit, 6));
  ctx.fillRect(axis.middle(scene.frame) - lineWidth / 2, rows.right.top - 3, lineWidth, rows.ruler.bottom - rows.right.top - 10);
  ctx.globalAlpha = 1;
  paintRight(ctx, axis, scene);
}
