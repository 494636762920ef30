/**
 * One board on the page: a canvas that shows it (the same painter as in exports) under a transparent grid of cells that
 * can be focused, pointed at and read aloud. Arrow keys move among the cells; hovering or focusing one tells the page.
 */
import { h, setText } from '../shared/dom';
import type { BoardContent } from './board-content';
import { prepareCanvas } from './canvas';
import type { Ink } from './ink';

/** Every board of the page. */
export type BoardId = 'question' | 'y' | 'z' | 'first' | 'second' | 'difference' | 'solution';

/** What heads a board. */
export interface BoardTitle { readonly id: BoardId; readonly name: string; readonly note: string; readonly description: string }

/** What a board tells the page. `cell` null: nothing is pointed at any more. */
export interface BoardEvents { point(cell: number | null): void; pin(cell: number): void }

/** A board and its heading. */
export class Board {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly grid: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly heading = h('span');
  private readonly note = h('span', { class: 'note' });
  private readonly badge = h('span', { class: 'badge', hidden: true, title: 'This frame updates this feature' }, 'updated');
  private readonly tally = h('span', { class: 'tally tabular' });
  private cellElements: HTMLElement[] = [];
  private shown: { content: BoardContent; ink: Ink } | null = null;
  private marked: HTMLElement[] = [];
  private active = 0;

  constructor(title: BoardTitle, private readonly events: BoardEvents) {
    this.grid = h('div', { class: 'cells', role: 'grid' });
    this.stage = h('div', { class: 'stage' }, this.canvas, this.grid);
    this.element = h('section', { class: `board board-${title.id}`, 'data-board': title.id },
      h('header', null, h('h2', null, this.heading, this.note), this.badge, this.tally), this.stage);
    this.rename(title);
    this.grid.addEventListener('keydown', event => this.onKey(event));
    this.grid.addEventListener('pointerleave', () => events.point(null));
    new ResizeObserver(() => this.paint()).observe(this.stage);
  }

  /** Makes the cells for a shape of board; only when that changes. */
  private build({ rows, cols }: BoardContent): void {
    if (this.shown && this.shown.content.rows === rows && this.shown.content.cols === cols) return;
    this.stage.style.setProperty('aspect-ratio', `${cols} / ${rows}`);
    this.active = 0;
    this.cellElements = Array.from({ length: rows * cols }, (_, cell) => h('div', {
      class: 'cell', role: 'gridcell', tabindex: cell === 0 ? '0' : '-1',
      on: {
        pointerenter: () => this.onPoint(cell),
        focus: () => { this.activate(cell); this.onPoint(cell); },
        blur: () => this.events.point(null),
        click: () => { this.cellElements[cell]?.focus(); this.events.pin(cell); },
      },
    }));
    this.grid.replaceChildren(...Array.from({ length: rows }, (_, r) => {
      const row = h('div', { class: 'row', role: 'row' }, ...this.cellElements.slice(r * cols, (r + 1) * cols));
      row.style.setProperty('grid-template-columns', `repeat(${cols}, 1fr)`);
      return row;
    }));
  }

  /** Shows cells. `tally` is the short count in the heading; `updated` marks the feature this frame has changed. */
  show(content: BoardContent, ink: Ink, tally = '', updated = false): void {
    this.build(content);
    this.shown = { content, ink };
    this.element.hidden = false;
    this.element.classList.toggle('updated', updated);
    this.badge.hidden = !updated;
    setText(this.tally, tally);
    content.cells.forEach(({ label, mark, token }, cell) => {
      const element = this.cellElements[cell]!;
      if (element.getAttribute('aria-label') !== label) element.setAttribute('aria-label', label);
      if (element.hasAttribute('title')) element.title = label;
      element.dataset['mark'] = mark;
      element.dataset['token'] = String(token);
    });
    this.paint();
  }

  /** Gives the board other names. */
  rename({ name, note, description }: Omit<BoardTitle, 'id'>): void {
    setText(this.heading, name);
    setText(this.note, note);
    this.note.title = note;
    if (this.grid.getAttribute('aria-label') !== description) this.grid.setAttribute('aria-label', description);
  }

  /** No board to show. */
  hide(): void {
    this.element.hidden = true;
  }

  /** Marks one cell (pointed at or pinned on any board) and the cells it conflicts with; the pinned one is the selected cell of the grid. */
  mark(cell: number | null, rivals: readonly number[], pinned: number | null): void {
    this.grid.querySelector('[aria-selected]')?.removeAttribute('aria-selected');
    if (pinned !== null) this.cellElements[pinned]?.setAttribute('aria-selected', 'true');
    for (const element of this.marked) element.classList.remove('marked', 'rival');
    const find = (at: number): HTMLElement[] => this.cellElements.slice(at, at + 1);
    const own = cell === null ? [] : find(cell), others = rivals.flatMap(find);
    for (const element of own) element.classList.add('marked');
    for (const element of others) element.classList.add('rival');
    this.marked = [...own, ...others];
  }

  private paint(): void {
    const width = this.stage.clientWidth;
    if (!this.shown || width === 0) return;
    const { content, ink } = this.shown;
    const ctx = prepareCanvas(this.canvas, width, width * content.rows / content.cols);
    content.paint(ctx, { x: 1, y: 1, width: width - 2 }, ink);
  }

  private onPoint(cell: number): void {
    const element = this.cellElements[cell];
    if (element) element.title = element.getAttribute('aria-label') ?? '';
    this.events.point(cell);
  }

  private activate(cell: number): void {
    this.cellElements[this.active]?.setAttribute('tabindex', '-1');
    this.active = cell;
    this.cellElements[cell]?.setAttribute('tabindex', '0');
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.shown || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { rows, cols } = this.shown.content;
    const r = Math.floor(this.active / cols), c = this.active % cols;
    const targets: Record<string, [number, number]> = {
      ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], Home: [r, 0], End: [r, cols - 1],
    };
    const target = targets[event.key];
    if (target) {
      event.preventDefault();
      event.stopPropagation();
      const [tr, tc] = target;
      if (tr >= 0 && tr < rows && tc >= 0 && tc < cols) this.cellElements[tr * cols + tc]?.focus();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.events.pin(this.active);
    }
  }
}
