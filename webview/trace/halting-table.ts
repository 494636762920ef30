/**
 * The overview as a table, folded away, for people who read or copy numbers: per supervision step the halting head, and the cells right of every large board from
 * the step's first frame to its last. Of two traces, both.
 */
import { h, setChildren } from '../shared/dom';
import type { Trace } from './decode';
import { probability } from './labels';
import { rightColumns } from './right-columns';
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
    const right = rightColumns(panels);
    setChildren(this.head, ...['supervision step', ...traces.flatMap(({ prefix }) => columns.map(name => prefix + name)), ...right.map(({ name }) => name)].map(name => h('th', { scope: 'col' }, name)));
    setChildren(this.body, ...lead.timeline.steps.map(step => h('tr', null,
      h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', on: { click: () => this.go(step.last) } }, `${step.number}${step.number > trace.halt_max_steps ? ' (beyond training depth)' : ''}`)),
      ...[...traces.flatMap(({ trace: own }) => valuesOf(own, step.number)), ...right.map(({ at }) => at(step))].map(value => h('td', null, value)))));
  }
}
