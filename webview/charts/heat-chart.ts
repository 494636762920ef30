/**
 * A heat strip over the group's axis: one row per rank, one column per few pixels, the mean as a colour. Where a row crosses the
 * threshold to the row below it, a line is drawn, so the shape can be read without the colours.
 */
import type { Plugin } from 'chart.js';
import { h, setText, svg } from '../shared/dom';
import { formatCount } from '../shared/format';
import type { Theme } from '../shared/theme';
import type { Column } from './column';
import { toCsv } from './csv';
import type { ExportFile, ExportKind } from './export';
import type { ChartGroup, GroupMember } from './group';
import type { HeatData } from './heat-data';
import { handlePointer, pressKey, zoomOptions } from './interaction';
import { annotations, marksAt, thinMarks } from './marks';
import type { Mark } from './marks';
import { ChartPanel } from './panel';
import type { KeyAction, PanelHeading, TableData } from './panel';
import { rampColor, rampGradient } from './ramp';
import { Chart } from './register';
import { chartPng, chartSvg } from './save';
import { xScale, yScale } from './scales';
import { visible } from './series';
import { extentOf, shareIn, valueIn } from './span';
import type { Span } from './span';
import type { XAxis } from './x-axis';

/** What a heat chart shows now. */
export interface HeatModel {
  readonly x: Column;
  readonly data: HeatData;
  readonly marks: readonly Mark[];
  readonly empty: string;
  /** Stands beside the title. */
  readonly unit: string;
}

/** What a heat chart is. */
export interface HeatChartOptions extends PanelHeading {
  /** Name of the rows and short name of one: "supervision step", "k". */
  readonly rows: string;
  readonly row: string;
  /** What the mean is taken over, for the legend. */
  readonly among: string;
  /** What a value's weight counts: "slots". */
  readonly weights: string;
  readonly format: (share: number) => string;
  readonly tick: (share: number) => string;
  /** Where the line is drawn, 0..1, and what it means. */
  readonly threshold: { readonly at: number; readonly text: string };
}

const cellPixels = 3;
const stairReach = 3; // cells either side
const tableRows = 100;

/** See the file's head. */
export class HeatChart implements GroupMember {
  readonly panel: ChartPanel;
  readonly #options: HeatChartOptions;
  readonly #group: ChartGroup;
  readonly #model: () => HeatModel | null;
  readonly #chart: Chart<'scatter'>;
  readonly #readout = h('span', { class: 'tabular' });
  readonly #cell = h('span', { class: 'muted tabular' });
  #shown: HeatModel | null = null;
  #cells: { bins: number; means: Float32Array } = { bins: 0, means: new Float32Array(0) };
  #theme: Theme;
  #row = 0;

