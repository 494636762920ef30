/**
 * A frame as a picture for export: heading, where the frame lies, the four boards, and the halting bars, drawn by the same
 * painters as the page. Fixed size, so that all frames of an animation are alike.
 */
import { prepareCanvas } from './canvas';
import { shownFeatures, type DecodedTrace, type FeatureName } from './decode';
import { wordsAt } from './features';
import type { GridPainter } from './grid-painter';
import type { Ink } from './ink';
import { countWords, frameLabel } from './labels';
import { countBoard, featureCells, questionCells, solutionCells, type CellView } from './marks';
import { overviewHeight, paintOverview, rows, type RightCounts } from './overview-paint';
import type { Timeline } from './timeline';

/** Everything a picture needs but the frame. */
export interface PictureScene {
  readonly decoded: DecodedTrace;
  readonly timeline: Timeline;
  readonly right: RightCounts | null;
  readonly painter: GridPainter;
  readonly ink: Ink;
  /** One line: run, checkpoint, puzzle. */
  readonly heading: string;
}

const margin = 24, gap = 20, top = 92;
const large = 320, small = 176;

/** Size of a picture, CSS pixels. */
export function pictureSize(scene: PictureScene): { width: number; height: number } {
  const board = large * scene.painter.rows / scene.painter.cols;
  const width = 2 * (margin + small + gap) + shownFeatures(scene.decoded).length * (large + gap) - gap;
  return { width, height: Math.ceil(top + board + 30 + (overviewHeight - (rows.fan.bottom - rows.fan.top)) + margin) };
}

function text(ctx: CanvasRenderingContext2D, words: string, x: number, y: number, size: number, colour: string, weight: number, font: string): void {
  ctx.font = `${weight} ${size}px ${font}`;
  ctx.fillStyle = colour;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.fillText(words, x, y);
}

/** Paints a frame. `ratio`: device pixels per CSS pixel. */
export function paintPicture(canvas: HTMLCanvasElement, scene: PictureScene, frame: number, ratio: number): CanvasRenderingContext2D {
  const { decoded, timeline, painter, ink } = scene;
  const size = pictureSize(scene);
  const ctx = prepareCanvas(canvas, size.width, size.height, ratio);
  ctx.fillStyle = ink.ground;
  ctx.fillRect(0, 0, size.width, size.height);
  text(ctx, scene.heading, margin, 30, 15, ink.text, 600, ink.font);
  text(ctx, frameLabel(decoded.trace, timeline.at(frame)), margin, 51, 13, ink.muted, 400, ink.font);
  const updated = timeline.at(frame).feature;
  let x = margin;
  const put = (name: string, feature: FeatureName | null, cells: readonly CellView[] | null, boardWidth: number, colour: string, note: string): void => {
    text(ctx, name, x, top - 10, 12, colour, 600, ink.font);
    if (cells) painter.paint(ctx, { x, y: top, width: boardWidth }, cells, ink);
    if (note) text(ctx, note, x, top + boardWidth * painter.rows / painter.cols + 18, 11, ink.muted, 400, ink.font);
    if (feature === updated) {
      ctx.strokeStyle = ink.feature[updated];
      ctx.lineWidth = 3;
      ctx.strokeRect(x - 3, top - 3, boardWidth + 6, boardWidth * painter.rows / painter.cols + 6);
    }
    x += boardWidth + gap;
  };
  put('question', null, questionCells(decoded), small, ink.muted, '');
  for (const feature of shownFeatures(decoded)) {
    const cells = featureCells(decoded, feature, frame);
    const { letter, config, role } = wordsAt(decoded.trace, feature, frame);
    put(`${letter} (${config}) ${role}`, feature, cells, large, ink.feature[feature], countWords(countBoard(cells, decoded.solution !== null)));
  }
  const solution = solutionCells(decoded);
  if (solution) put('solution', null, solution, small, ink.muted, '');
  ctx.save();
  ctx.translate(margin / 2, size.height - overviewHeight + (rows.fan.bottom - rows.fan.top) - margin / 2);
  ctx.beginPath();
  ctx.rect(0, 0, size.width, rows.ruler.bottom);
  ctx.clip();
  paintOverview(ctx, size.width - margin, { decoded, timeline, right: scene.right, frame, ink });
  ctx.restore();
  return ctx;
}
