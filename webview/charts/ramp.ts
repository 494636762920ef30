/**
 * Colours for a share between 0 and 1: viridis, whose lightness rises evenly, so that it reads the same without colour vision and in grey.
 */

// Eleven stops of matplotlib's viridis (CC0), 0 to 1.
const stops: readonly (readonly [number, number, number])[] = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140], [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];

/** Red, green and blue (0..255) of a share; outside 0..1 the nearest end. */
export function rampColor(share: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const mix = (channel: 0 | 1 | 2): number => Math.round(stops[i]![channel] + (at - i) * (stops[i + 1]![channel] - stops[i]![channel]));
  return [mix(0), mix(1), mix(2)];
}

/** The ramp as a CSS gradient from left to right. */
export function rampGradient(): string {
  return `linear-gradient(to right, ${stops.map(([r, g, b]) => `rgb(${r} ${g} ${b})`).join(', ')})`;
}
