/** The halting head per supervision step as a table, folded away: the bars of the overview for people who read or copy numbers. */
import { h, setChildren } from '../shared/dom';
import type { Trace } from './decode';
import { probability } from './labels';
import { firstHalt, type Timeline } from './timeline';

/** The table; `go` is called with a step's last frame. */
export class HaltingTable {
  private readonly body = h('tbody');
  readonly element = h('details', { class: 'halting-table' }, h('summary', null, 'Supervision steps as a table'),
    h('table', null, h('thead', null, h('tr', null,
      ...['supervision step', 'halting probability', 'q_halt', 'would halt', 'cells right', 'puzzle'].map(name => h('th', { scope: 'col' }, name)))), this.body));

  constructor(private readonly go: (frame: number) => void) {}

  /** Fills the table. */
  show(trace: Trace, timeline: Timeline): void {
    const first = firstHalt(trace.halting);
    setChildren(this.body, ...trace.halting.map(row => {
      const frame = timeline.steps.find(step => step.number === row.m)?.last ?? 0;
      return h('tr', null,
        h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', on: { click: () => this.go(frame) } }, `${row.m}${row.m > trace.halt_max_steps ? ' (beyond training depth)' : ''}`)),
        h('td', null, probability(row.p_halt)), h('td', null, row.q_halt.toFixed(2)),
        h('td', null, row.m === first ? 'here first' : row.would_halt ? 'yes' : 'no'),
        h('td', null, row.accuracy === null ? '–' : `${(100 * row.accuracy).toFixed(1)} %`),
        h('td', null, row.exact === null ? '–' : row.exact ? 'right' : 'not right'));
    }));
  }
}
