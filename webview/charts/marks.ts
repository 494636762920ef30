/**
 * Happenings on the time axis: a line through the plot (something changed here) or a shape at its foot (something was kept here). Those
 * that would lie on top of each other are thinned; the crosshair says in words what they are.
 */
import type { Chart } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import type { Shape } from './style';
import { shareIn } from './span';
import type { Span } from './span';

/** One happening. */
export interface Mark {
  readonly x: number;
  readonly text: string;
  /** Written beside its line. */
  readonly label?: string;
  readonly color: string;
  readonly look: { readonly kind: 'line'; readonly dash: readonly number[]; readonly head?: Shape } | { readonly kind: 'foot'; readonly shape: Shape };
}

/** A horizontal line at a value worth comparing with. */
export interface Guide { readonly y: number; readonly text: string; readonly color: string }

const nearPixels = 7;
/** Labels follow each other over so many rows, so that neighbours do not lie on each other. */
const labelRows = 3;
const labelHeight = 12;

/** Marks to draw on a plot `pixels` wide: of those of one look within a few pixels the last. */
export function thinMarks(marks: readonly Mark[], span: Span, pixels: number): Mark[] {
  const gap = nearPixels / Math.max(1, pixels);
  const share = shareIn(span);
  const kept: Mark[] = [];
  const seen = new Map<string, number>();
  for (const mark of [...marks].reverse()) {
    if (mark.x < span.min || mark.x > span.max) continue;
    const look = `${mark.look.kind} ${mark.color} ${mark.look.kind === 'foot' ? mark.look.shape : ''}`;
    const near = seen.get(look);
    if (near !== undefined && near - share(mark.x) < gap) continue;
    seen.set(look, share(mark.x));
    kept.push(mark);
  }
  return kept.reverse();
}

/** The marks within a few pixels of x, in words. */
export function marksAt(marks: readonly Mark[], x: number, span: Span, pixels: number): string[] {
  const gap = nearPixels / Math.max(1, pixels);
  const share = shareIn(span);
  return [...new Set(marks.filter(mark => Math.abs(share(mark.x) - share(x)) <= gap / 2).map(mark => mark.text))];
}

/**
 * Marks and guides for chartjs-plugin-annotation.
 * @param over lines over the data (of a plot that is filled) instead of behind it
 */
export function annotations(marks: readonly Mark[], guides: readonly Guide[], font: { family: string; color: string }, over = false): AnnotationOptions[] {
  const all: AnnotationOptions[] = [];
  let labels = 0;
  const drawTime = over ? 'afterDatasetsDraw' : 'beforeDatasetsDraw';
  for (const { x, color, look, label } of marks) {
    if (look.kind === 'line') {
      all.push({ type: 'line', scaleID: 'x', value: x, borderColor: color, borderWidth: 1, borderDash: [...look.dash], drawTime });
      if (label !== undefined) all.push(markLabel(x, label, labelHeight * (labels++ % labelRows), over ? { ...font, color: '#fff', ground: 'rgba(0, 0, 0, 0.6)' } : font));
      if (look.head !== undefined) all.push({ type: 'point', xValue: x, yValue: ({ chart }) => chart.scales['y']?.max ?? 0, yAdjust: 5, radius: 4, pointStyle: look.head, backgroundColor: color, borderColor: color, borderWidth: 1 });
    } else {
      const open = look.shape === 'cross' || look.shape === 'crossRot' || look.shape === 'star';
      all.push({ type: 'point', xValue: x, yValue: ({ chart }) => chart.scales['y']?.min ?? 0, yAdjust: -5, radius: open ? 5 : 2.5, pointStyle: look.shape, backgroundColor: color, borderColor: color, borderWidth: open ? 1.5 : 1 });
    }
  }
  for (const { y, text, color } of guides) {
    all.push({
      type: 'line', scaleID: 'y', value: y, borderColor: color, borderWidth: 1, borderDash: [4, 4], drawTime: 'beforeDatasetsDraw',
      label: { display: true, content: text, position: 'end', yAdjust: -8, padding: 1, backgroundColor: 'transparent', color: font.color, font: { size: 10, family: font.family, weight: 'normal' } },
    });
  }
  return all;
}

/** Words beside the top of a mark's line, so many pixels below it, on the side that has room. */
function markLabel(x: number, content: string, below: number, font: { family: string; color: string; ground?: string }): AnnotationOptions {
  const leftHalf = (chart: Chart): boolean => {
    const scale = chart.scales['x'];
    return scale === undefined || x < (scale.min + scale.max) / 2;
  };
  return {
    type: 'label', xValue: x, yValue: ({ chart }) => chart.scales['y']?.max ?? 0, content, color: font.color, backgroundColor: font.ground ?? 'transparent', font: { size: 10, family: font.family }, padding: 2,
    position: ({ chart }) => ({ x: leftHalf(chart) ? 'start' : 'end', y: 'start' }), xAdjust: ({ chart }) => (leftHalf(chart) ? 6 : -6), yAdjust: below,
  };
}
