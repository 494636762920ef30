/** A chart as a file: the picture with its title and legend, on the ground it is seen on. */
import type { Theme } from '../shared/theme';
import type { LegendItem } from './legend';

/** Kinds of export. */
export type ExportKind = 'png' | 'svg' | 'csv';

/** A file ready to be saved: text, or base64 for a PNG. */
export interface ExportFile { readonly name: string; readonly data: string; readonly encoding: 'utf8' | 'base64' }

/** What stands above the picture. */
export interface Caption { readonly title: string; /** Lines below the title. */ readonly notes: readonly string[]; readonly legend: readonly LegendItem[]; readonly theme: Theme }

/**
 * A canvas with its caption as a PNG, base64.
 * @param scale device pixels per CSS pixel of the canvas.
 */
export function toPng(canvas: HTMLCanvasElement, scale: number, caption: Caption): string {
  const shown = caption.legend.filter(item => item.shown);
  const margin = 12 * scale;
  const line = 18 * scale;
  const out = document.createElement('canvas');
  const context = out.getContext('2d');
  if (context === null) return '';
  const font = (size: number, weight = ''): string => `${weight} ${size * scale}px ${caption.theme.fontFamily}`.trim();
  out.width = canvas.width + 2 * margin;
  context.font = font(11);
  const places: { item: LegendItem; x: number; row: number }[] = [];
  let x = 0;
  let row = 0;
  for (const item of shown) {
    const width = 28 * scale + context.measureText(item.label).width + 14 * scale;
    if (x > 0 && x + width > canvas.width) { x = 0; row += 1; }
    places.push({ item, x, row });
    x += width;
  }
  const noteHeight = caption.notes.length * line;
  const head = margin + line + noteHeight + (shown.length === 0 ? 0 : (row + 1) * line);
  out.height = head + canvas.height + margin;
  context.fillStyle = caption.theme.background;
  context.fillRect(0, 0, out.width, out.height);
  context.fillStyle = caption.theme.foreground;
  context.textBaseline = 'middle';
  context.font = font(13, '600');
  context.fillText(caption.title, margin, margin + line / 2);
  context.font = font(11);
  context.fillStyle = caption.theme.muted;
  caption.notes.forEach((note, i) => context.fillText(note, margin, margin + line * (1.5 + i)));
  for (const place of places) {
    const y = margin + noteHeight + line * (place.row + 1.5);
    context.strokeStyle = place.item.style.color;
    context.fillStyle = place.item.style.color;
    context.lineWidth = 2 * scale;
    context.setLineDash(place.item.style.dash.map(d => d * scale));
    if (place.item.mark === 'bar') context.fillRect(margin + place.x, y - 4 * scale, 22 * scale, 8 * scale);
    else {
      context.beginPath();
      context.moveTo(margin + place.x, y);
      context.lineTo(margin + place.x + 22 * scale, y);
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = caption.theme.foreground;
    context.fillText(place.item.label, margin + place.x + 28 * scale, y);
  }
  context.drawImage(canvas, margin, head);
  return out.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
