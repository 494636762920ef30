/**
 * The legend of a chart: a swatch with the line's colour, dash and point shape, its name, and its value at the crosshair or, without one, the
 * latest. Entries are kept while their keys stay the same, so that streaming values only changes text.
 */
import { h, setChildren, setText, svg } from '../shared/dom';
import type { LineStyle } from './style';

/** One entry. */
export interface LegendItem {
  readonly key: string;
  readonly label: string;
  readonly title?: string;
  readonly style: LineStyle;
  /** Drawn as a line, a line with points, a filled bar or an outlined one. */
  readonly mark: 'line' | 'points' | 'bar' | 'outline';
  readonly value: string;
  readonly shown: boolean;
  /** Left out: the entry is not a button. */
  readonly toggle?: (() => void) | undefined;
}

interface Entry { readonly element: HTMLElement; readonly value: HTMLElement; toggle: (() => void) | undefined }

/** See the file's head. */
export class Legend {
  readonly element = h('div', { class: 'legend', role: 'list' });
  #compact = false;
  #signature = '';
  #entries = new Map<string, Entry>();

  /** In a narrow page, leave out the names (they stay for screen readers and on hover). */
  set compact(compact: boolean) {
    if (compact === this.#compact) return;
    this.#compact = compact;
    this.element.classList.toggle('compact', compact);
  }

  /** Shows these entries. */
  show(items: readonly LegendItem[]): void {
    const signature = items.map(i => [i.key, i.label, i.style.color, i.style.dash.join(' '), i.mark, i.shown, i.toggle !== undefined].join('\u0001')).join('\u0002');
    if (signature !== this.#signature) {
      this.#signature = signature;
      const focused = [...this.#entries].find(([, entry]) => entry.element.contains(document.activeElement))?.[0];
      this.#entries = new Map(items.map(item => [item.key, build(item)]));
      setChildren(this.element, ...[...this.#entries.values()].map(entry => entry.element));
      if (focused !== undefined) this.#entries.get(focused)?.element.querySelector('button')?.focus();
    }
    for (const item of items) {
      const entry = this.#entries.get(item.key);
      if (entry === undefined) continue;
      entry.toggle = item.toggle;
      setText(entry.value, item.value);
    }
  }

  /** Changes only the values, in the order of the entries shown last. */
  values(texts: readonly string[]): void {
    let i = 0;
    for (const entry of this.#entries.values()) {
      setText(entry.value, texts[i] ?? '');
      i += 1;
    }
  }
}

function build(item: LegendItem): Entry {
  const value = h('span', { class: 'legend-value tabular' });
  const content = [swatch(item.style, item.mark), h('span', { class: 'legend-label' }, item.label), value];
  const entry: Entry = { element: h('div', { role: 'listitem', class: item.shown ? 'legend-item' : 'legend-item off' }), value, toggle: item.toggle };
  const title = item.title ?? item.label;
  entry.element.append(item.toggle === undefined
    ? h('span', { class: 'legend-entry', title }, ...content)
    : h('button', { type: 'button', class: 'legend-entry', title: `${title}: press to ${item.shown ? 'hide' : 'show'}`, 'aria-pressed': String(item.shown), on: { click: () => entry.toggle?.() } }, ...content));
  return entry;
}

/** A small picture of a line's look. */
export function swatch(style: LineStyle, mark: LegendItem['mark'] = 'line'): SVGSVGElement {
  const box = svg('svg', { class: 'swatch', viewBox: '0 0 22 10', width: 22, height: 10, 'aria-hidden': 'true' });
  if (mark === 'bar' || mark === 'outline') {
    box.append(svg('rect', { x: 5.5, y: 0.5, width: 11, height: 9, fill: mark === 'bar' ? style.color : 'none', stroke: style.color }));
    return box;
  }
  box.append(svg('line', { x1: 0, x2: 22, y1: 5, y2: 5, stroke: style.color, 'stroke-width': 2, 'stroke-dasharray': style.dash.length > 0 ? style.dash.join(' ') : null }));
  if (mark === 'points') box.append(shape(style));
  return box;
}

function shape({ shape: name, color }: LineStyle): SVGElement {
  const look = { fill: color, stroke: color, 'stroke-width': 1.5 };
  switch (name) {
    case 'circle': return svg('circle', { cx: 11, cy: 5, r: 3, ...look });
    case 'rect': return svg('rect', { x: 8, y: 2, width: 6, height: 6, ...look });
    case 'triangle': return svg('path', { d: 'M11 1.5 14.5 8H7.5Z', ...look });
    case 'rectRot': return svg('path', { d: 'M11 1 15 5 11 9 7 5Z', ...look });
    case 'cross': return svg('path', { d: 'M11 1V9M7 5H15', ...look });
    case 'crossRot': return svg('path', { d: 'M8 2 14 8M14 2 8 8', ...look });
    case 'star': return svg('path', { d: 'M11 1V9M7 5H15M8 2 14 8M14 2 8 8', ...look });
  }
}
