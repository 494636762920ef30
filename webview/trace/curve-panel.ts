/**
 * Accuracy against depth, folded away: how many puzzles the checkpoint solves if it stops after k supervision steps, for every k. Measured on request
 * in the background; what is known so far is shown as it comes, with its count and interval.
 */
import type { CurveState } from '../../src/protocol/inspector';
import type { ExportFile } from '../charts/export';
import { h, setText } from '../shared/dom';
import { clampWhole } from './clamp';
import type { CurveChart } from './curve-chart';
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

/** The panel. */
export class CurvePanel {
  private state: CurveState = { puzzles: usualPuzzles, curve: null, working: null, cancelled: false, problem: null };
  private most = usualPuzzles;
  private readonly puzzles = h('vscode-textfield', { type: 'number', min: 1, step: 1, class: 'number', value: String(usualPuzzles), title: 'Test puzzles to measure with: more make the interval narrower' });
  private readonly button = h('vscode-button', null, 'Measure');
  private readonly working = h('span', { class: 'tabular curve-working', role: 'status' });
  private readonly problem = h('p', { class: 'curve-problem', role: 'alert', hidden: true });
  private readonly words = h('p', { class: 'curve-words', 'aria-live': 'polite' });
  private readonly holder = h('div', { class: 'curve-chart', hidden: true });
  /** The chart, once there was a curve. */
  private chart: Promise<CurveChart> | null = null;
  readonly element: HTMLDetailsElement;

  constructor(private readonly actions: CurveActions) {
    this.puzzles.label = 'Puzzles';
    this.button.addEventListener('click', () => { if (this.state.working) actions.cancel(); else this.measure(); });
    this.puzzles.addEventListener('change', () => { this.puzzles.value = String(this.wanted); actions.look(this.wanted); });
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
    const { puzzles, curve, working, cancelled, problem } = state;
    if (working) this.puzzles.value = String(puzzles);
    this.puzzles.disabled = working !== null;
    setText(this.button, working ? 'Cancel' : curve && curve.count >= curve.wanted ? 'Measured' : cancelled ? 'Measure All' : 'Measure');
    this.button.toggleAttribute('disabled', !working && curve !== null && curve.count >= curve.wanted);
    setText(this.working, working ? workingWords(working) : '');
    this.problem.hidden = problem === null;
    setText(this.problem, problem ? `${problem.message} ${problem.next}` : '');
    setText(this.words, curve ? curveWords(curve, cancelled) : cancelled ? 'Ended before the first puzzles were done: nothing is known yet.' : working ? '' : 'How many puzzles this checkpoint solves if it stops after 1, 2, 3 … supervision steps, far beyond its training. Takes one evaluation at the largest depth.');
    this.holder.hidden = curve === null || curve.count === 0;
    if (curve && curve.count > 0) void this.draw(curve);
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

  /** Draws a curve, unless another has come meanwhile. */
  private async draw(curve: Curve): Promise<void> {
    this.chart ??= this.makeChart();
    try {
      const chart = await this.chart;
      if (this.state.curve === curve) chart.show(curve);
    } catch (error) {
      this.chart = null;
      this.problem.hidden = false;
      setText(this.problem, `The chart cannot be loaded: ${error instanceof Error ? error.message : String(error)}. Close the inspector and open it again.`);
    }
  }

  private async makeChart(): Promise<CurveChart> {
    const { CurveChart } = await import('./curve-chart');
    const chart = new CurveChart(file => this.actions.save(file));
    this.holder.append(chart.element);
    return chart;
  }
}
