/** The legend: every mark drawn by the same code as on the boards, with its name. */
import { arcPalette } from '../../src/protocol/arc-palette';
import { h } from '../shared/dom';
import { prepareCanvas } from './canvas';
import type { Agreement } from './difference';
import type { Ink } from './ink';
import type { CellView, Mark } from './marks';
import { paintCell } from './paint-cell';
import { paintSplit } from './paint-difference';
import { paintFace } from './paint-face';
import type { Kind } from './tokens';

const size = 22;

function sample(mark: Mark, prob: number | null, conflict = false): CellView {
  return { token: 0, prob, mark, given: mark === 'given', changed: false, conflict };
}

/** `when`: which boards show it - those of which the solution is known, or not; `kind`: those of one kind of puzzle. */
const entries: readonly { view: CellView; digit: string; words: string; when?: 'known' | 'unknown'; kind?: Kind }[] = [
  { view: sample('given', null), digit: '5', words: 'given' },
  { view: sample('right', 0.9), digit: '5', words: 'right', when: 'known' },
  { view: sample('newly-right', 0.8), digit: '5', words: 'newly right', when: 'known' },
  { view: sample('still-wrong', 0.5), digit: '5', words: 'wrong', when: 'known' },
  { view: sample('newly-wrong', 0.6), digit: '5', words: 'newly wrong', when: 'known' },
  { view: sample('changed', 0.6), digit: '5', words: 'changed', when: 'unknown' },
  { view: sample('plain', 0.4, true), digit: '5', words: 'breaks a rule', kind: 'sudoku' },
  { view: sample('plain', 0.35), digit: '', words: 'probability of the token' },
];

/** What cells of the difference of two traces look like. */
const differences: readonly { agreement: Agreement; words: string; known: boolean }[] = [
  { agreement: 'first-right', words: 'A is right', known: true }, { agreement: 'second-right', words: 'B is right', known: true },
  { agreement: 'both-wrong', words: 'differ, both wrong', known: true }, { agreement: 'differ', words: 'they differ', known: false },
];

const swatch = 16;

/** The legend; `show` redraws its samples in the theme's ink, leaving out what a trace cannot have. */
export class Legend {
  private readonly canvases = entries.map(() => h('canvas', { 'aria-hidden': 'true' }));
  private readonly items = entries.map((entry, k) => h('li', null, this.canvases[k], entry.words));
  private readonly differenceCanvases = differences.map(() => h('canvas', { 'aria-hidden': 'true' }));
  private readonly differenceItems = differences.map(({ words }, k) => h('li', null, this.differenceCanvases[k], words));
  private readonly palette = h('canvas', { role: 'img', 'aria-label': 'The ten colours of ARC with their numbers' });
  private readonly arc = [h('li', null, this.palette, 'colours'), h('li', null, 'outlined: the part that counts as the answer')];
  readonly element = h('section', { class: 'mark-legend', 'aria-label': 'Legend' }, h('ul', null, ...this.items, ...this.differenceItems, ...this.arc), h('span', { class: 'muted' }, 'new = against the frame before'));

  /** Draws the samples. `known`: the solution is known; `compared`: two traces are shown. */
  show({ kind, known, compared }: { kind: Kind; known: boolean; compared: boolean }, ink: Ink): void {
    differences.forEach(({ agreement, known: when }, k) => {
      this.differenceItems[k]!.hidden = !compared || when !== known;
      const ctx = prepareCanvas(this.differenceCanvases[k]!, size, size);
      paintSplit(ctx, { x: 0.5, y: 0.5, size: size - 1 }, { agreement }, (upper, inside, colour) => paintFace(ctx, inside, { shape: 'text', text: upper ? '5' : '7' }, { colour, bold: true, prob: null, ink }), ink);
    });
    entries.forEach(({ view, digit, when, kind: only }, k) => {
      this.items[k]!.hidden = (when !== undefined && (when === 'known') !== known) || (only !== undefined && only !== kind);
      const ctx = prepareCanvas(this.canvases[k]!, size, size);
      paintCell(ctx, { x: 0.5, y: 0.5, size: size - 1 }, view, { shape: 'text', text: digit }, ink);
      ctx.strokeStyle = ink.line;
      ctx.globalAlpha = ink.strong ? 1 : 0.25;
      ctx.lineWidth = 1;
      ctx.strokeRect(0.5, 0.5, size - 1, size - 1);
      ctx.globalAlpha = 1;
    });
    for (const item of this.arc) item.hidden = kind !== 'arc';
    if (kind !== 'arc') return;
    const ctx = prepareCanvas(this.palette, swatch * arcPalette.length, swatch);
    this.palette.style.setProperty('width', `${swatch * arcPalette.length}px`);
    this.palette.style.setProperty('height', `${swatch}px`);
    arcPalette.forEach((_, colour) => paintFace(ctx, { x: colour * swatch, y: 0, size: swatch }, { shape: 'colour', colour }, { colour: ink.text, bold: false, prob: null, ink }));
  }
}
