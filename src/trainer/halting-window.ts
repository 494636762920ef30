/** What halting did among the training slots since the last `halting` event, summed up per supervision step. */
import type { HaltingEvent } from '../runs/schema';
import type { HaltingCount } from '../training/slots';

/** Windows there are in a run of any length, about. */
const windows = 200;

/**
 * Whether a window ends with this optimiser step. The first ones are as short as can be, so that there is something to see soon,
 * and later ones longer. None is shorter than `halt_max_steps`: slots that begin together pass supervision step k
 * together, and a window must see every k.
 */
export function windowEnds(step: number, haltMaxSteps: number, totalSteps: number): boolean {
  let length = haltMaxSteps;
  while (2 * length <= totalSteps / windows && step >= 32 * length) length *= 2;
  return step % length === 0;
}

/** Sums over a window of optimiser steps. */
export class HaltingWindow {
  private sums: HaltingCount[] = [];

  /** Adds the counts of one optimiser step. */
  add(counts: readonly HaltingCount[]): void {
    counts.forEach((count, k) => {
      const sum = (this.sums[k] ??= { slots: 0, sum_p_halt: 0, halted_by_q: 0, halted_by_max: 0, held_by_exploration: 0 });
      for (const key of Object.keys(count) as (keyof HaltingCount)[]) sum[key] += count[key];
    });
  }

  /** The window's event body; the window is empty afterwards. Counts k that no slot reached are left out. */
  take(): HaltingEvent['per_step'] {
    const taken = this.sums.map(({ sum_p_halt, ...count }, k) => ({ k: k + 1, mean_p_halt: count.slots ? sum_p_halt / count.slots : 0, ...count })).filter(({ slots }) => slots > 0);
    this.sums = [];
    return taken;
  }
}
