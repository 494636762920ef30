/**
 * A chart.js chart as an SVG: a twin of it is drawn into a context that writes down what is drawn (svgcanvas). Text is written by
 * our own method, since the library's sets a style attribute, which the content security policy of a webview forbids.
 */
import { BasicPlatform } from 'chart.js';
import { Context } from 'svgcanvas';
import { Chart } from './register';

const anchors: Readonly<Record<CanvasTextAlign, string>> = { left: 'start', start: 'start', center: 'middle', right: 'end', end: 'end' };
const baselines: Readonly<Record<CanvasTextBaseline, string>> = {
  alphabetic: 'alphabetic', hanging: 'hanging', top: 'text-before-edge', bottom: 'text-after-edge', middle: 'central', ideographic: 'ideographic',
};

class Recorder extends Context {
  override fillText(text: string, x: number, y: number): void {
    const probe = document.createElement('span').style;
    probe.font = this.font;
    const element = this.__createElement('text', {
      x, y, 'font-family': probe.fontFamily, 'font-size': probe.fontSize, 'font-weight': probe.fontWeight,
      'text-anchor': anchors[this.textAlign], 'dominant-baseline': baselines[this.textBaseline],
    }, true);
    element.textContent = text;
    const parent = this.__closestGroupOrSvg();
    this.__currentElement = element;
    this.__applyTransformation(element);
    this.__applyStyleToCurrentElement('fill');
    parent.append(element);
  }
}

/** What a chart shows now, as an `<svg>` element of its size. */
export function recordChart(chart: Chart): string {
  const { width, height } = chart;
  const recorder = new Recorder(width, height);
  const canvas = { width, height, style: {}, getContext: () => recorder };
  Object.assign(recorder, { canvas });
  const { options } = chart.config;
  const twin = new Chart(canvas as unknown as HTMLCanvasElement, {
    type: 'type' in chart.config ? chart.config.type : 'line',
    // Lines with a `segment` are drawn call by call; others as a Path2D, which cannot be written down. Nor can the borders of bars.
    data: { labels: [...chart.data.labels ?? []], datasets: chart.data.datasets.map(dataset => ({ ...dataset, data: [...dataset.data], segment: {}, ...(dataset.type === 'bar' ? { borderWidth: 0 } : {}) })) } as never,
    options: { ...options, responsive: false, plugins: { ...options?.plugins, zoom: false } } as never,
    plugins: chart.config.plugins ?? [],
    platform: BasicPlatform,
  });
  try {
    return recorder.getSerializedSvg(true);
  } finally {
    twin.destroy();
  }
}
