/**
 * Lines over the group's axis. What to draw is asked for at every redraw (`LineModel`), so whoever owns the data only
 * says that it changed. Each line is drawn as at most two points per pixel; with smoothing the raw values stay behind it, faint; an
 * interval is a band.
 */
import type { ChartDataset } from 'chart.js';
import { h, setText } from '../shared/dom';
import { formatCount } from '../shared/format';
import type { Theme } from '../shared/theme';
import type { Column } from './column';
import { markedApart } from './decimate';
import type { Point } from './decimate';
import type { ChartGroup, GroupMember } from './group';
import { handlePointer, pressKey, zoomOptions } from './interaction';
import type { LegendItem } from './legend';
import { toCsv } from './csv';
import type { ExportFile, ExportKind } from './export';
import { annotations, marksAt, thinMarks } from './marks';
import type { Guide, Mark } from './marks';
import { ChartPanel } from './panel';
import type { Choice, KeyAction, PanelHeading, TableData } from './panel';
import { Chart } from './register';
import { chartPng, chartSvg } from './save';
import { fade, xScale, yScale } from './scales';
import { standingAt, visible } from './series';
import type { Series } from './series';
import { extentOf } from './span';
import type { Span } from './span';
import type { LineStyle } from './style';
import type { XAxis } from './x-axis';

/** One line. */
export interface Line {
  /** The same line has the same key at every redraw. */
  readonly key: string;
  readonly label: string;
  readonly title?: string;
  /** What it is of, where several things of perhaps one name are drawn: a column of the CSV. */
  readonly id?: string;
  readonly style: LineStyle;
  readonly x: Column;
  readonly y: Series;
  /** Weight of the smoothing, 0 to below 1. */
  readonly smoothing: number;
  /** Marks its points, as many as there is room for: for rare measurements, and to be told from a line of the same colour. */
  readonly points: boolean;
  /** Interval around every value. */
  readonly band?: { readonly low: Series; readonly high: Series };
  readonly width: number;
  readonly shown: boolean;
  readonly toggle?: () => void;
  /** False: another line's legend entry speaks for this one too. */
  readonly legend?: boolean;
  /** The value at `index` in words; formatted by the chart when not given. */
  readonly say?: (index: number) => string;
}

/** What a line chart shows now. */
export interface LineModel {
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
  readonly guides: readonly Guide[];
  readonly choices: readonly Choice[];
  readonly log: boolean;
  /** The names of the lines are elsewhere on the page: a narrow page leaves them out of the legend. */
  readonly namedElsewhere: boolean;
  /** Stands beside the title. */
  readonly unit: string;
  /** What to say when no line has a value. */
  readonly empty: string;
}

/** What a line chart is. */
export interface LineChartOptions extends PanelHeading {
  /** A value in full and on the axis. */
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

type Dataset = ChartDataset<'line', Point[]>;
const tableRows = 100;
const pointRadius = 3.5;
/** Pixels between marked points. */
const pointGap = 9;

/** See the file's head. */
export class LineChart implements GroupMember {
  readonly panel: ChartPanel;
  readonly #chart: Chart<'line', Point[]>;
  readonly #options: LineChartOptions;
  readonly #group: ChartGroup;
  readonly #model: () => LineModel;
  readonly #datasets = new Map<string, Dataset>();
  readonly #note = h('p', { class: 'chart-note muted tabular' });
  #shown: LineModel = { lines: [], marks: [], guides: [], choices: [], log: false, namedElsewhere: false, unit: '', empty: '' };
  #theme: Theme | undefined;
  #counts = { points: 0, drawn: 0 };

