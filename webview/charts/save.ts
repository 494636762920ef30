/** Pictures of a live chart.js chart: drawn once more, larger, for a PNG; or recorded as an SVG. */
import type { Chart } from './register';
import { toPng } from './export';
import type { Caption } from './export';
import { recordChart } from './svg-recorder';

/** A chart with its caption as a PNG at twice the resolution of the screen's CSS pixels or better, base64. */
export function chartPng(chart: Chart, caption: Caption): string {
  const before = chart.options.devicePixelRatio;
  const scale = Math.max(2, window.devicePixelRatio);
  try {
    chart.options.devicePixelRatio = scale;
    chart.resize();
    chart.draw();
    return toPng(chart.canvas, scale, caption);
  } finally {
    if (before === undefined) delete chart.options.devicePixelRatio;
    else chart.options.devicePixelRatio = before;
    chart.resize();
    chart.draw();
  }
}

/** A chart as an SVG on its ground, with title and legend as text. */
export function chartSvg(chart: Chart, caption: Caption): string {
  const inner = recordChart(chart);
  const shown = caption.legend.filter(item => item.shown);
  const columns = Math.max(1, Math.floor(chart.width / 170));
  const noteHeight = caption.notes.length * 15;
  const head = 24 + noteHeight + Math.ceil(shown.length / columns) * 18;
  const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const { theme } = caption;
  const entries = shown.map((item, i) => {
    const x = 10 + (i % columns) * 170;
    const y = 34 + noteHeight + Math.floor(i / columns) * 18;
    const dash = item.style.dash.length > 0 ? ` stroke-dasharray="${item.style.dash.join(' ')}"` : '';
    return `<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" stroke="${text(item.style.color)}" stroke-width="${item.mark === 'bar' ? 8 : 2}"${dash}/>`
      + `<text x="${x + 28}" y="${y + 4}" font-size="11" fill="${text(theme.foreground)}">${text(item.label)}</text>`;
  }).join('');
  const notes = caption.notes.map((note, i) => `<text x="10" y="${33 + i * 15}" font-size="10.5" fill="${text(theme.muted)}">${text(note)}</text>`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${chart.width + 20}" height="${chart.height + head + 10}" font-family="${text(theme.fontFamily)}">`
    + `<rect width="100%" height="100%" fill="${text(theme.background)}"/><text x="10" y="18" font-size="13" font-weight="600" fill="${text(theme.foreground)}">${text(caption.title)}</text>${notes}`
    + `${entries}<g transform="translate(10 ${head})">${inner}</g></svg>`;
}
