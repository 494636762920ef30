/**
 * The training batch: B slots, each with a puzzle and the number of supervision steps it has had. A slot that has
 * halted takes the row offered at its index in the next data batch; rows offered to slots still running are skipped,
 * not queued. Which slots halt is decided here, on the host, from the halting logits and seeded draws.
 */
import { wantsToHalt } from '../model/halting';
import type { Halting } from '../model/halting';
import type { Batch } from '../puzzles/dataset';
import { IGNORE_LABEL_ID } from '../puzzles/dataset';
import type { RandomStream } from '../random/stream';

/** What happened to the slots at count k in one step. */
export interface HaltingCount { slots: number; sum_p_halt: number; halted_by_q: number; halted_by_max: number; held_by_exploration: number }

/** B slots. */
export class Slots {
  readonly inputs: Int32Array;
  readonly labels: Int32Array;
  readonly puzzleIdentifiers: Int32Array;
  /** Supervision steps each slot has had. */
  readonly steps: Int32Array;
  /** 1 where the slot halted in the last step; all start so. */
  readonly halted: Uint8Array;

  constructor(readonly size: number, readonly seqLen: number, private readonly halting: Halting) {
    this.inputs = new Int32Array(size * seqLen);
    this.labels = new Int32Array(size * seqLen).fill(IGNORE_LABEL_ID);
    this.puzzleIdentifiers = new Int32Array(size);
    this.steps = new Int32Array(size);
    this.halted = new Uint8Array(size).fill(1);
  }

  /** Slots that had halted take their row of `batch`; returns 1 where (y, z) must be reset, [B]. */
  offer(batch: Batch): Float32Array {
    const { seqLen } = this;
    const reset = new Float32Array(this.size);
    for (let b = 0; b < this.size; b++) {
      if (!this.halted[b]) continue;
      reset[b] = 1;
      this.inputs.set(batch.inputs.subarray(b * seqLen, (b + 1) * seqLen), b * seqLen);
      this.labels.set(batch.labels.subarray(b * seqLen, (b + 1) * seqLen), b * seqLen);
      this.puzzleIdentifiers[b] = batch.puzzleIdentifiers[b]!;
      this.steps[b] = 0;
    }
    return reset;
  }

  /** 1 where the coming supervision step is the slot's last, [B]: what the continue head's target needs to know. */
  lastStep(): Float32Array {
    return Float32Array.from(this.steps, count => (count + 1 >= this.halting.halt_max_steps ? 1 : 0));
  }

  /**
   * Counts the step and decides who halts: at halt_max_steps, or, where the architecture halts early in training, when q_halt > 0
   * (with the continue head: q_halt > q_continue). Exploration, drawn anew at every step for every slot: with probability
   * halt_exploration_prob the slot may only halt from a random count in 2..halt_max_steps on.
   * Returns what happened, by count k (index k - 1).
   */
  settle(qHalt: ArrayLike<number>, qContinue: ArrayLike<number>, exploration: RandomStream): HaltingCount[] {
    const { halt_max_steps: max, halt_exploration_prob: probability, inTraining } = this.halting;
    const counts = Array.from({ length: max }, () => ({ slots: 0, sum_p_halt: 0, halted_by_q: 0, halted_by_max: 0, held_by_exploration: 0 }));
    for (let b = 0; b < this.size; b++) {
      const count = ++this.steps[b]!;
      const explores = exploration.uniform() < probability;
      const atLeast = max > 1 ? exploration.integer(2, max) : 1;
      const last = count >= max;
      const wants = inTraining && wantsToHalt(this.halting, qHalt[b]!, qContinue[b]!);
      const held = inTraining && explores && count < atLeast;
      const at = counts[Math.min(count, max) - 1]!;
      at.slots++;
      at.sum_p_halt += 1 / (1 + Math.exp(-qHalt[b]!));
      if (last) at.halted_by_max++;
      else if (wants && held) at.held_by_exploration++;
      else if (wants) at.halted_by_q++;
      this.halted[b] = (last || wants) && !held ? 1 : 0;
    }
    return counts;
  }
}
