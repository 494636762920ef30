/**
 * A frame as a picture for export: heading, where the frame lies, the boards, and the halting bars, drawn by the same
 * painters as the page. Fixed size, so that all frames of an animation are alike.
 */
import { boardContent, type BoardContent } from './board-content';
import { prepareCanvas } from './canvas';
import { countDifference, differenceCells, differenceWords } from './difference';
import type { Ink } from './ink';
import { countWords, frameLabel } from './labels';
import { countBoard } from './marks';
import { overviewHeight, paintOverview, rows } from './overview-paint';
import { overviewScene } from './overview-scene';
import { differenceContent } from './paint-difference';
import { isUpdated, panelCells, panelColour, panelLetter, panelNote, type Stage } from './stage';

/** Everything a picture needs but the frame. */
export interface PictureScene {
  readonly stage: Stage;
  readonly ink: Ink;
  /** One line: run, checkpoint, puzzle. */
  readonly heading: string;
}

const margin = 24, gap = 20, top = 92;
const large = 320, small = 176;

/** Size of a picture, CSS pixels. */
export function pictureSize(scene: PictureScene): { width: number; height: number } {
  const { lead, panels, compared } = scene.stage;
  const { rows: down, cols } = lead.decoded.trace;
  const board = large * down / cols;
  const width = 2 * (margin + small + gap) + (panels.length + (compared ? 1 : 0)) * (large + gap) - gap;
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
  const { stage, ink } = scene;
  const { lead, panels, compared } = stage;
  const size = pictureSize(scene);
  const ctx = prepareCanvas(canvas, size.width, size.height, ratio);
  ctx.fillStyle = ink.ground;
  ctx.fillRect(0, 0, size.width, size.height);
  text(ctx, scene.heading, margin, 30, 15, ink.text, 600, ink.font);
  text(ctx, frameLabel(lead.decoded.trace, lead.timeline.at(frame)), margin, 51, 13, ink.muted, 400, ink.font);
  let x = margin;
  const put = (name: string, content: BoardContent, boardWidth: number, colour: string, { note = '', updated = false } = {}): void => {
    const height = boardWidth * content.rows / content.cols;
    text(ctx, name, x, top - 10, 12, colour, 600, ink.font);
    content.paint(ctx, { x, y: top, width: boardWidth }, ink);
    if (note) text(ctx, note, x, top + height + 18, 11, ink.muted, 400, ink.font);
    if (updated) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 3;
      ctx.strokeRect(x - 3, top - 3, boardWidth + 6, height + 6);
    }
    x += boardWidth + gap;
  };
  put('question', boardContent(lead, lead.question), small, ink.muted);
  for (const panel of panels) {
    const cells = panelCells(panel, frame);
    const note = countWords(countBoard(cells, panel.source.decoded.solution !== null));
    put(`${panelLetter(panel, frame)} ${panelNote(panel, stage, frame)}`, boardContent(panel.source, cells), large, panelColour(panel, ink), { note, updated: isUpdated(panel, stage, frame) });
  }
  if (compared) {
    const difference = differenceCells(stage, frame);
    put('difference', differenceContent(lead, difference), large, ink.text, { note: differenceWords(countDifference(difference)) });
  }
  if (lead.solution) put('solution', boardContent(lead, lead.solution), small, ink.muted);
  ctx.save();
  ctx.translate(margin / 2, size.height - overviewHeight + (rows.fan.bottom - rows.fan.top) - margin / 2);
  ctx.beginPath();
  ctx.rect(0, 0, size.width, rows.ruler.bottom);
  ctx.clip();
  paintOverview(ctx, size.width - margin, overviewScene(stage, frame, ink));
  ctx.restore();
  return ctx;
}