  constructor(options: HeatChartOptions, group: ChartGroup, model: () => HeatModel | null, save: (file: ExportFile) => void) {
    this.#options = options;
    this.#group = group;
    this.#model = model;
    this.#theme = group.theme;
    this.panel = new ChartPanel(options, () => ({
      summary: () => this.#summary(), table: () => this.#table(), save: kind => save(this.#file(kind)), key: action => this.#key(action),
    }));
    const scale = h('span', { class: 'heat-scale', role: 'img', 'aria-label': `Colours from ${options.format(0)} to ${options.format(1)}` },
      options.tick(0), h('span', { class: 'heat-ramp', styles: { background: rampGradient() } }), options.tick(1));
    this.panel.legend.element.replaceWith(h('div', { class: 'legend' }, scale, h('span', { class: 'muted' }, options.among), h('span', { class: 'muted heat-threshold' }, stairSwatch(), `${options.threshold.text}:`, this.#readout), this.#cell));
    const cells: Plugin<'scatter'> = { id: 'heat-cells', beforeDatasetsDraw: chart => this.#paint(chart.ctx, chart.chartArea) };
    this.#chart = new Chart<'scatter'>(this.panel.canvas, { type: 'scatter', data: { datasets: [] }, options: { layout: { padding: { top: 6, right: 8 } }, onResize: () => group.invalidate(true) }, plugins: [cells] });
    handlePointer(this.panel.plot, this.#chart, group, this);
    this.panel.plot.addEventListener('pointermove', event => {
      const at = this.#chart.scales['y']?.getValueForPixel(event.clientY - this.panel.plot.getBoundingClientRect().top);
      this.#row = at === undefined ? 0 : Math.round(at);
    });
    group.add(this);
  }

  get element(): HTMLElement {
    return this.panel.element;
  }

  get plot(): HTMLElement {
    return this.panel.plot;
  }

  extent(): Span | null {
    const model = this.#model();
    return model === null ? null : extentOf([model.x], this.#group.axis.log);
  }

  draw(span: Span, axis: XAxis, theme: Theme): void {
    const model = this.#model();
    this.#shown = model;
    this.#theme = theme;
    const rows = model?.data.rows ?? 1;
    const bins = Math.max(10, Math.floor((this.panel.plot.clientWidth - 60) / cellPixels));
    this.#cells = model === null ? { bins: 0, means: new Float32Array(0) } : { bins, means: model.data.bin(model.x, span, bins) };
    this.#chart.options.scales = {
      x: xScale(axis, span, theme),
      y: { ...yScale({ log: false, min: 0.5, max: rows + 0.5, tick: value => (Number.isInteger(value) ? String(value) : '') }, theme),
        afterBuildTicks: scale => {
          const step = Math.ceil(rows / Math.max(2, Math.floor(scale.height / 16)));
          scale.ticks = Array.from({ length: Math.ceil(rows / step) }, (_, i) => ({ value: 1 + i * step }));
        },
        title: { display: true, text: this.#options.rows, color: theme.muted, font: { family: theme.fontFamily, size: 10.5 }, padding: 0 }, grid: { display: false } },
    };
    this.#chart.options.plugins = {
      zoom: zoomOptions(this.#group, theme),
      annotation: { clip: false, annotations: annotations(thinMarks(model?.marks ?? [], span, bins * cellPixels), [], { family: theme.fontFamily, color: theme.muted }, true) },
    };
    this.#chart.update('none');
    if (model !== null) this.panel.unit = model.unit;
    this.panel.emptyText = model === null || model.data.columns === 0 ? model?.empty ?? 'Nothing measured yet.' : '';
    this.#read(this.#group.crosshairAt);
    this.panel.drawn();
  }

  crosshair(x: number | null, held: boolean): void {
    const scale = this.#chart.scales['x'];
    if (scale === undefined) return;
    const { top, bottom } = this.#chart.chartArea;
    const inside = x !== null && x >= scale.min && x <= scale.max && (this.#shown?.data.columns ?? 0) > 0;
    if (!held) this.#row = 0;
    this.panel.crosshair(inside ? { x: scale.getPixelForValue(x), top, bottom, width: this.#chart.width, label: held ? [this.#group.axis.format(x), ...this.#marksAt(x)].join(' · ') : '' } : null);
    this.#read(x);
  }

  dispose(): void {
    this.#chart.destroy();
  }

  #paint(context: CanvasRenderingContext2D, area: { left: number; top: number; width: number; height: number }): void {
    const { bins, means } = this.#cells;
    const rows = this.#shown?.data.rows ?? 0;
    if (bins === 0 || rows === 0) return;
    const width = area.width / bins;
    const height = area.height / rows;
    if (context instanceof CanvasRenderingContext2D) {
      const image = new ImageData(bins, rows);
      for (let b = 0; b < bins; b += 1) {
        for (let row = 0; row < rows; row += 1) {
          const mean = means[b * rows + row]!;
          if (Number.isNaN(mean)) continue;
          image.data.set([...rampColor(mean), 255], ((rows - 1 - row) * bins + b) * 4);
        }
      }
      const cells = new OffscreenCanvas(bins, rows);
      cells.getContext('2d')?.putImageData(image, 0, 0);
      context.save();
      context.imageSmoothingEnabled = false;
      context.drawImage(cells, area.left, area.top, area.width, area.height);
      context.restore();
    } else {
      this.#paintRectangles(context, area, width, height);
    }
    this.#paintThreshold(context, area, width, height);
  }

  /** A stair under the first row of every column that reaches the threshold. */
  #paintThreshold(context: CanvasRenderingContext2D, area: { left: number; top: number }, width: number, height: number): void {
    const { bins } = this.#cells;
    const rows = this.#shown?.data.rows ?? 0;
    context.beginPath();
    let before = -1;
    for (let b = 0; b < bins; b += 1) {
      let first = 0;
      while (first < rows && !(this.#around(b, first) >= this.#options.threshold.at)) first += 1;
      if (first < rows) {
        const y = area.top + (rows - first) * height;
        if (before < 0) context.moveTo(area.left + b * width, y);
        else context.lineTo(area.left + b * width, y);
        context.lineTo(area.left + (b + 1) * width, y);
      }
      before = first < rows ? first : -1;
    }
    context.lineJoin = 'round';
    context.strokeStyle = 'rgba(0, 0, 0, 0.6)';
    context.lineWidth = 3.5;
    context.stroke();
    context.strokeStyle = '#ffffff';
    context.lineWidth = 1.5;
    context.stroke();
  }

  /** Mean of a cell and its neighbours in time, so that noise does not make the stair jump. */
  #around(bin: number, row: number): number {
    const { bins, means } = this.#cells;
    const rows = this.#shown?.data.rows ?? 0;
    let sum = 0;
    let count = 0;
    for (let b = Math.max(0, bin - stairReach); b <= Math.min(bins - 1, bin + stairReach); b += 1) {
      const mean = means[b * rows + row]!;
      if (Number.isNaN(mean)) continue;
      sum += mean;
      count += 1;
    }
    return count === 0 || Number.isNaN(means[bin * rows + row]!) ? Number.NaN : sum / count;
  }

  /** For a recorder of SVG, which has no pixels. */
  #paintRectangles(context: CanvasRenderingContext2D, area: { left: number; top: number }, width: number, height: number): void {
    const { bins, means } = this.#cells;
    const rows = this.#shown?.data.rows ?? 0;
    for (let b = 0; b < bins; b += 1) {
      for (let row = 0; row < rows; row += 1) {
        const mean = means[b * rows + row]!;
        if (Number.isNaN(mean)) continue;
        context.fillStyle = `rgb(${rampColor(mean).join(',')})`;
        context.fillRect(area.left + b * width, area.top + (rows - 1 - row) * height, width + 0.3, height + 0.3);
      }
    }
  }

  /** Columns measured around x: what is under the pixel. */
  #columnsAt(x: number | null): { from: number; to: number } {
    if (this.#shown === null) return { from: 0, to: 0 };
    const { x: xs, data } = this.#shown;
    if (x === null) return { from: Math.max(0, data.columns - 1), to: data.columns };
    const span = this.#group.span();
    const [half, share, value] = [0.5 / Math.max(1, this.#cells.bins), shareIn(span)(x), valueIn(span)];
    const from = xs.lowerBound(value(share - half));
    return { from, to: Math.min(data.columns, Math.max(from + 1, xs.lowerBound(value(share + half)))) };
  }

  #values(x: number | null): number[] {
    const { from, to } = this.#columnsAt(x);
    const data = this.#shown?.data;
    return data === undefined || from >= data.columns ? [] : Array.from({ length: data.rows }, (_, row) => data.mean(row, from, to));
  }

  #read(x: number | null): void {
    const { row: name, format, weights, threshold } = this.#options;
    const values = this.#values(x);
    const first = values.findIndex(value => value >= threshold.at);
    setText(this.#readout, values.length === 0 ? '' : first < 0 ? 'none' : String(first + 1));
    const data = this.#shown?.data;
    if (data === undefined || x === null || this.#row < 1 || this.#row > data.rows) {
      setText(this.#cell, '');
      return;
    }
    const { from, to } = this.#columnsAt(x);
    const value = values[this.#row - 1] ?? Number.NaN;
    setText(this.#cell, `${name} = ${this.#row}: ${Number.isNaN(value) ? `no ${weights}` : `${format(value)} of ${formatCount(data.weight(this.#row - 1, from, to))} ${weights}`}`);
  }

  #marksAt(x: number): string[] {
    return marksAt(this.#shown?.marks ?? [], x, this.#group.span(), this.#chart.width);
  }

  #say(x: number | null): string {
    const { row: name, format } = this.#options;
    return this.#values(x).map((value, i) => (Number.isNaN(value) ? '' : `${name} ${i + 1}: ${format(value)}`)).filter(text => text !== '').join(', ');
  }

  #summary(): string {
    if (this.#shown === null || this.#shown.data.columns === 0) return 'Nothing measured yet.';
    const { from, to } = visible(this.#shown.x, this.#group.span());
    return `Latest: ${this.#say(null)}. ${formatCount(to - from)} measurements in view, drawn in ${this.#cells.bins} columns.`;
  }

  #table(): TableData {
    const { row: name, rows: rowsName } = this.#options;
    const { axis } = this.#group;
    if (this.#shown === null) return { columns: [axis.title], rows: [], note: '' };
    const { x, data } = this.#shown;
    const { from, to } = visible(x, this.#group.span());
    const wanted = Math.min(tableRows, to - from);
    const rows: string[][] = [];
    for (let r = 0; r < wanted; r += 1) {
      const at = x.at(from + (wanted === 1 ? 0 : Math.round((r * (to - from - 1)) / (wanted - 1))));
      rows.push([axis.format(at), ...this.#values(at).map(this.#options.format)]);
    }
    return { columns: [axis.title, ...Array.from({ length: data.rows }, (_, i) => `${name} ${i + 1}`)], rows, note: `Columns: ${rowsName}.${to - from > wanted ? ` ${wanted} of ${formatCount(to - from)} rows; the CSV export has all.` : ''}` };
  }

  #file(kind: ExportKind): ExportFile {
    const caption = { title: this.#options.title, notes: [`${this.#shown?.unit ?? ''} ${this.#options.among}`, `dark ${this.#options.tick(0)}, bright ${this.#options.tick(1)}; stair: ${this.#options.threshold.text}`], legend: [], theme: this.#theme };
    const name = `${this.#options.id}.${kind}`;
    if (kind === 'png') return { name, data: chartPng(this.#chart, caption), encoding: 'base64' };
    if (kind === 'svg') return { name, data: chartSvg(this.#chart, caption), encoding: 'utf8' };
    const shown = this.#shown;
    const rows = function* (): Generator<(string | number)[]> {
      for (let i = 0; i < (shown?.data.columns ?? 0); i += 1) {
        for (let row = 0; row < shown!.data.rows; row += 1) yield [shown!.x.at(i), row + 1, shown!.data.mean(row, i, i + 1), shown!.data.weight(row, i, i + 1)];
      }
    };
    return { name, data: toCsv([this.#group.axis.id, this.#options.row, 'mean', this.#options.weights], rows()), encoding: 'utf8' };
  }

  #key(action: KeyAction): string {
    if (this.#shown === null) return this.#summary();
    if (!pressKey(action, this.#group, this, this.#shown.x, this.panel.plot.clientWidth)) return this.#summary();
    const x = this.#group.crosshairAt;
    return x === null ? '' : [`${this.#group.axis.title} ${this.#group.axis.format(x)}: ${this.#say(x)}`, ...this.#marksAt(x)].join(', ');
  }
}

function stairSwatch(): SVGSVGElement {
  return svg('svg', { class: 'swatch', viewBox: '0 0 22 10', width: 22, height: 10, 'aria-hidden': 'true' },
    svg('path', { d: 'M1 2.5H8V7.5H21', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 }));
}