  constructor(options: LineChartOptions, group: ChartGroup, model: () => LineModel, save: (file: ExportFile) => void) {
    this.#options = options;
    this.#group = group;
    this.#model = model;
    this.panel = new ChartPanel(options, () => ({
      summary: () => this.#summary(), table: () => this.#table(), save: kind => save(this.#file(kind)), key: action => this.#key(action),
    }));
    this.panel.foot.prepend(this.#note);
    this.#chart = new Chart<'line', Point[]>(this.panel.canvas, { type: 'line', data: { datasets: [] }, options: { parsing: false, normalized: true, spanGaps: true, layout: { padding: { top: 6, right: 8 } }, onResize: () => group.invalidate(true) } });
    handlePointer(this.panel.plot, this.#chart, group, this);
    group.add(this);
  }

  get element(): HTMLElement {
    return this.panel.element;
  }

  get plot(): HTMLElement {
    return this.panel.plot;
  }

  extent(): Span | null {
    return extentOf(this.#model().lines.map(({ x }) => x), this.#group.axis.log);
  }

  draw(span: Span, axis: XAxis, theme: Theme): void {
    const model = this.#model();
    this.#shown = model;
    const pixels = Math.max(50, Math.round(this.panel.plot.clientWidth - 60));
    this.#counts = { points: 0, drawn: 0 };
    const chart = this.#chart;
    if (theme !== this.#theme) this.#datasets.clear(); // chart.js keeps the looks of points per dataset
    this.#theme = theme;
    chart.data.datasets = this.#build(model.lines.filter(line => line.shown), span, pixels, theme);
    chart.options.scales = {
      x: xScale(axis, span, theme),
      y: yScale({ log: model.log, min: model.log ? undefined : this.#options.min, max: model.log ? undefined : this.#options.max, tick: this.#options.tick, whole: this.#options.whole ?? false }, theme),
    };
    const marks = thinMarks(model.marks, span, pixels);
    chart.options.plugins = {
      zoom: zoomOptions(this.#group, theme),
      annotation: { clip: false, annotations: annotations(marks, model.guides, { family: theme.fontFamily, color: theme.muted }) },
    };
    chart.update('none');
    this.panel.choices = model.choices;
    this.panel.unit = model.unit;
    this.panel.legend.compact = model.namedElsewhere;
    this.panel.emptyText = this.#counts.drawn === 0 ? this.#nothing() : '';
    this.panel.legend.show(this.#legend(this.#group.crosshairAt));
    setText(this.#note, this.#thinned());
    this.panel.drawn();
  }

  crosshair(x: number | null, held: boolean): void {
    const scale = this.#chart.scales['x'];
    if (scale !== undefined) {
      const inside = x !== null && x >= scale.min && x <= scale.max && this.#counts.drawn > 0;
      const { top, bottom } = this.#chart.chartArea;
      this.panel.crosshair(inside ? { x: scale.getPixelForValue(x), top, bottom, width: this.#chart.width, label: held ? [this.#group.axis.format(x), ...this.#marksAt(x)].join(' · ') : '' } : null);
    }
    this.panel.legend.values(this.#shown.lines.filter(line => line.legend !== false).map(line => (line.shown ? this.#value(line, x) : '')));
  }

  dispose(): void {
    this.#chart.destroy();
  }

  #build(lines: readonly Line[], span: Span, pixels: number, theme: Theme): Dataset[] {
    const behind = lines.length > 6 ? 0.1 : lines.length > 3 ? 0.16 : 0.25; // opacity of raw values: many lines, fainter
    const coarse = lines.length > 3 ? Math.ceil(pixels / 2) : pixels; // and drawn for every other pixel
    const bands: Dataset[] = [];
    const faint: Dataset[] = [];
    const main: Dataset[] = [];
    for (const line of lines) {
      const { from, to } = visible(line.x, span);
      const { color, dash, shape } = line.style;
      const points = line.y.points(line.x, span, coarse, line.smoothing);
      const all = to - from <= 2 * coarse; // then only what has no value is not drawn
      this.#counts.points += all ? points.length : to - from;
      this.#counts.drawn += points.length;
      if (line.band !== undefined) {
        bands.push(
          this.#dataset(`${line.key} low`, { data: line.band.low.points(line.x, span, pixels, 0), borderWidth: 0, pointRadius: 0 }),
          this.#dataset(`${line.key} high`, { data: line.band.high.points(line.x, span, pixels, 0), borderWidth: 0, pointRadius: 0, fill: '-1', backgroundColor: fade(color, theme.highContrast ? 0.35 : 0.18) }),
        );
      }
      if (line.smoothing > 0) faint.push(this.#dataset(`${line.key} raw`, { data: line.y.points(line.x, span, coarse, 0), borderColor: fade(color, behind), borderWidth: 1, pointRadius: 0 }));
      const single = points.length === 1;
      const radius = line.points ? markedApart(points, span, pixels, pointGap).map(marked => (marked ? pointRadius : 0)) : single ? pointRadius : 0;
      main.push(this.#dataset(`${line.key} ${color} ${single}`, {
        data: points, clip: { left: 0, right: 4, top: 6, bottom: 6 }, borderColor: color, backgroundColor: color, borderWidth: line.width, borderDash: [...dash],
        pointRadius: radius, pointStyle: shape, pointBorderColor: color, pointBackgroundColor: theme.background, pointBorderWidth: 1.75,
      }));
    }
    return [...main, ...faint, ...bands]; // chart.js draws the first on top
  }

  /** chart.js keeps state per dataset object, the looks of points among it: a line stays the same object as long as its looks stay. */
  #dataset(key: string, values: Partial<Dataset> & { data: Point[] }): Dataset {
    let dataset = this.#datasets.get(key);
    if (dataset === undefined) this.#datasets.set(key, dataset = { label: key, data: [], borderJoinStyle: 'round' });
    return Object.assign(dataset, values);
  }

  #index(line: Line, x: number | null): number {
    if (x === null) return line.x.length - 1;
    return standingAt(line.x, x, this.#group.span(), this.#chart.width);
  }

  #value(line: Line, x: number | null): string {
    const index = this.#index(line, x);
    const value = line.y.valueAt(index, line.smoothing);
    return line.say !== undefined && !Number.isNaN(value) ? line.say(index) : this.#options.format(value);
  }

  #legend(x: number | null): LegendItem[] {
    return this.#shown.lines.filter(line => line.legend !== false).map(line => ({
      key: line.key, label: line.label, ...(line.title === undefined ? {} : { title: line.title }), style: line.style, mark: line.points ? 'points' : 'line',
      value: line.shown ? this.#value(line, x) : '', shown: line.shown, toggle: line.toggle,
    }));
  }

  #marksAt(x: number): string[] {
    return marksAt(this.#shown.marks, x, this.#group.span(), this.#chart.width);
  }

  #summary(): string {
    const lines = this.#shown.lines.filter(line => line.shown && line.y.values.length > 0);
    if (lines.length === 0) return this.#nothing();
    const { axis } = this.#group;
    const span = this.#group.span();
    const said = lines.map(line => {
      let low = Infinity;
      let high = -Infinity;
      for (const { y } of line.y.points(line.x, span, 200, 0)) { low = Math.min(low, y); high = Math.max(high, y); }
      return `${line.label}: last ${this.#value(line, null)}, in view ${this.#options.format(low)} to ${this.#options.format(high)}.`;
    });
    const thinned = this.#thinned();
    return `${axis.title} ${axis.format(span.min)} to ${axis.format(span.max)}. ${said.join(' ')}${thinned === '' ? '' : ` ${thinned}.`}`;
  }

  /** Why there is no line. */
  #nothing(): string {
    const { lines, empty } = this.#shown;
    return lines.length > 0 && lines.every(line => !line.shown) ? 'All lines are switched off. Press a name above to show one.' : empty;
  }

  /** How many points there are and are drawn; empty when all are. */
  #thinned(): string {
    const { points, drawn } = this.#counts;
    return drawn < points ? `${formatCount(points)} points drawn as ${formatCount(drawn)}` : '';
  }

  #table(): TableData {
    const lines = this.#shown.lines.filter(line => line.shown);
    const { axis } = this.#group;
    const span = this.#group.span();
    const rows: string[][] = [];
    const longest = lines.reduce<Line | undefined>((a, b) => (a === undefined || b.x.length > a.x.length ? b : a), undefined);
    let inView = 0;
    if (longest !== undefined) {
      const from = longest.x.lowerBound(span.min);
      inView = Math.max(0, longest.x.lowerBound(span.max + Number.EPSILON * span.max) - from);
      const wanted = Math.min(tableRows, inView);
      for (let r = 0; r < wanted; r += 1) {
        const x = longest.x.at(from + (wanted === 1 ? 0 : Math.round((r * (inView - 1)) / (wanted - 1))));
        rows.push([axis.format(x), ...lines.map(line => this.#value(line, x)), this.#marksAt(x).join(', ')]);
      }
    }
    return { columns: [axis.title, ...lines.map(line => line.label), 'Event'], rows, note: inView > rows.length ? `${rows.length} of ${formatCount(inView)} rows; the CSV export has all.` : '' };
  }

  #file(kind: ExportKind): ExportFile {
    const caption = { title: this.#options.title + (this.#options.unit === undefined ? '' : ` (${this.#options.unit})`), notes: [], legend: this.#legend(null), theme: this.#group.theme };
    if (kind === 'png') return { name: `${this.#options.id}.png`, data: chartPng(this.#chart, caption), encoding: 'base64' };
    if (kind === 'svg') return { name: `${this.#options.id}.svg`, data: chartSvg(this.#chart, caption), encoding: 'utf8' };
    const lines = this.#shown.lines.filter(line => line.shown);
    const span = this.#group.span();
    const several = lines.some(({ id }) => id !== undefined);
    const rows = function* (): Generator<(string | number)[]> {
      for (const line of lines) {
        const names = [line.title ?? line.label, ...(several ? [line.id ?? ''] : [])];
        for (let i = line.x.lowerBound(span.min); i < line.x.length && line.x.at(i) <= span.max; i += 1) {
          yield [...names, line.x.at(i), ...[line.y, line.band?.low, line.band?.high].map(series => sevenDigits(series?.values.at(i) ?? Number.NaN))];
        }
      }
    };
    return { name: `${this.#options.id}.csv`, data: toCsv(['series', ...(several ? ['id'] : []), this.#group.axis.id, 'value', 'low', 'high'], rows()), encoding: 'utf8' };
  }

  #key(action: KeyAction): string {
    const line = this.#shown.lines.filter(l => l.shown).reduce<Line | undefined>((a, b) => (a === undefined || b.x.length > a.x.length ? b : a), undefined);
    if (line === undefined) return this.#nothing();
    if (!pressKey(action, this.#group, this, line.x, this.panel.plot.clientWidth)) return this.#group.following ? 'Following the latest values.' : this.#summary();
    const x = this.#group.crosshairAt;
    if (x === null) return '';
    return [`${this.#group.axis.title} ${this.#group.axis.format(x)}`, ...this.#shown.lines.filter(l => l.shown).map(l => `${l.label} ${this.#value(l, x)}`), ...this.#marksAt(x)].join(', ');
  }
}

/** A value as it was measured, without the digits that single precision adds. */
const sevenDigits = (value: number): number => Number(value.toPrecision(7));
