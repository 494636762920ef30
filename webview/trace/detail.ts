/** One cell in full: what question, large boards and solution say there, with exact probabilities and broken rules; and its history. */
import { h, setChildren, setText } from '../shared/dom';
import { historyHeight, paintHistory } from './cell-history';
import { rangeWords, stretchesOf, stretchWords } from './cell-stretches';
import type { Ink } from './ink';
import { cellPlace, conflictWords, markWords, probability } from './labels';
import type { CellView } from './marks';
import { lineLetter } from './overview-scene';
import { panelLetter, panelTokens, type Panel, type Stage } from './stage';
import { conflictsOf } from './sudoku';
import { tokenWord } from './tokens';

/** What is shown. */
export interface DetailScene {
  readonly stage: Stage;
  readonly cell: number;
  readonly pinned: boolean;
  readonly frame: number;
  /** Cells of each panel of the stage. */
  readonly views: readonly (readonly CellView[])[];
  readonly ink: Ink;
}

/** The two panels about a cell: facts now, and history over all frames. */
export class Detail {
  private readonly heading = h('h3', null, 'Cell');
  private readonly hint = h('p', { class: 'muted hint' }, 'Point at a cell for exact probabilities, rules broken and its history. Click or press Enter to keep it.');
  private readonly list = h('dl', { class: 'facts tabular' });
  private readonly canvas = h('canvas', { class: 'history-bars', role: 'img' });
  private readonly rows = h('tbody');
  private readonly table = h('details', { class: 'history-table' }, h('summary', null, 'As a table'),
    h('table', { class: 'tabular' }, h('thead', null, h('tr', null, ...['board', 'frames', 'token', 'p'].map(name => h('th', { scope: 'col' }, name)))), this.rows));
  /** Whose history is said, and is in the table. */
  private said: Pick<DetailScene, 'stage' | 'cell'> | null = null;
  /** Facts at the present frame. */
  readonly facts = h('section', { class: 'detail', 'aria-label': 'Cell' }, this.heading, this.hint, this.list);
  /** Probability over all frames. */
  readonly history = h('section', { class: 'detail', 'aria-label': 'Cell over the refinement' },
    h('h3', null, 'This cell over the refinement'), this.canvas, h('p', { class: 'muted' }, 'Height: probability. Full: right. Pale, capped: wrong.'), this.table);

  constructor() {
    this.table.addEventListener('toggle', () => this.fillTable());
  }

  /** Shows a cell, or how to choose one. */
  show(scene: DetailScene | null): void {
    this.hint.hidden = scene !== null;
    this.history.hidden = this.list.hidden = scene === null;
    if (!scene) { setText(this.heading, 'Cell'); return; }
    const { stage, cell } = scene;
    const { trace, question, solution } = stage.lead.decoded;
    const place = cellPlace(cell, trace.cols);
    setText(this.heading, `${place.charAt(0).toUpperCase()}${place.slice(1)}${scene.pinned ? ' (kept)' : ''}`);
    setChildren(this.list,
      ...fact('question', 'question', tokenWord(trace.kind, question[cell]!)),
      ...stage.panels.flatMap((panel, k) => panelFact(scene, panel, scene.views[k]![cell]!)),
      ...(solution ? fact('solution', 'solution', tokenWord(trace.kind, solution[cell]!)) : []));
    this.canvas.style.setProperty('height', `${historyHeight}px`);
    const width = this.canvas.clientWidth;
    if (width > 0) paintHistory(this.canvas, width, stage, cell, scene.frame, scene.ink);
    if (this.said?.stage === stage && this.said.cell === cell) return;
    this.said = { stage, cell };
    const said = stage.panels.map(panel => `${lineLetter(panel)}: ${stretchWords(trace.kind, stretchesOf(panel, stage, cell))}.`);
    this.canvas.setAttribute('aria-label', `Probability of the token shown in ${place} over ${stage.lead.timeline.length} frames. ${said.join(' ')}`);
    this.fillTable();
  }

  /** A row for every stretch of frames in which the token stays the same. */
  private fillTable(): void {
    if (!this.table.open || !this.said) return;
    const { stage, cell } = this.said;
    const { kind } = stage.lead.decoded.trace;
    setChildren(this.rows, ...stage.panels.flatMap(panel => stretchesOf(panel, stage, cell).map(stretch => {
      const { first, last, token, right } = stretch;
      const word = tokenWord(kind, token);
      const cells = [first === last ? `${first + 1}` : `${first + 1}–${last + 1}`, right === null ? word : `${word}, ${right ? 'right' : 'wrong'}`, rangeWords(stretch)];
      return h('tr', null, h('th', { scope: 'row' }, lineLetter(panel)), ...cells.map(text => h('td', null, text)));
    })));
  }
}

function panelFact({ cell, frame }: DetailScene, panel: Panel, view: CellView): Node[] {
  const { kind, cols } = panel.source.decoded.trace;
  const word = tokenWord(kind, view.token);
  return fact(panel.slot, panelLetter(panel, frame), `${word}  p ${probability(view.prob ?? 0)}`, markWords[view.mark], view.conflict ? conflictWords(word, conflictsOf(cell, panelTokens(panel, frame), cols)) : '');
}

function fact(id: string, name: string, value: string, mark = '', more = ''): Node[] {
  const sign = mark ? h('span', { class: `mark-word mark-${mark.replace(' ', '-')}` }, mark) : null;
  return [h('dt', { class: `fact-${id}` }, name), h('dd', null, value, ' ', sign, more ? h('div', { class: 'broken' }, more) : null)];
}
