/**
 * The tensors of a file as a table that can be sorted, filtered and walked through with the arrow keys. Norm, mean, smallest and largest
 * value fill in as they are computed; a row that is seen asks for them, an order by them asks for those of all rows.
 */
import type { TensorRow, TensorStatistics } from '../../src/protocol/checkpoint';
import { announce, h, icon, setChildren, setText } from '../shared/dom';
import { formatBytes, formatCount, formatNumber } from '../shared/format';
import type { Computed } from './statistics-queue';
import { orderWords, pendingCount, sortRows } from './tensor-order';

/** A tensor's state, for one cell. */
type State = Computed<TensorStatistics>;
interface Column { readonly name: string; readonly title: string; readonly number: boolean; readonly isComputed?: true; readonly value: (row: TensorRow, state: State) => string | number; readonly text: (row: TensorRow, state: State) => string }

const measured = (key: 'norm' | 'mean' | 'min' | 'max', title: string): Column => ({
  name: key, title, number: true, isComputed: true,
  value: (_, state) => (state.kind === 'done' && state.statistics.finite > 0 ? state.statistics[key] : NaN),
  text: (_, state) => (state.kind === 'done' && state.statistics.finite > 0 ? formatNumber(state.statistics[key]) : state.kind === 'none' || state.kind === 'done' ? '' : '…'),
});
const columns: readonly Column[] = [
  { name: 'name', title: 'Name of the tensor', number: false, value: row => row.name, text: row => row.name },
  { name: 'shape', title: 'Size of each dimension', number: false, value: row => row.shape.length, text: ({ shape }) => (shape.length === 0 ? 'scalar' : shape.join(' × ')) },
  { name: 'dtype', title: 'Number format', number: false, value: row => row.dtype, text: row => row.dtype },
  { name: 'values', title: 'How many numbers it holds', number: true, value: row => row.size, text: row => formatCount(row.size) },
  { name: 'bytes', title: 'Bytes in the file', number: true, value: row => row.bytes, text: row => formatBytes(row.bytes) },
  measured('norm', 'Euclidean norm'), measured('mean', 'Mean of the values'), measured('min', 'Smallest value'), measured('max', 'Largest value'),
];

/** Milliseconds between two new orders while values come in. */
const reorderEvery = 500;

/** What the table tells. `wantAll`: the values of all rows are needed. */
export interface TableEvents {
  see(row: number, visible: boolean): void;
  wantAll(): void;
  select(row: number): void;
}

/** The table of one file. */
export class TensorTable {
  private readonly rows: HTMLTableRowElement[];
  private readonly body = h('tbody');
  private readonly headers = columns.map((column, at) => h('th', { scope: 'col', class: column.number ? 'number' : '' },
    h('button', { type: 'button', class: 'sort', title: `${column.title}; press to sort`, on: { click: () => this.sortBy(at) } }, column.name, h('span', { class: 'order', 'aria-hidden': 'true' }))));
  private sort: { column: number; descending: boolean } | null = null;
  private filter = '';
  private selected: number | null = null;
  private reorder: ReturnType<typeof setTimeout> | undefined;
  private readonly eyes: IntersectionObserver;
  private readonly note = h('p', { class: 'muted order-note', hidden: true });
  readonly element: HTMLElement;

  /** @param large size above which a tensor is only read when it is selected, in words */
  constructor(private readonly tensors: readonly TensorRow[], private readonly state: (row: number) => State, private readonly events: TableEvents, private readonly large: string) {
    this.element = h('div', null, this.note, h('div', { class: 'table-frame' }, h('table', { class: 'tensors tabular', role: 'grid', 'aria-label': 'Tensors', on: { keydown: event => this.key(event as KeyboardEvent) } }, h('thead', null, h('tr', null, ...this.headers)), this.body)));
    this.eyes = new IntersectionObserver(seen => {
      for (const { target, isIntersecting } of seen) events.see(this.rows.indexOf(target as HTMLTableRowElement), isIntersecting);
    });
    this.rows = tensors.map((row, at) => h('tr', { tabindex: -1, 'aria-selected': 'false', on: { click: () => this.select(at) } },
      ...columns.map((column, c) => h(c === 0 ? 'th' : 'td', { class: column.number ? 'number' : '', ...(c === 0 ? { scope: 'row', title: row.name } : {}) }, column.text(row, state(at))))));
    for (const row of this.rows) this.eyes.observe(row);
    this.draw();
  }

