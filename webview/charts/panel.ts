/**
 * The frame around every chart: heading, unit, buttons, legend, canvas, crosshair, and what a reader who does not see the canvas
 * gets instead: a name, a summary in words, arrow keys that read values out, and a table. The chart inside only has to
 * answer questions (`PanelContent`); it need not know how they are asked.
 */
import { announce, h, iconButton, setChildren, setText, uniqueId } from '../shared/dom';
import { spaced } from '../shared/spaced';
import type { ExportKind } from './export';
import { Legend } from './legend';
import { menuButton } from './menu';

/** A table for reading; `note` says what was left out. */
export interface TableData { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly note: string }

/** What a panel asks of its chart. */
export interface PanelContent {
  /** The chart in a few sentences: what, over which range, last and extreme values, points drawn. */
  summary(): string;
  table(): TableData;
  save(kind: ExportKind): void;
  /** Moves the crosshair by one stop (or ten) left or right, to an end, or pans or zooms; returns what to read out. */
  key(action: KeyAction): string;
}

/** What keys do on a chart. */
export type KeyAction = 'left' | 'right' | 'farLeft' | 'farRight' | 'first' | 'last' | 'panLeft' | 'panRight' | 'zoomIn' | 'zoomOut' | 'reset';

const keys: Readonly<Record<string, KeyAction>> = {
  ArrowLeft: 'left', ArrowRight: 'right', 'Shift ArrowLeft': 'panLeft', 'Shift ArrowRight': 'panRight', PageDown: 'farLeft', PageUp: 'farRight', Home: 'first', End: 'last', '+': 'zoomIn', '=': 'zoomIn', '-': 'zoomOut', Escape: 'reset', 0: 'reset',
};

/** Milliseconds between two drawings of a table, at least. */
const tablePauseMs = 2_000;

/** Heading of a panel. */
export interface PanelHeading {
  readonly id: string;
  readonly title: string;
  readonly unit?: string;
  /** What the quantity means, one sentence; shown on hover and read with the name. */
  readonly hint: string;
}

/** One of several things a chart can show, chosen with a press. */
export interface Choice { readonly key: string; readonly label: string; readonly chosen: boolean; pick(): void }

/** See the file's head. */
export class ChartPanel {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** The area with the canvas; receives keys and pointer. */
  readonly plot: HTMLElement;
  readonly legend = new Legend();
  /** Below the plot. */
  readonly foot = h('div', { class: 'chart-foot' });
  readonly #summary: HTMLElement;
  readonly #choices = h('div', { class: 'choices', role: 'group', hidden: true });
  readonly #line = h('div', { class: 'crosshair', hidden: true });
  readonly #pill = h('div', { class: 'crosshair-pill tabular', hidden: true });
  readonly #empty = h('p', { class: 'chart-empty muted' });
  readonly #table = h('div', { class: 'chart-table', hidden: true, tabindex: 0 });
  readonly #tableButton: HTMLButtonElement;
  readonly #title: HTMLElement;
  readonly #unit = h('span', { class: 'unit muted' });
  readonly #content: () => PanelContent;
  #choiceSignature = '';
  /** Brings an open table up to date, but not while the reader is in it. */
  readonly #drawTableSoon = spaced(() => { if (!this.#table.hidden && !this.#table.contains(document.activeElement)) this.#drawTable(); }, tablePauseMs);

