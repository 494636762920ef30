/** The life of a training batch's slots: who takes a new puzzle, who halts, and what exploration does to that. */
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/puzzles/dataset';
import { RandomStream } from '../../src/random/stream';
import type { Halting } from '../../src/model/halting';
import { Slots } from '../../src/training/slots';

const slotsOf = (size: number, options: Partial<Halting> = {}): Slots =>
  new Slots(size, 2, { halt_max_steps: 4, halt_exploration_prob: 0, threshold: 'zero', inTraining: true, inEvaluation: false, trainsContinue: false, ...options });

/** Rows r of batch `id` hold the tokens 100 id + r, the label 1000 + that, and the identifier 10 id + r. */
function batch(id: number, rows: number): Batch {
  const row = (base: number): Int32Array => Int32Array.from({ length: rows * 2 }, (_, i) => base + 100 * id + Math.floor(i / 2));
  return { inputs: row(0), labels: row(1000), puzzleIdentifiers: Int32Array.from({ length: rows }, (_, r) => 10 * id + r) };
}

const draws = (step = 1): RandomStream => RandomStream.named(0, 'exploration', step);
const no = (size: number): Float32Array => new Float32Array(size).fill(-1);
const yes = (size: number): Float32Array => new Float32Array(size).fill(1);

describe('taking puzzles', () => {
  test('all slots start as halted: the first batch goes to every one', () => {
    const slots = slotsOf(3);
    expect([...slots.halted]).toEqual([1, 1, 1]);
    expect([...slots.offer(batch(1, 3))]).toEqual([1, 1, 1]);
    expect([...slots.inputs]).toEqual([100, 100, 101, 101, 102, 102]);
    expect([...slots.labels]).toEqual([1100, 1100, 1101, 1101, 1102, 1102]);
    expect([...slots.puzzleIdentifiers]).toEqual([10, 11, 12]);
  });

  test('rows offered at running slots are skipped, not queued', () => {
    const slots = slotsOf(3);
    slots.offer(batch(1, 3));
    slots.settle([-1, 1, -1], no(3), draws());
    expect([...slots.halted]).toEqual([0, 1, 0]);
    expect([...slots.offer(batch(2, 3))]).toEqual([0, 1, 0]);
    expect([...slots.puzzleIdentifiers]).toEqual([10, 21, 12]);
    expect([...slots.steps]).toEqual([1, 0, 1]);
    slots.settle([1, -1, 1], no(3), draws());
    // The rows 20 and 22, skipped before, do not come back.
    expect([...slots.offer(batch(3, 3))]).toEqual([1, 0, 1]);
    expect([...slots.inputs]).toEqual([300, 300, 201, 201, 302, 302]);
    expect([...slots.labels]).toEqual([1300, 1300, 1201, 1201, 1302, 1302]);
    expect([...slots.puzzleIdentifiers]).toEqual([30, 21, 32]);
    expect([...slots.steps]).toEqual([0, 1, 0]);
  });
});

