/**
 * The chart of accuracy against depth. It brings the chart library with it, two thirds of the inspector's code: the page loads this module when
 * there is a curve to draw.
 */
import { Column } from '../charts/column';
import type { ExportFile } from '../charts/export';
import { ChartGroup } from '../charts/group';
import { LineChart, type Line, type LineModel } from '../charts/line-chart';
import { Series } from '../charts/series';
import { lineStyle } from '../charts/style';
import { countAxis } from '../charts/x-axis';
import { formatPercent } from '../shared/format';
import type { Curve } from './curve-words';

function column(values: readonly number[]): Series {
  const series = new Series();
  for (const value of values) series.push(value);
  return series;
}

/** The lines of a curve. */
function linesOf({ points, count }: Curve, group: ChartGroup): Line[] {
  const x = new Column();
  for (const { k } of points) x.push(k);
  const line = (key: string, label: string, slot: number, values: readonly number[], more: Partial<Line> = {}): Line =>
    ({ key, label, style: lineStyle(slot, group.theme.palette), x, y: column(values), smoothing: 0, points: points.length === 1, width: key === 'exact' ? 2 : 1.5, shown: true, ...more });
  const said = (index: number): string => {
    const { exact_count, exact_interval: [low, high] } = points[index]!;
    return `${formatPercent(exact_count / count)} (${exact_count} of ${count}; ${formatPercent(low)} to ${formatPercent(high)})`;
  };
  return [
    line('exact', 'puzzle accuracy (exact)', 0, points.map(p => p.exact_count / count), { band: { low: column(points.map(p => p.exact_interval[0])), high: column(points.map(p => p.exact_interval[1])) }, say: said }),
    line('cell', 'cell accuracy', 2, points.map(p => p.accuracy)),
    line('halt', 'mean halting probability', 6, points.map(p => p.mean_p_halt)),
  ];
}

/** The chart of the curve shown last. */
export class CurveChart {
  private curve: Curve | null = null;
  private readonly group = new ChartGroup(countAxis('supervision_steps', 'Supervision steps'));
  private readonly chart: LineChart;

  /** @param save takes what is exported */
  constructor(save: (file: ExportFile) => void) {
    this.chart = new LineChart({
      id: 'accuracy-against-depth', title: 'Accuracy if stopped after k supervision steps', hint: 'Share of test puzzles wholly right, with its 95 % interval, share of cells right, and mean halting probability, after every supervision step.',
      format: formatPercent, tick: value => `${Math.round(100 * value)} %`, min: 0, max: 1,
    }, this.group, () => this.model(), save);
  }

  get element(): HTMLElement { return this.chart.element; }

  /** Draws a curve. */
  show(curve: Curve): void {
    this.curve = curve;
    this.group.invalidate(true);
  }

  private model(): LineModel {
    const { curve } = this;
    const marks = curve && curve.halt_max_steps < curve.depth
      ? [{ x: curve.halt_max_steps, text: `depth of training (halt_max_steps ${curve.halt_max_steps})`, color: this.group.theme.muted, look: { kind: 'line', dash: [4, 3] } as const }] : [];
    return { lines: curve ? linesOf(curve, this.group) : [], marks, guides: [], choices: [], log: false, namedElsewhere: false, unit: curve ? `${curve.count} of ${curve.wanted} puzzles` : '', empty: 'Not measured yet' };
  }
}
