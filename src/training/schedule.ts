/** The learning rate over the run: linear warm-up, then a cosine to `lr_min_ratio` of the base rate. */

/** Keys of the config the schedule follows. */
export interface ScheduleOptions { lr_warmup_steps: number; lr_min_ratio: number }

/**
 * Rate of optimiser step `step` (from 1) of `totalSteps`: base * step / warm-up while step < warm-up, then
 * base * (min + (1 - min) (1 + cos(pi progress)) / 2) with progress from the end of the warm-up to `totalSteps`.
 */
export function learningRate(base: number, step: number, totalSteps: number, { lr_warmup_steps: warmup, lr_min_ratio: min }: ScheduleOptions): number {
  if (step < warmup) return (base * step) / Math.max(1, warmup);
  const progress = (step - warmup) / Math.max(1, totalSteps - warmup);
  return base * (min + Math.max(0, (1 - min) * 0.5 * (1 + Math.cos(Math.PI * progress))));
}
