/**
 * Shares per category: stacked bars, and lines with points over them. It has an axis of its own and only shares the redraws
 * and the theme of its group.
 */
import type { ChartDataset } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import { setText } from '../shared/dom';
import { h } from '../shared/dom';
import { formatCount, formatTick } from '../shared/format';
import type { Theme } from '../shared/theme';
import { toCsv } from './csv';
import type { ExportFile, ExportKind } from './export';
import type { ChartGroup, GroupMember } from './group';
import type { LegendItem } from './legend';
import { ChartPanel } from './panel';
import type { KeyAction, PanelHeading, TableData } from './panel';
import { Chart } from './register';
import { chartPng, chartSvg } from './save';
import { axisLook, fade, yScale } from './scales';
import type { Span } from './span';
import type { LineStyle } from './style';
import type { XAxis } from './x-axis';

/** One quantity, a value per category (NaN: none). */
export interface BarSeries {
  readonly key: string;
  readonly label: string;
  readonly title?: string;
  readonly style: LineStyle;
  readonly look: 'bar' | 'outline' | 'points';
  readonly values: readonly number[];
  /** Interval of each value, drawn as a line. */
  readonly intervals?: readonly (readonly [number, number] | undefined)[];
}

/** What a bar chart shows now. */
export interface BarModel {
  readonly categories: readonly string[];
  readonly series: readonly BarSeries[];
  /** How many each category counts, written above it. */
  readonly counts?: { readonly label: string; readonly values: readonly number[] };
  /** Where the numbers come from: "training, step 1,240". */
  readonly note: string;
  readonly empty: string;
  /** Stands beside the title. */
  readonly unit: string;
}

/** What a bar chart is. */
export interface BarChartOptions extends PanelHeading {
  /** Name of the categories, beside the axis, and of one. */
  readonly categories: string;
  readonly category: string;
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
  readonly max: number;
}

type Dataset = ChartDataset<'bar' | 'line', number[]>;

/** See the file's head. */
export class BarChart implements GroupMember {
  readonly panel: ChartPanel;
  readonly #options: BarChartOptions;
  readonly #group: ChartGroup;
  readonly #model: () => BarModel;
  readonly #chart: Chart<'bar' | 'line', number[]>;
  readonly #datasets = new Map<string, Dataset>();
  readonly #note = h('p', { class: 'chart-note muted' });
  #shown: BarModel = { categories: [], series: [], note: '', empty: '', unit: '' };
  #theme: Theme | undefined;
  #at: number | null = null;

