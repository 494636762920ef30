/**
 * The Live Charts page: it holds the runs that are shown, passes what is new on to the charts, and decides which of the page's
 * faces is seen: loading, no runs, a problem, or the charts.
 */
import type { ChartsSettings, ChartsState, RunData } from '../../src/protocol/charts';
import { h, icon, setChildren } from '../shared/dom';
import { watchTheme } from '../shared/theme';
import type { ExportFile } from '../charts/export';
import { ChartGroup } from '../charts/group';
import { LineChart } from '../charts/line-chart';
import { axes } from './axes';
import { haltingCharts } from './halting-charts';
import { lineCharts, lineModel } from './metrics';
import type { ChartChoices, ChartSpec } from './metrics';
import { RunChooser } from './run-chooser';
import { RunHeading } from './run-header';
import type { HeaderCommand } from './run-header';
import { RunStore } from './run-store';
import { Slots } from './slots';
import { Toolbar } from './toolbar';

/** What the page asks of the outside. */
export interface PageActions {
  command(command: HeaderCommand | 'train', run?: string): void;
  showRuns(ids: string[]): void;
  saveSettings(settings: ChartsSettings): void;
  saveFile(file: ExportFile): void;
  retry(): void;
  /** The looks of runs changed: keep them. */
  keepSlots(slots: Record<string, number>): void;
}

/** See the file's head. */
export class LivePage {
  readonly #actions: PageActions;
  readonly #group = new ChartGroup(axes.step);
  readonly #slots: Slots;
  readonly #heading: RunHeading;
  readonly #chooser: RunChooser;
  readonly #toolbar: Toolbar;
  readonly #face = h('div', { class: 'face' });
  readonly #charts = h('div', { class: 'charts' });
  readonly #content: HTMLElement;
  /** The line charts, some of which not every run has. */
  #seen: { readonly spec: ChartSpec; readonly element: HTMLElement }[] = [];
  #runs: RunStore[] = [];
  #choices: ChartsState['choices'] = [];
  #settings: ChartsSettings = { xAxis: 'step', smoothing: 0, logY: false };

