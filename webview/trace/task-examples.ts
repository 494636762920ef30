/** The examples of an ARC task: what the model was to learn the rule from, each as input and output. */
import { h, setChildren } from '../shared/dom';
import { prepareCanvas } from './canvas';
import type { Trace } from './decode';
import type { Ink } from './ink';
import { paintFace } from './paint-face';

type ArcGrid = NonNullable<Trace['examples']>[number]['input'];

/** Side of the largest cell and of the largest grid, CSS pixels. */
const largestCell = 16, largestGrid = 150;

function paintGrid(canvas: HTMLCanvasElement, grid: ArcGrid, ink: Ink): void {
  const rows = grid.length, cols = grid[0]?.length ?? 0;
  const size = Math.min(largestCell, Math.floor(largestGrid / Math.max(1, rows, cols)));
  const ctx = prepareCanvas(canvas, size * cols, size * rows);
  canvas.style.setProperty('width', `${size * cols}px`);
  canvas.style.setProperty('height', `${size * rows}px`);
  grid.forEach((row, r) => { row.forEach((colour, c) => { paintFace(ctx, { x: c * size, y: r * size, size }, { shape: 'colour', colour }, { colour: ink.text, bold: false, prob: null, ink }); }); });
}

const words = (grid: ArcGrid): string => `${grid.length} by ${grid[0]?.length ?? 0}: ${grid.map(row => row.join(' ')).join(', ')}`;

/** The panel; hidden for traces without examples. */
export class TaskExamples {
  readonly element = h('section', { class: 'examples', 'aria-label': 'Examples of the task', hidden: true });
  private shown: Trace['examples'];
  private canvases: { canvas: HTMLCanvasElement; grid: ArcGrid }[] = [];

  /** Shows a trace's examples. */
  show({ examples }: Trace, ink: Ink): void {
    this.element.hidden = examples === undefined;
    if (examples === undefined) return;
    if (this.shown !== examples) {
      this.shown = examples;
      this.canvases = [];
      setChildren(this.element, h('h3', null, 'Examples of the task'), h('ul', null, ...examples.map(({ input, output }, k) =>
        h('li', null, this.grid(input, `Example ${k + 1}, input`), h('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'), this.grid(output, `Example ${k + 1}, output`)))));
    }
    for (const { canvas, grid } of this.canvases) paintGrid(canvas, grid, ink);
  }

  private grid(grid: ArcGrid, name: string): HTMLCanvasElement {
    const canvas = h('canvas', { role: 'img', 'aria-label': `${name}, ${words(grid)}` });
    this.canvases.push({ canvas, grid });
    return canvas;
  }
}