  constructor(options: BarChartOptions, group: ChartGroup, model: () => BarModel, save: (file: ExportFile) => void) {
    this.#options = options;
    this.#group = group;
    this.#model = model;
    this.panel = new ChartPanel(options, () => ({
      summary: () => this.#summary(), table: () => this.#table(), save: kind => save(this.#file(kind)), key: action => this.#key(action),
    }), false);
    this.panel.foot.prepend(this.#note);
    this.#chart = new Chart<'bar' | 'line', number[]>(this.panel.canvas, { type: 'bar', data: { labels: [], datasets: [] }, options: { layout: { padding: { top: 6, right: 8 } } } });
    this.panel.plot.addEventListener('pointermove', event => {
      const value = this.#chart.scales['x']?.getValueForPixel(event.clientX - this.panel.plot.getBoundingClientRect().left);
      this.#point(value ?? null);
    });
    this.panel.plot.addEventListener('pointerleave', () => this.#point(null));
    this.panel.plot.addEventListener('blur', () => this.#point(null));
    group.add(this);
  }

  get element(): HTMLElement {
    return this.panel.element;
  }

  extent(): Span | null {
    return null;
  }

  crosshair(): void {
    // An axis of its own: the group's crosshair has no place on it.
  }

  draw(_span: Span, _axis: XAxis, theme: Theme): void {
    const model = this.#model();
    this.#shown = model;
    const look = axisLook(theme);
    if (theme !== this.#theme) this.#datasets.clear(); // chart.js keeps the looks of points per dataset
    this.#theme = theme;
    this.#chart.data.labels = [...model.categories];
    this.#chart.data.datasets = [...model.series].sort((a, b) => Number(b.look === 'points') - Number(a.look === 'points')).map(series => this.#dataset(series, theme));
    this.#chart.options.layout = { padding: { top: model.counts === undefined ? 6 : 18, right: 8 } };
    this.#chart.options.plugins = { annotation: { clip: false, annotations: [...whiskers(model, theme), ...heads(model, theme, this.#options.max)] } };
    this.#chart.options.scales = {
      x: { type: 'category', stacked: true, ...look, grid: { display: false }, ticks: { ...look.ticks, autoSkipPadding: 4 },
        title: { display: true, text: this.#options.categories, color: theme.muted, font: { family: theme.fontFamily, size: 10.5 }, padding: 0 } },
      y: { ...yScale({ log: false, min: 0, max: this.#options.max, tick: this.#options.tick }, theme), stacked: false },
      bars: { type: 'linear', stacked: true, display: false, min: 0, max: this.#options.max },
    };
    this.#chart.update('none');
    const nothing = model.series.every(series => series.values.every(Number.isNaN));
    this.panel.unit = model.unit;
    this.panel.emptyText = nothing ? model.empty : '';
    this.#note.hidden = nothing;
    setText(this.#note, nothing ? '' : model.note);
    this.panel.legend.show(this.#legend());
    this.panel.drawn();
  }

  dispose(): void {
    this.#chart.destroy();
  }

  #dataset(series: BarSeries, theme: Theme): Dataset {
    const { color, dash, shape } = series.style;
    const look: Dataset = series.look === 'points'
      ? { type: 'line', yAxisID: 'y', data: [], clip: 6, borderColor: color, backgroundColor: color, borderWidth: 2, borderDash: [...dash], pointStyle: shape, pointRadius: 3.5, pointBorderColor: color, spanGaps: true }
      : { type: 'bar', yAxisID: 'bars', data: [], backgroundColor: series.look === 'bar' ? fade(color, theme.highContrast ? 1 : 0.75) : fade(color, 0.12), borderColor: color, borderWidth: series.look === 'bar' ? 0 : 1, maxBarThickness: 36, categoryPercentage: 0.85, barPercentage: 0.9 };
    const known = this.#datasets.get(series.key) ?? look;
    this.#datasets.set(series.key, known);
    return Object.assign(known, look, { label: series.label, data: [...series.values] });
  }

  #point(index: number | null): void {
    this.#at = index === null || index < 0 || index >= this.#shown.categories.length ? null : index;
    const x = this.#chart.scales['x'];
    if (x !== undefined) {
      const { top, bottom } = this.#chart.chartArea;
      this.panel.crosshair(this.#at === null ? null : { x: x.getPixelForValue(this.#at), top, bottom, width: this.#chart.width, label: `${this.#options.category} ${this.#shown.categories[this.#at]!}` });
    }
    this.panel.legend.values(this.#legend().map(item => item.value));
  }

  #legend(): LegendItem[] {
    return this.#shown.series.map(({ key, label, title, style, look, values }) => ({
      key, label, ...(title === undefined ? {} : { title }), style, mark: look, shown: true,
      value: this.#at === null ? '' : this.#options.format(values[this.#at] ?? Number.NaN),
    }));
  }

  #say(index: number): string {
    const { categories, counts } = this.#shown;
    const values = this.#shown.series.map(s => `${s.label} ${this.#value(s, index)}`);
    return `${this.#options.category} ${categories[index]!}: ${[...values, ...(counts === undefined ? [] : [`${formatCount(counts.values[index] ?? 0)} ${counts.label}`])].join(', ')}`;
  }

  /** A value, with its interval where there is one. */
  #value(series: BarSeries, index: number): string {
    const { format } = this.#options;
    const interval = series.intervals?.[index];
    return format(series.values[index] ?? Number.NaN) + (interval === undefined ? '' : ` (${format(interval[0])} to ${format(interval[1])})`);
  }

  #summary(): string {
    const { categories, note, empty, series } = this.#shown;
    return series.every(s => s.values.every(Number.isNaN)) ? empty : `${note}. ${categories.map((_, i) => this.#say(i)).join('. ')}.`;
  }

  #table(): TableData {
    const { categories, series, counts, note } = this.#shown;
    return {
      columns: [this.#options.category, ...series.map(s => s.label), ...(counts === undefined ? [] : [counts.label])],
      rows: categories.map((name, i) => [name, ...series.map(s => this.#value(s, i)), ...(counts === undefined ? [] : [formatCount(counts.values[i] ?? 0)])]), note,
    };
  }

  #file(kind: ExportKind): ExportFile {
    const name = `${this.#options.id}.${kind}`;
    const caption = { title: this.#options.title, notes: this.#shown.note.split(' · '), legend: this.#legend(), theme: this.#group.theme };
    if (kind === 'png') return { name, data: chartPng(this.#chart, caption), encoding: 'base64' };
    if (kind === 'svg') return { name, data: chartSvg(this.#chart, caption), encoding: 'utf8' };
    const { categories, series, counts } = this.#shown;
    const columns = series.flatMap(s => [
      { label: s.label, values: s.values },
      ...(s.intervals === undefined ? [] : (['low', 'high'] as const).map((end, side) => ({ label: `${s.label} ${end}`, values: s.intervals!.map(interval => interval?.[side] ?? Number.NaN) }))),
    ]);
    if (counts !== undefined) columns.push(counts);
    return { name, data: toCsv([this.#options.category, ...columns.map(({ label }) => label)], categories.map((label, i) => [label, ...columns.map(({ values }) => values[i] ?? Number.NaN)])), encoding: 'utf8' };
  }

  #key(action: KeyAction): string {
    const last = this.#shown.categories.length - 1;
    if (last < 0) return this.#shown.empty;
    const at = this.#at ?? (action === 'right' || action === 'farRight' ? -1 : last + 1);
    const to = { left: at - 1, right: at + 1, farLeft: at - 10, farRight: at + 10, first: 0, last, panLeft: at, panRight: at, zoomIn: at, zoomOut: at, reset: -1 }[action];
    if (action === 'reset') { this.#point(null); return this.#summary(); }
    const index = Math.min(last, Math.max(0, to));
    this.#point(index);
    return this.#say(index);
  }
}

/** A line over the interval of every value that has one. */
function whiskers({ series }: BarModel, theme: Theme): AnnotationOptions[] {
  return series.flatMap(({ intervals }) => (intervals ?? []).flatMap((interval, i): AnnotationOptions[] => (interval === undefined ? [] : [
    { type: 'line', xScaleID: 'x', yScaleID: 'y', xMin: i, xMax: i, yMin: interval[0], yMax: interval[1], borderColor: theme.foreground, borderWidth: 1 },
  ])));
}

/** How many each category counts, above the plot. */
function heads({ counts }: BarModel, theme: Theme, max: number): AnnotationOptions[] {
  return (counts?.values ?? []).map((count, i): AnnotationOptions => ({
    type: 'label', xScaleID: 'x', yScaleID: 'y', xValue: i, yValue: max, position: { x: 'center', y: 'end' }, padding: 1,
    content: formatTick(count), color: theme.muted, font: { size: 9.5, family: theme.fontFamily },
  }));
}
