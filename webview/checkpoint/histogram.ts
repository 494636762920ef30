/** How a tensor's values are distributed: bars of equal width from the smallest to the largest value, with a line where 0 is. */
import { formatCount, formatNumber } from '../shared/format';
import { h, svg } from '../shared/dom';
import type { TensorStatistics } from '../../src/protocol/checkpoint';

const [width, height] = [280, 90];

/** The picture, with its words. */
export function histogram({ histogram: bins, min, max }: TensorStatistics): HTMLElement {
  const most = Math.max(...bins, 1);
  const bar = width / Math.max(bins.length, 1);
  const zero = min < 0 && max > 0 ? (-min / (max - min)) * width : null;
  const peak = bins.indexOf(most);
  const binOf = (index: number): string => formatNumber(min + (index * (max - min)) / bins.length);
  const words = bins.length < 2 ? `All values are ${formatNumber(min)}.` : `Values from ${formatNumber(min)} to ${formatNumber(max)} in ${bins.length} bins; most, ${formatCount(most)}, from ${binOf(peak)} to ${binOf(peak + 1)}.`;
  return h('figure', { class: 'histogram' },
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words, preserveAspectRatio: 'none' },
      ...bins.map((count, i) => {
        const size = count === 0 ? 0 : Math.max(1, (count / most) * (height - 2));
        return svg('rect', { class: 'bar', x: i * bar + bar * 0.06, y: height - size, width: bar * 0.88, height: size });
      }),
      zero !== null && svg('line', { class: 'zero', x1: zero, x2: zero, y1: 0, y2: height })),
    h('figcaption', { class: 'tabular' }, h('span', null, formatNumber(min)), h('span', { class: 'muted' }, bins.length < 2 ? 'all the same' : 'values'), h('span', null, formatNumber(max))));
}