describe('halting', () => {
  test('at halt_max_steps, whatever q says', () => {
    const slots = slotsOf(2);
    slots.offer(batch(1, 2));
    for (let count = 1; count <= 4; count++) {
      slots.settle(no(2), no(2), draws());
      expect([...slots.halted]).toEqual(count < 4 ? [0, 0] : [1, 1]);
    }
    expect([...slots.steps]).toEqual([4, 4]);
  });

  test('by q_halt > 0, not at 0', () => {
    const slots = slotsOf(3);
    slots.offer(batch(1, 3));
    slots.settle([1e-6, 0, -1e-6], [5, -5, -5], draws());
    expect([...slots.halted]).toEqual([1, 0, 0]);
  });

  test('with the continue head by q_halt > q_continue, whatever their signs', () => {
    const slots = slotsOf(4, { threshold: 'q_continue' });
    slots.offer(batch(1, 4));
    slots.settle([-2, 2, 1, -3], [-3, 3, 1, -2], draws());
    expect([...slots.halted]).toEqual([1, 0, 0, 0]);
  });

  test('one step at most: every slot halts in it, and q decides nothing', () => {
    const slots = slotsOf(2, { halt_max_steps: 1, halt_exploration_prob: 1 });
    slots.offer(batch(1, 2));
    expect([...slots.lastStep()]).toEqual([1, 1]);
    const [count] = slots.settle([-9, 9], no(2), draws());
    expect([...slots.halted]).toEqual([1, 1]);
    expect(count).toMatchObject({ slots: 2, halted_by_max: 2, halted_by_q: 0, held_by_exploration: 0 });
  });

  test('lastStep marks the slots whose coming step reaches halt_max_steps', () => {
    const slots = slotsOf(2);
    slots.offer(batch(1, 2));
    slots.settle([-1, 1], no(2), draws());
    slots.offer(batch(2, 2)); // slot 1 begins anew
    const seen = [];
    for (let step = 2; step <= 4; step++) {
      seen.push([...slots.lastStep()]);
      slots.settle(no(2), no(2), draws());
    }
    expect(seen).toEqual([[0, 0], [0, 0], [1, 0]]);
  });

  test('counts what happened, by the slots\' counts', () => {
    const slots = slotsOf(3, { halt_max_steps: 2 });
    slots.offer(batch(1, 3));
    slots.settle([0, -1, -1], no(3), draws()); // all go on
    slots.halted[2] = 1;
    slots.offer(batch(2, 3)); // slot 2 begins anew: counts are now 2, 2, 1
    const counts = slots.settle([0, -Infinity, 3], no(3), draws());
    expect(counts).toHaveLength(2);
    expect(counts[0]).toMatchObject({ slots: 1, halted_by_q: 1, halted_by_max: 0, held_by_exploration: 0 });
    expect(counts[0]!.sum_p_halt).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
    expect(counts[1]).toMatchObject({ slots: 2, halted_by_q: 0, halted_by_max: 2, held_by_exploration: 0, sum_p_halt: 0.5 });
  });
});

describe('exploration', () => {
  const size = 40_000;
  const p = 0.3;
  const max = 5;
  /** A slot at count k that wants to halt is held when it explores and draws m > k out of 2..max. */
  const heldAt = (k: number): number => (p * (max - k)) / (max - 1);
  /** Five standard errors of a share of `size` slots. */
  const close = (share: number, expected: number): void =>
    expect(Math.abs(share - expected), `share ${share}, expected ${expected}`).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / size) + 1e-12);

  test('holds back with the exact probability at every count, drawn anew at each step and never remembered', () => {
    const slots = slotsOf(size, { halt_max_steps: max, halt_exploration_prob: p });
    slots.offer(batch(1, size));
    const held: Uint8Array[] = [];
    for (let k = 1; k <= max; k++) {
      const count = slots.settle(yes(size), no(size), RandomStream.named(7, 'exploration', k))[k - 1]!;
      held.push(slots.halted.map(halted => 1 - halted));
      close(count.held_by_exploration / size, heldAt(k));
      expect(count.held_by_exploration + count.halted_by_q + count.halted_by_max).toBe(size);
    }
    const share = (...steps: number[]): number => held[0]!.filter((_, b) => steps.every(k => held[k - 1]![b])).length / size;
    close(share(1, 2), heldAt(1) * heldAt(2));
    close(share(2, 3), heldAt(2) * heldAt(3));
    close(share(1, 2, 3), heldAt(1) * heldAt(2) * heldAt(3));
    expect(share(max)).toBe(0);
  });

  test('never makes a slot halt that does not want to', () => {
    const slots = slotsOf(500, { halt_exploration_prob: 1 });
    slots.offer(batch(1, 500));
    const [count] = slots.settle(no(500), no(500), draws());
    expect(slots.halted.every(halted => halted === 0)).toBe(true);
    expect(count).toMatchObject({ held_by_exploration: 0, halted_by_q: 0 });
  });

  test('is the same for the same seed and step, another for another step', () => {
    const run = (seed: number, step: number): string => {
      const slots = slotsOf(64, { halt_exploration_prob: 0.5 });
      slots.offer(batch(1, 64));
      slots.settle(yes(64), no(64), RandomStream.named(seed, 'exploration', step));
      return slots.halted.join('');
    };
    expect(run(1, 1)).toBe(run(1, 1));
    expect(new Set([run(1, 1), run(1, 2), run(1, 3), run(2, 1)]).size).toBe(4);
  });
});
