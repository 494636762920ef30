/** Which values a logarithmic axis labels: round ones where there are any, and never so many that they lie on each other. */

/** Most labels of a window that has no round values. */
const mostLabels = 6;

/**
 * Of all ticks, in ascending order, those that are labelled between `min` and `max`: powers of ten, with 3 (and 2 and 5) times them when there are few; in
 * a window with fewer than two of those, ticks that are apart, from the largest down.
 */
export function logTicks<Tick extends { value: number }>(ticks: readonly Tick[], min: number, max: number): Tick[] {
  const decades = Math.log10(max / min);
  const keep = decades < 1.2 ? [1, 2, 3, 5] : decades < 3 ? [1, 3] : [1];
  const round = ticks.filter(({ value }) => keep.includes(Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3))));
  if (round.length > 1) return round;
  const apart: Tick[] = [];
  for (const tick of ticks.toReversed()) {
    if (apart.length === 0 || Math.log10(apart[0]!.value / tick.value) >= decades / mostLabels) apart.unshift(tick);
  }
  return apart;
}