  /** A tensor's statistics changed. */
  update(at: number): void {
    const state = this.state(at);
    const row = this.rows[at]!;
    row.classList.toggle('failed', state.kind === 'failed');
    columns.forEach((column, c) => {
      const cell = row.cells[c]!;
      if (state.kind === 'working' && column.name === 'norm' && state.share > 0) setText(cell, `${Math.floor(state.share * 100)} %`);
      else setText(cell, column.text(this.tensors[at]!, state));
    });
    if (this.computedColumn && state.kind !== 'working') this.reorder ??= setTimeout(() => this.orderAgain(), reorderEvery);
  }

  /** Shows only tensors whose name has this in it. Returns how many. */
  show(filter: string): number {
    this.filter = filter.trim().toLowerCase();
    return this.draw().length;
  }

  /** Selects the first row that is shown, or the one of this name. */
  selectFirst(name: string | null = null): void {
    const order = this.order();
    const [first] = order;
    if (first !== undefined) this.select(order.find(at => this.tensors[at]!.name === name) ?? first, false);
  }

  /** The column of the order, when its values are computed one by one. */
  private get computedColumn(): Column | null {
    const column = this.sort && columns[this.sort.column]!;
    return column?.isComputed ? column : null;
  }

  private order(): number[] {
    const all = this.tensors.map((_, at) => at).filter(at => this.tensors[at]!.name.toLowerCase().includes(this.filter));
    if (!this.sort) return all;
    const { column, descending } = this.sort;
    return sortRows(all, at => columns[column]!.value(this.tensors[at]!, this.state(at)), descending);
  }

  /** Values have come in. */
  private orderAgain(): void {
    this.reorder = undefined;
    const order = this.draw();
    if (this.computedColumn && pendingCount(order.map(this.state)) === 0) this.announceOrder();
  }

  private draw(): number[] {
    const order = this.order();
    const rows = order.map(at => this.rows[at]!);
    if (rows.length !== this.body.children.length || rows.some((row, place) => row !== this.body.children[place])) {
      const focused = this.rows.find(row => row === document.activeElement);
      setChildren(this.body, ...rows);
      focused?.focus({ preventScroll: true });
    }
    const words = this.computedColumn ? orderWords(this.computedColumn.name, order.map(at => ({ isRead: this.tensors[at]!.isRead, state: this.state(at) })), this.large) : '';
    this.note.hidden = words === '';
    setText(this.note, words);
    this.headers.forEach((header, at) => {
      const direction = this.sort?.column === at ? (this.sort.descending ? 'descending' : 'ascending') : 'none';
      header.setAttribute('aria-sort', direction);
      setChildren(header.querySelector('.order')!, direction !== 'none' && icon(direction === 'descending' ? 'arrow-down' : 'arrow-up'));
    });
    const reachable = this.selected !== null && order.includes(this.selected) ? this.selected : order[0];
    this.rows.forEach((row, at) => { row.tabIndex = at === reachable ? 0 : -1; });
    return order;
  }

  private sortBy(column: number): void {
    const again = this.sort?.column === column;
    const first = columns[column]!.number; // numbers: largest first
    this.sort = again && this.sort!.descending !== first ? null : { column, descending: again ? !first : first };
    if (this.computedColumn) this.events.wantAll();
    const order = this.draw();
    const pending = this.computedColumn ? pendingCount(order.map(this.state)) : 0;
    if (pending > 0) announce(`Reading ${pending} tensors to sort by ${columns[column]!.name}`);
    else this.announceOrder();
  }

  private announceOrder(): void {
    announce(this.sort ? `Sorted by ${columns[this.sort.column]!.name}, ${this.sort.descending ? 'largest' : 'smallest'} first` : 'In the order of the file');
  }

  private select(at: number, focus = true): void {
    if (this.selected !== null) this.rows[this.selected]!.setAttribute('aria-selected', 'false');
    this.selected = at;
    this.rows.forEach(row => { row.tabIndex = -1; });
    const row = this.rows[at]!;
    row.setAttribute('aria-selected', 'true');
    row.tabIndex = 0;
    if (focus) row.focus();
    this.events.select(at);
  }

  private key(event: KeyboardEvent): void {
    const at = this.rows.indexOf(event.target as HTMLTableRowElement);
    if (at < 0) return;
    const order = this.order();
    const here = order.indexOf(at);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: order.length - 1, PageDown: here + 10, PageUp: here - 10, Enter: here, ' ': here }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.select(order[Math.min(Math.max(to, 0), order.length - 1)]!);
  }
}
