/** The selected tensor: every number about its values, and their histogram. */
import type { TensorRow, TensorStatistics } from '../../src/protocol/checkpoint';
import { h, setChildren } from '../shared/dom';
import { formatCount, formatNumber } from '../shared/format';
import { histogram } from './histogram';
import type { Computed } from './statistics-queue';

const fact = (name: string, value: string): HTMLElement => h('div', { class: 'fact' }, h('dt', null, name), h('dd', { class: 'tabular' }, value));

function facts(s: TensorStatistics): HTMLElement {
  return h('dl', { class: 'facts' },
    fact('norm', formatNumber(s.norm)), fact('mean', formatNumber(s.mean)), fact('standard deviation', formatNumber(s.std)),
    fact('smallest', formatNumber(s.min)), fact('largest', formatNumber(s.max)), fact('exactly 0', formatCount(s.zeros)));
}

/** The panel. */
export class TensorDetail {
  readonly element = h('section', { class: 'detail', 'aria-label': 'Selected tensor' });

  constructor(private readonly again: () => void) {}

  /** Shows a tensor as far as it is known. */
  show({ name, shape, dtype, isRead }: TensorRow, state: Computed<TensorStatistics>): void {
    const values = isRead ? this.values(state) : [h('p', { class: 'muted' }, `Values of the number format ${dtype} are not read here, so that nothing is said of them.`)];
    setChildren(this.element, h('h2', { title: name }, name), h('p', { class: 'muted' }, `${dtype} ${shape.length === 0 ? 'scalar' : shape.join(' × ')}`), ...values);
  }

  private values(state: Computed<TensorStatistics>): (HTMLElement | false)[] {
    switch (state.kind) {
      case 'none': case 'waiting': return [h('p', { class: 'muted' }, 'Its turn comes next.')];
      case 'working': return [h('p', { class: 'muted' }, 'Reading its values'), h('progress', { max: 1, value: state.share, 'aria-label': 'Share of the values that is read' })];
      case 'failed': return [h('p', { class: 'problem', role: 'alert' }, state.message), h('vscode-button', { on: { click: this.again } }, 'Try Again')];
      case 'done': {
        const { statistics } = state;
        const bad = statistics.nonFinite > 0 && h('p', { class: 'problem' }, `${formatCount(statistics.nonFinite)} values are NaN or infinite; the numbers are of the others.`);
        if (statistics.finite === 0) return [bad || h('p', { class: 'muted' }, 'It holds no value.')];
        return [bad, histogram(statistics), facts(statistics)];
      }
    }
  }
}
