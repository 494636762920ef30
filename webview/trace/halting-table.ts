/** The halting head per supervision step as a table, folded away: the bars of the overview for people who read or copy numbers. Of two traces, both. */
import { h, setChildren } from '../shared/dom';
import type { Trace } from './decode';
import { probability } from './labels';
import { panelLetter, type Stage } from './stage';
import { firstHalt } from './timeline';

const columns = ['halting probability', 'q_halt', 'would halt', 'cells right', 'puzzle'];

function valuesOf({ halting }: Trace, m: number): string[] {
  const row = halting.find(entry => entry.m === m);
  if (!row) return columns.map(() => 'ended');
  return [
    probability(row.p_halt), row.q_halt.toFixed(2), m === firstHalt(halting) ? 'here first' : row.would_halt ? 'yes' : 'no',
    row.accuracy === null ? '–' : `${(100 * row.accuracy).toFixed(1)} %`, row.exact === null ? '–' : row.exact ? 'right' : 'not right',
  ];
}

/** The table; `go` is called with a step's last frame. */
export class HaltingTable {
  private readonly head = h('tr');
  private readonly body = h('tbody');
  readonly element = h('details', { class: 'halting-table' }, h('summary', null, 'Supervision steps as a table'), h('table', null, h('thead', null, this.head), this.body));

  constructor(private readonly go: (frame: number) => void) {}

  /** Fills the table. */
  show({ lead, panels, compared }: Stage): void {
    const { trace } = lead.decoded;
    const traces = compared ? panels.map(panel => ({ trace: panel.source.decoded.trace, prefix: `${panelLetter(panel, 0)}: ` })) : [{ trace, prefix: '' }];
    setChildren(this.head, ...['supervision step', ...traces.flatMap(({ prefix }) => columns.map(name => prefix + name))].map(name => h('th', { scope: 'col' }, name)));
    setChildren(this.body, ...lead.timeline.steps.map(({ number, last }) => h('tr', null,
      h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', on: { click: () => this.go(last) } }, `${number}${number > trace.halt_max_steps ? ' (beyond training depth)' : ''}`)),
      ...traces.flatMap(({ trace: own }) => valuesOf(own, number).map(value => h('td', null, value))))));
  }
}
