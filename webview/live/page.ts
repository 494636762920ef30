/**
 * The Live Charts page: it holds the runs that are shown, passes what is new on to the charts, and decides which of the page's
 * faces is seen: loading, no runs, a problem, or the charts.
 */
import type { ChartsSettings, ChartsState, RunData } from '../../src/protocol/charts';
import { h, icon, setChildren } from '../shared/dom';
import { watchTheme } from '../shared/theme';
import type { ExportFile } from '../charts/export';
import { ChartGroup } from '../charts/group';
import type { HeatChart } from '../charts/heat-chart';
import { LineChart } from '../charts/line-chart';
import { AlertList } from './alert-list';
import { chartOf } from './alerts';
import type { Alert } from './alerts';
import { axes, axisOf } from './axes';
import { haltingCharts } from './halting-charts';
import type { KeptView } from './kept-view';
import { lineCharts, lineModel } from './metrics';
import type { ChartChoices, ChartSpec } from './metrics';
import { ReadingLine } from './reading-line';
import { RunChooser } from './run-chooser';
import { RunHeading } from './run-header';
import type { HeaderCommand } from './run-header';
import { RunStore } from './run-store';
import { Toolbar } from './toolbar';

/** What the page asks of the outside. */
export interface PageActions {
  command(command: HeaderCommand | 'train', run?: string): void;
  showRuns(ids: string[]): void;
  saveSettings(settings: ChartsSettings): void;
  saveFile(file: ExportFile): void;
  retry(): void;
  /** The reader left a part of the page otherwise: keep it. */
  keep(part: Partial<KeptView>): void;
}

/** See the file's head. */
export class LivePage {
  readonly #actions: PageActions;
  readonly #group = new ChartGroup(axes.step);
  readonly #kept: KeptView;
  readonly #heading: RunHeading;
  readonly #reading = new ReadingLine();
  readonly #chooser: RunChooser;
  readonly #alerts: AlertList;
  readonly #toolbar: Toolbar;
  readonly #face = h('div', { class: 'face' });
  readonly #charts = h('div', { class: 'charts' });
  readonly #content: HTMLElement;
  /** The line charts, some of which not every run has. */
  #seen: { readonly spec: ChartSpec; readonly element: HTMLElement }[] = [];
  /** The charts over the common axis, by id. */
  #places: Readonly<Record<string, LineChart | HeatChart>> = {};
  #runs: RunStore[] = [];
  /** What the host said last; null before it has said anything. */
  #state: ChartsState | null = null;
  #settings: ChartsSettings = { xAxis: 'step', logX: false, smoothing: 0, logY: false };