  constructor(root: HTMLElement, actions: PageActions, slots: Readonly<Record<string, number>>) {
    this.#actions = actions;
    this.#slots = new Slots(slots);
    this.#heading = new RunHeading(command => { if (this.#runs[0] !== undefined) actions.command(command, this.#runs[0].header.id); });
    this.#chooser = new RunChooser(ids => actions.showRuns(ids));
    this.#toolbar = new Toolbar(settings => { this.#apply(settings); actions.saveSettings(settings); }, () => this.#group.follow());
    this.#group.onFollow(() => this.#showFollow());
    this.#content = h('div', { hidden: true }, this.#heading.element, this.#chooser.element, this.#toolbar.element, this.#charts);
    setChildren(root, this.#face, this.#content);
    this.#buildCharts();
    watchTheme(() => { if (this.#runs.length > 0) this.#refresh(); }); // swatches; charts redraw themselves
  }

  /** While the first state is on its way. */
  showLoading(): void {
    if (this.#runs.length > 0) return;
    this.#showFace(icon('loading codicon-modifier-spin'), h('p', null, 'Loading runs…'));
  }

  /** The state could not be had. */
  showProblem(message: string): void {
    const retry = h('vscode-button', { on: { click: () => this.#actions.retry() } }, 'Try again');
    this.#showFace(icon('warning'), h('p', { role: 'alert' }, message), retry);
  }

  /** Replaces everything. */
  replace(state: ChartsState): void {
    this.#choices = state.choices;
    this.#runs = state.runs.map(data => new RunStore(data));
    this.#slots.show(this.#runs.map(run => run.header.id));
    this.#actions.keepSlots(this.#slots.saved());
    this.#toolbar.settings = state.settings;
    this.#apply(state.settings);
    this.#refresh();
    this.#group.invalidate(true);
  }

  /** Takes in what is new. */
  append(news: readonly RunData[]): void {
    for (const data of news) {
      const run = this.#runs.find(({ header }) => header.id === data.header.id);
      run?.append(data);
      this.#choices = this.#choices.map(choice => (choice.id === data.header.id ? { ...choice, state: data.header.state } : choice));
    }
    this.#refresh();
    this.#group.invalidate();
  }

  /** The runs that are shown, focus first. */
  get shown(): string[] {
    return this.#runs.map(run => run.header.id);
  }

  #apply(settings: ChartsSettings): void {
    this.#settings = settings;
    this.#group.axis = axes[settings.xAxis];
    this.#group.invalidate(true);
  }

  /** Everything but the charts. */
  #refresh(): void {
    const focus = this.#runs[0];
    if (focus === undefined) {
      this.#showEmpty();
      return;
    }
    this.#face.hidden = true;
    this.#content.hidden = false;
    this.#charts.hidden = false;
    this.#toolbar.element.hidden = false;
    this.#heading.element.hidden = false;
    this.#heading.show(focus);
    for (const { spec, element } of this.#seen) element.hidden = spec.seenWith !== undefined && !this.#runs.some(run => spec.seenWith!(run));
    this.#chooser.update(this.#choices, this.shown, this.#slots, this.#group.theme);
    this.#showFollow();
  }

  #showEmpty(): void {
    const train = h('vscode-button', { on: { click: () => this.#actions.command('train') } }, 'Train…');
    if (this.#choices.length === 0) {
      this.#showFace(icon('graph-line'), h('p', { class: 'face-title' }, 'No runs yet'),
        h('p', { class: 'muted' }, 'Right-click a trm config in the Explorer and choose Train TRM, or start here. The charts move from the first step on.'), train);
      return;
    }
    this.#showFace(icon('graph-line'), h('p', { class: 'face-title' }, 'No run chosen'), h('p', { class: 'muted' }, 'Choose a run below.'), train);
    this.#content.hidden = false;
    for (const element of [this.#heading.element, this.#toolbar.element, this.#charts]) element.hidden = true;
    this.#chooser.update(this.#choices, [], this.#slots, this.#group.theme);
    this.#chooser.element.open = true;
  }

  #showFace(...children: HTMLElement[]): void {
    this.#face.hidden = false;
    this.#content.hidden = true;
    setChildren(this.#face, ...children);
  }

  #showFollow(): void {
    this.#toolbar.showFollow(this.#group.following, this.#runs.some(({ header }) => header.state === 'running' || header.state === 'pending'));
  }

  #buildCharts(): void {
    const save = (file: ExportFile): void => {
      const run = this.#runs[0]?.header.name ?? 'run';
      this.#actions.saveFile({ ...file, name: `${run}-${file.name}`.replace(/[^\w.-]+/g, '-') });
    };
    const lines = (spec: ChartSpec): LineChart => {
      const choices: ChartChoices = { switched: new Map(), chosen: undefined };
      return new LineChart(spec, this.#group, () => lineModel(spec, {
        runs: this.#runs, x: this.#settings.xAxis, smoothing: this.#settings.smoothing, log: this.#settings.logY, slots: this.#slots, theme: this.#group.theme,
      }, choices, () => this.#group.invalidate(true)), save);
    };
    const halting = haltingCharts(this.#group, () => this.#runs[0], () => this.#settings.xAxis, () => (this.#runs.length > 1 ? ` · ${this.#runs[0]!.header.name}` : ''), save);
    const charts = lineCharts.map(lines);
    const [loss, accuracy, decisions, ...rest] = charts;
    this.#seen = lineCharts.map((spec, i) => ({ spec, element: charts[i]!.element }));
    const all = [loss, accuracy, halting.strip, halting.bars, halting.calibration, decisions, ...rest];
    setChildren(this.#charts, ...all.map(chart => chart?.element));
  }
}