  /** @param zooms whether the chart's axis can be zoomed and panned. */
  constructor(heading: PanelHeading, content: () => PanelContent, zooms = true) {
    this.#content = content;
    const titleId = uniqueId('chart-title');
    const summaryId = uniqueId('chart-summary');
    this.#title = h('span', { class: 'chart-title', title: heading.hint }, heading.title);
    setText(this.#unit, heading.unit ?? '');
    this.#summary = h('p', { class: 'visually-hidden chart-summary', id: summaryId });
    this.canvas = h('canvas', { role: 'img', 'aria-label': `${heading.title}. ${heading.hint}` });
    this.plot = h('div', {
      class: 'plot', tabindex: 0, role: 'application', 'aria-roledescription': 'chart',
      'aria-label': `${heading.title}. ${heading.hint} Arrow keys read values,${zooms ? ' with Shift they pan, plus and minus zoom,' : ''} Escape resets.`, 'aria-describedby': summaryId,
    }, this.canvas, this.#line, this.#pill, this.#empty);
    this.#tableButton = iconButton('table', `${heading.title}: show as a table`, () => this.#toggleTable(), { 'aria-pressed': 'false', 'aria-expanded': 'false' });
    this.element = h('section', { class: 'chart', 'aria-labelledby': titleId, 'data-chart': heading.id },
      h('header', { class: 'chart-head' },
        h('h2', { id: titleId }, this.#title, ' ', this.#unit),
        h('div', { class: 'chart-actions' }, this.#tableButton, menuButton('desktop-download', `${heading.title}: export`, [
          { icon: 'file-media', label: 'PNG picture', pick: () => this.#content().save('png') },
          { icon: 'file-code', label: 'SVG picture', pick: () => this.#content().save('svg') },
          { icon: 'table', label: 'CSV table', pick: () => this.#content().save('csv') },
        ])), this.#choices),
      this.legend.element, this.plot, this.foot, this.#summary);
    this.foot.append(this.#table);
    this.#table.addEventListener('focusout', () => this.#drawTableSoon());
    this.plot.addEventListener('keydown', event => {
      const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.shiftKey && event.key.startsWith('Arrow') ? `Shift ${event.key}` : event.key];
      if (action === undefined) return;
      event.preventDefault();
      announce(this.#content().key(action));
    });
    for (const moved of ['focus', 'blur']) this.plot.addEventListener(moved, () => setText(this.#summary, this.#content().summary()));
  }

  /** Changes the unit beside the title. */
  set unit(text: string) {
    setText(this.#unit, text);
  }

  /** Shows what else this chart can show; an empty list hides it. */
  set choices(choices: readonly Choice[]) {
    const signature = choices.map(c => `${c.key}${c.chosen ? '*' : ''}`).join(' ');
    if (signature === this.#choiceSignature) return;
    this.#choiceSignature = signature;
    const focused = this.#choices.contains(document.activeElement);
    this.#choices.hidden = choices.length === 0;
    setChildren(this.#choices, ...choices.map(choice => h('button', { type: 'button', class: 'choice', 'aria-pressed': String(choice.chosen), on: { click: () => choice.pick() } }, choice.label)));
    if (focused) this.#choices.querySelector<HTMLButtonElement>('[aria-pressed="true"]')?.focus();
  }

  /** Says why there is nothing to see; an empty text shows the chart. */
  set emptyText(text: string) {
    setText(this.#empty, text);
    this.#empty.hidden = text === '';
    this.canvas.classList.toggle('blank', text !== '');
  }

  /** Whether the pointer's or the keys' crosshair is drawn, in pixels of the plot. `label` is shown at its foot. */
  crosshair(at: { x: number; top: number; bottom: number; width: number; label: string } | null): void {
    this.#line.hidden = at === null;
    this.#pill.hidden = at === null || at.label === '';
    if (at === null) return;
    this.#line.style.transform = `translateX(${Math.round(at.x)}px)`;
    this.#line.style.top = `${at.top}px`;
    this.#line.style.height = `${at.bottom - at.top}px`;
    if (at.label === '') return;
    setText(this.#pill, at.label);
    const hang = at.x < at.width * 0.25 ? '-12px' : at.x > at.width * 0.75 ? 'calc(12px - 100%)' : '-50%'; // inside the plot without being measured
    this.#pill.style.transform = `translate(calc(${Math.round(at.x)}px + ${hang}), ${Math.round(at.bottom + 2)}px)`;
  }

  /** To be called after the chart was drawn: keeps the table (at most once in two seconds) and the summary up to date. */
  drawn(): void {
    this.#drawTableSoon();
    if (document.activeElement === this.plot) return; // do not change what is being read
    setText(this.#summary, this.#content().summary());
  }

  #toggleTable(): void {
    this.#table.hidden = !this.#table.hidden;
    this.#tableButton.setAttribute('aria-pressed', String(!this.#table.hidden));
    this.#tableButton.setAttribute('aria-expanded', String(!this.#table.hidden));
    if (!this.#table.hidden) this.#drawTable();
  }

  #drawTable(): void {
    const { columns, rows, note } = this.#content().table();
    setChildren(this.#table,
      h('p', { class: 'muted' }, `${this.#content().summary()} ${note}`),
      h('table', null,
        h('caption', { class: 'visually-hidden' }, this.#title.textContent),
        h('thead', null, h('tr', null, ...columns.map(name => h('th', { scope: 'col' }, name)))),
        h('tbody', null, ...rows.map(row => h('tr', null, ...row.map(cell => h('td', null, cell)))))));
  }
}
