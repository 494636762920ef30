/**
 * How lines are told apart without colour: a dash and a point shape for each of the seven colours of the theme, in the same order.
 */

/** Looks of a line. */
export interface LineStyle {
  readonly color: string;
  /** Canvas line dash, pixels. */
  readonly dash: readonly number[];
  readonly shape: Shape;
}

/** Point shapes, by the names chart.js gives them. */
export type Shape = 'circle' | 'rect' | 'triangle' | 'rectRot' | 'cross' | 'star' | 'crossRot';

const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 2], [9, 3, 2, 3], [12, 3], [4, 4], [2, 5]];
const shapes: readonly Shape[] = ['circle', 'rect', 'triangle', 'rectRot', 'cross', 'star', 'crossRot'];

/** The look numbered `slot` (0 to 6) in the colours of a theme. */
export function lineStyle(slot: number, palette: readonly string[]): LineStyle {
  const i = slot % dashes.length;
  return { color: palette[i] ?? palette[0] ?? '#888', dash: dashes[i]!, shape: shapes[i]! };
}
