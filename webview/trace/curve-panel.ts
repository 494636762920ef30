/**
 * Accuracy against depth, folded away: how many puzzles the checkpoint solves if it stops after k supervision steps, for every k. Measured on request
 * in the background; what is known so far is shown as it comes, with its count and interval.
 */
import type { CurveState } from '../../src/protocol/inspector';
import { Column } from '../charts/column';
import type { ExportFile } from '../charts/export';
import { ChartGroup } from '../charts/group';
import { LineChart, type Line, type LineModel } from '../charts/line-chart';
import { Series } from '../charts/series';
import { lineStyle } from '../charts/style';
import { countAxis } from '../charts/x-axis';
import { h, setText } from '../shared/dom';
import { formatPercent } from '../shared/format';
import { clampWhole } from './clamp';
import { curveWords, workingWords, type Curve } from './curve-words';

/** What the panel asks of the host. */
export interface CurveActions {
  look(puzzles: number): void;
  measure(puzzles: number): void;
  cancel(): void;
  save(file: ExportFile): void;
}

/** Puzzles to begin with. */
const usualPuzzles = 128;

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

/** The panel. */
export class CurvePanel {
  private state: CurveState = { curve: null, working: null, cancelled: false, problem: null };
  private most = usualPuzzles;
  private readonly puzzles = h('vscode-textfield', { type: 'number', min: 1, step: 1, class: 'number', value: String(usualPuzzles), title: 'Test puzzles to measure with: more make the interval narrower' });
  private readonly button = h('vscode-button', null, 'Measure');
  private readonly working = h('span', { class: 'tabular curve-working', role: 'status' });
  private readonly problem = h('p', { class: 'curve-problem', role: 'alert', hidden: true });
  private readonly words = h('p', { class: 'curve-words', 'aria-live': 'polite' });
  private readonly group = new ChartGroup(countAxis('supervision_steps', 'Supervision steps'));
  private readonly chart: LineChart;
  private readonly holder: HTMLElement;
  readonly element: HTMLDetailsElement;

  constructor(private readonly actions: CurveActions) {
    this.puzzles.label = 'Puzzles';
    this.chart = new LineChart({
      id: 'accuracy-against-depth', title: 'Accuracy if stopped after k supervision steps', hint: 'Share of test puzzles wholly right, with its 95 % interval, share of cells right, and mean halting probability, after every supervision step.',
      format: formatPercent, tick: value => `${Math.round(100 * value)} %`, min: 0, max: 1,
    }, this.group, () => this.model(), file => actions.save(file));
    this.holder = h('div', { class: 'curve-chart', hidden: true }, this.chart.element);
    this.button.addEventListener('click', () => { if (this.state.working) actions.cancel(); else this.measure(); });
    this.puzzles.addEventListener('change', () => { this.puzzles.value = String(this.wanted); if (!this.state.working) actions.look(this.wanted); });
    this.element = h('details', { class: 'curve', hidden: true }, h('summary', null, 'Accuracy at every depth'),
      h('div', { class: 'curve-head' }, h('span', { class: 'field' }, h('span', null, 'Puzzles'), this.puzzles), this.button, this.working), this.problem, this.words, this.holder);
    this.element.addEventListener('toggle', () => { if (this.element.open) this.refresh(); });
  }

  /** The checkpoint or what can be chosen has changed. `puzzles`: test puzzles there are; `maxDepth` 1: there is no curve. */
  choose({ puzzles, maxDepth }: { puzzles: number; maxDepth: number }): void {
    this.most = Math.max(1, puzzles);
    this.element.hidden = maxDepth === 1;
    this.puzzles.value = String(this.wanted);
    if (this.element.open) this.refresh();
  }

  /** Shows what is known. */
  show(state: CurveState): void {
    this.state = state;
    const { curve, working, cancelled, problem } = state;
    setText(this.button, working ? 'Cancel' : curve && curve.count >= curve.wanted ? 'Measured' : cancelled ? 'Measure All' : 'Measure');
    this.button.toggleAttribute('disabled', !working && curve !== null && curve.count >= curve.wanted);
    setText(this.working, working ? workingWords(working) : '');
    this.problem.hidden = problem === null;
    setText(this.problem, problem ? `${problem.message} ${problem.next}` : '');
    setText(this.words, curve ? curveWords(curve, cancelled) : cancelled ? 'Ended before the first puzzles were done: nothing is known yet.' : working ? '' : 'How many puzzles this checkpoint solves if it stops after 1, 2, 3 … supervision steps, far beyond its training. Takes one evaluation at the largest depth.');
    this.holder.hidden = curve === null || curve.count === 0;
    this.group.invalidate(true);
  }

  private get wanted(): number {
    return clampWhole(Number(this.puzzles.value), 1, this.most);
  }

  private refresh(): void {
    this.actions.look(this.wanted);
  }

  private measure(): void {
    this.puzzles.value = String(this.wanted);
    this.actions.measure(this.wanted);
  }

  private model(): LineModel {
    const { curve } = this.state;
    const marks = curve && curve.halt_max_steps < curve.depth
      ? [{ x: curve.halt_max_steps, text: `depth of training (halt_max_steps ${curve.halt_max_steps})`, color: this.group.theme.muted, look: { kind: 'line', dash: [4, 3] } as const }] : [];
    return { lines: curve && curve.count > 0 ? linesOf(curve, this.group) : [], marks, guides: [], choices: [], log: false, namedElsewhere: false, unit: curve ? `${curve.count} of ${curve.wanted} puzzles` : '', empty: 'Not measured yet' };
  }
}
