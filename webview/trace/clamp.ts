/** A number a person typed, as a whole number within bounds; what is no number becomes the lower bound. */
export function clampWhole(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : low;
}
