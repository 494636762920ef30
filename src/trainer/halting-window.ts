/** What halting did among the training slots since the last `halting` event, summed up per supervision step. */
import type { HaltingEvent } from '../runs/schema';
import type { HaltingCount } from '../training/slots';

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
