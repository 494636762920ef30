/**
 * The overview of a refinement on one canvas, rows above each other on one axis of frames:
 *   halting probability, a bar per supervision step (filled: puzzle right there; outlined: not), with "would halt here";
 *   cells right over frames, y solid and z dashed;
 *   a ruler of nested ticks, supervision step > latent recursion > inner step.
 * The present frame is a line through all of it; below, its supervision step fans out to the strip of single updates.
 */
import { FrameAxis } from './frame-axis';
import type { Ink } from './ink';
import type { HaltingBars, OverviewScene } from './overview-scene';
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

function paintBeyond(ctx: CanvasRenderingContext2D, axis: FrameAxis, { trainedDepth, timeline, ink }: OverviewScene): void {
  const first = timeline.steps.find(step => step.number > trainedDepth);
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

function paintHalting(ctx: CanvasRenderingContext2D, axis: FrameAxis, { bars, timeline, frame, ink }: OverviewScene): void {
  const { top, bottom } = rows.halting;
  const height = bottom - top;
  const here = timeline.stepOf(frame).number;
  const flags = flagsOf(ctx, axis, timeline, bars, ink);
  ctx.strokeStyle = ink.muted;
  ctx.globalAlpha = 0.5;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(axis.left, bottom - height / 2);
  ctx.lineTo(axis.right, bottom - height / 2);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  for (const step of timeline.steps) bars.forEach(({ halting, colour }, k) => {
    const entry = halting.find(({ m }) => m === step.number);
    if (!entry) return;
    const { x, width, room } = barSpan(axis, step, k, bars.length);
    const barHeight = Math.max(1.5, entry.p_halt * height), y = bottom - barHeight;
    ctx.globalAlpha = entry.exact === false ? 0.22 : step.number === here ? 1 : 0.66;
    ctx.fillStyle = colour;
    ctx.fillRect(x, y, width, barHeight);
    ctx.globalAlpha = 1;
    if (entry.exact === false && width > 3) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1;
      ctx.strokeRect(x + 0.5, y + 0.5, width - 1, barHeight - 1);
    }
    if (entry.exact && width >= 9) check(ctx, x + width / 2, bottom - 7, Math.min(4, width / 3), ink.ground);
    const covered = flags.some(({ from, to }) => x + width > from && x < to) && y - 12 < rows.halting.top + 2;
    if (room >= 42 * bars.length && !covered) label(ctx, entry.p_halt.toFixed(2), x + width / 2, y - 6, ink, 'center', step.number === here ? ink.text : ink.muted);
  });
  label(ctx, 'halting', axis.left - 8, top + height / 2 - 6, ink, 'right');
  label(ctx, 'probability', axis.left - 8, top + height / 2 + 7, ink, 'right');
  bars.forEach(({ letter, halting, colour }, k) => {
    const p = halting.find(({ m }) => m === here)?.p_halt;
    const words = p === undefined ? (bars.length > 1 ? `${letter} ended` : '') : `${bars.length > 1 ? `${letter} ` : ''}${p.toFixed(3)}`;
    label(ctx, words, axis.right + 8, top + height / 2 + 14 * (k - (bars.length - 1) / 2), ink, 'left', bars.length > 1 ? colour : ink.text, 600);
  });
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

/** Width of the bar of trace `index` of `count` in the halting row: most of its share of the supervision step, and no wider than reads as a bar. */
function barSpan(axis: FrameAxis, step: Span, index: number, count: number): { x: number; width: number; room: number } {
  const from = axis.x(step.first), room = axis.x(step.last + 1) - from;
  const gap = Math.min(4, room * 0.15);
  const width = Math.max(1, Math.min(room - 2 * gap, 64)) / count;
  return { x: from + gap + index * width, width: count > 1 && width > 3 ? width - 1 : width, room };
}

/** Marks where each trace would halt first; returns what the marks and their words cover. */
function flagsOf(ctx: CanvasRenderingContext2D, axis: FrameAxis, timeline: Timeline, bars: readonly HaltingBars[], ink: Ink): { from: number; to: number }[] {
  const first = bars.map(({ halting }) => firstHalt(halting));
  const together = bars.length > 1 && first[0] === first[1];
  return bars.flatMap(({ letter }, k) => {
    const step = timeline.steps.find(({ number }) => number === first[k]);
    if (!step || (together && k > 0)) return [];
    return [flag(ctx, axis, step, k, bars.length, together ? 'A and B would halt here' : bars.length > 1 ? `${letter} would halt here` : 'would halt here', ink)];
  });
}

function flag(ctx: CanvasRenderingContext2D, axis: FrameAxis, step: Span, index: number, count: number, words: string, ink: Ink): { from: number; to: number } {
  const span = barSpan(axis, step, index, count);
  const x = span.x + span.width / 2, y = rows.halting.top - 3;
  ctx.fillStyle = ink.text;
  ctx.beginPath();
  ctx.moveTo(x - 4.5, y - 6);
  ctx.lineTo(x + 4.5, y - 6);
  ctx.lineTo(x, y + 1);
  ctx.fill();
  ctx.font = `600 10.5px ${ink.font}`;
  const length = ctx.measureText(words).width + 12;
  const fitsRight = index > 0 ? x + length < axis.right : x - length < axis.left || (count === 1 && x + length < axis.right);
  label(ctx, words, x + (fitsRight ? 8 : -8), y - 4, ink, fitsRight ? 'left' : 'right', ink.text, 600);
  return fitsRight ? { from: x - 6, to: x + length } : { from: x - length, to: x + 6 };
}

function paintRight(ctx: CanvasRenderingContext2D, axis: FrameAxis, { lines, asked, frame, ink }: OverviewScene): void {
  const { top, bottom } = rows.right;
  label(ctx, 'cells right', axis.left - 8, (top + bottom) / 2, ink, 'right');
  if (lines.length === 0) {
    label(ctx, 'solution unknown', axis.left + 6, (top + bottom) / 2, ink, 'left');
    return;
  }
  const level = (count: number): number => bottom - (count / asked) * (bottom - top);
  ctx.strokeStyle = ink.line;
  ctx.lineWidth = 1;
  ctx.globalAlpha = ink.strong ? 0.6 : 0.16;
  ctx.beginPath();
  for (const y of [top, bottom]) { ctx.moveTo(axis.left, Math.round(y) + 0.5); ctx.lineTo(axis.right, Math.round(y) + 0.5); }
  ctx.stroke();
  ctx.globalAlpha = 1;
  for (const { counts, colour, solid } of lines.toReversed()) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = solid ? 2 : 1.4;
    ctx.setLineDash(solid ? [] : [4, 2.5]);
    ctx.beginPath();
    for (let f = 0; f < counts.length; f++) {
      const y = level(counts[f]!);
      if (f === 0) ctx.moveTo(axis.x(0), y);
      ctx.lineTo(axis.x(f), y);
      ctx.lineTo(axis.x(f + 1), y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.arc(axis.middle(frame), level(counts[frame]!), 3.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  lines.forEach(({ letter, counts, colour }, k) =>
    label(ctx, `${letter} ${counts[frame]!}/${asked}`, axis.right + 8, (top + bottom) / 2 + 14 * (k - (lines.length - 1) / 2), ink, 'left', colour, 600));
}

function paintRuler(ctx: CanvasRenderingContext2D, axis: FrameAxis, { timeline, frame, ink, depth }: OverviewScene): void {
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
  label(ctx, `${here.number} of ${depth}`, axis.right + 8, bottom - 7, ink, 'left', ink.text, 600);
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