  constructor(root: HTMLElement, actions: PageActions, kept: KeptView) {
    this.#actions = actions;
    this.#kept = kept;
    this.#heading = new RunHeading(command => { if (this.#runs[0] !== undefined) actions.command(command, this.#runs[0].header.id); });
    this.#chooser = new RunChooser(ids => actions.showRuns(ids));
    this.#toolbar = new Toolbar(settings => { this.#apply(settings); actions.saveSettings(settings); }, () => this.#group.follow());
    this.#alerts = new AlertList(alert => this.#goTo(alert));
    this.#group.onZoom(span => {
      const run = this.#runs[0]?.header.id;
      actions.keep({ zoom: span === null || run === undefined ? null : { run, axis: this.#group.axis.id, span } });
      this.#showFollow();
    });
    this.#keepOpen(this.#chooser.element, 'runsOpen');
    this.#keepOpen(this.#alerts.element, 'alertsOpen');
    this.#content = h('div', { hidden: true }, this.#heading.element, this.#reading.element, this.#alerts.element, this.#chooser.element, this.#toolbar.element, this.#charts);
    setChildren(root, this.#face, this.#content);
    this.#buildCharts();
    watchTheme(() => { if (this.#runs.length > 0) this.#refresh(); }); // swatches; charts redraw themselves
  }

  /** While the host has not said which runs there are. */
  showLoading(): void {
    if (this.#runs.length > 0) return;
    this.#showFace(icon('loading codicon-modifier-spin'), h('p', null, 'Loading runs…'));
  }

  /** Something went wrong: what it was, and the list of runs, since another may do better. */
  showProblem(message: string): void {
    const retry = h('vscode-button', { on: { click: () => this.#actions.retry() } }, 'Try again');
    this.#showFace(icon('warning'), h('p', { role: 'alert' }, message), retry);
    this.#showChooserOnly();
  }

  /** Shows these runs. Those that were shown already go on. */
  show(state: ChartsState): void {
    if (this.#state === null && state.settings === undefined) return; // meant for the page that was here before
    const before = this.#runs;
    this.#state = state;
    const begun = new Map(state.begun.map(data => [data.header.id, data]));
    this.#runs = state.shown.flatMap(id => {
      const data = begun.get(id);
      return data === undefined ? before.find(({ header }) => header.id === id) ?? [] : new RunStore(data);
    });
    if (state.settings !== undefined) {
      this.#toolbar.settings = state.settings;
      this.#apply(state.settings);
    }
    this.#place(before[0]?.header.id);
    this.#refresh();
    this.#group.invalidate(true);
  }

  /** Takes in what is new. */
  append(news: readonly RunData[]): void {
    if (this.#runs.length === 0) return;
    for (const data of news) this.#runs.find(({ header }) => header.id === data.header.id)?.append(data);
    this.#refresh();
    this.#group.invalidate();
  }

  /** Zooms where the reader left the run in focus, the first time one is shown; after another run follows, since where the reader was means nothing there. */
  #place(before: string | undefined): void {
    const focus = this.#runs[0]?.header.id;
    if (focus === before) return;
    const { zoom } = this.#kept;
    if (before === undefined && zoom !== null && zoom.run === focus && zoom.axis === this.#group.axis.id) this.#group.zoom(zoom.span);
    else this.#group.follow();
  }

  #apply(settings: ChartsSettings): void {
    this.#settings = settings;
    this.#group.axis = axisOf(settings);
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
    this.#reading.update(this.#runs);
    for (const { spec, element } of this.#seen) element.hidden = spec.seenWith !== undefined && !this.#runs.some(run => spec.seenWith!(run));
    this.#alerts.update(focus);
    if (this.#state !== null) this.#chooser.update(this.#state, this.#group.theme);
    this.#showFollow();
  }

  /** Shows where an alert is on the chart it is about, or on the first one. */
  #goTo(alert: Alert): void {
    const chart = this.#places[chartOf(alert) ?? 'loss'];
    if (chart !== undefined) this.#group.show(alert[this.#settings.xAxis], chart);
  }

  #keepOpen(details: HTMLDetailsElement, part: 'runsOpen' | 'alertsOpen'): void {
    details.open = this.#kept[part];
    details.addEventListener('toggle', () => this.#actions.keep({ [part]: details.open }));
  }

  #showEmpty(): void {
    const train = h('vscode-button', { on: { click: () => this.#actions.command('train') } }, 'Train…');
    if (this.#state === null || this.#state.choices.length === 0) {
      this.#showFace(icon('graph-line'), h('p', { class: 'face-title' }, 'No runs yet'),
        h('p', { class: 'muted' }, 'Right-click a trm config in the Explorer and choose Train TRM, or start here. The charts move from the first step on.'), train);
      return;
    }
    this.#showFace(icon('graph-line'), h('p', { class: 'face-title' }, 'No run chosen'), h('p', { class: 'muted' }, 'Choose a run below.'), train);
    this.#showChooserOnly();
  }

  #showChooserOnly(): void {
    if (this.#state === null || this.#state.choices.length === 0) return;
    this.#content.hidden = false;
    this.#reading.update([]);
    for (const element of [this.#heading.element, this.#alerts.element, this.#toolbar.element, this.#charts]) element.hidden = true;
    this.#chooser.update(this.#state, this.#group.theme);
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
      const { switched, chosen } = this.#kept;
      const choices: ChartChoices = { switched: (switched[spec.id] ??= {}), chosen: chosen[spec.id] };
      return new LineChart(spec, this.#group, () => lineModel(spec, {
        runs: this.#runs, x: this.#settings.xAxis, smoothing: this.#settings.smoothing, log: this.#settings.logY, looks: this.#state?.looks ?? {}, theme: this.#group.theme,
      }, choices, () => {
        if (choices.chosen !== undefined) chosen[spec.id] = choices.chosen;
        this.#actions.keep({ switched, chosen });
        this.#group.invalidate(true);
      }), save);
    };
    const halting = haltingCharts(this.#group, () => this.#runs[0], () => this.#settings.xAxis, () => (this.#runs.length > 1 ? ` · ${this.#runs[0]!.header.name}` : ''), save);
    const charts = lineCharts.map(lines);
    const [loss, accuracy, decisions, ...rest] = charts;
    this.#seen = lineCharts.map((spec, i) => ({ spec, element: charts[i]!.element }));
    this.#places = { ...Object.fromEntries(lineCharts.map(({ id }, i) => [id, charts[i]!])), 'halting-strip': halting.strip };
    const all = [loss, accuracy, halting.strip, halting.bars, halting.calibration, decisions, ...rest];
    setChildren(this.#charts, ...all.map(chart => chart?.element));
  }
}
