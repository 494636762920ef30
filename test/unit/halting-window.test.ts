/** When the sums over halting are written: soon at first, rarely in long runs, never before every supervision step was seen. */
import { expect, test } from 'vitest';
import { HaltingWindow, windowEnds } from '../../src/trainer/halting-window';

const ends = (haltMaxSteps: number, totalSteps: number): number[] =>
  Array.from({ length: totalSteps }, (_, i) => i + 1).filter(step => windowEnds(step, haltMaxSteps, totalSteps));

test('a short run has a window every halt_max_steps', () => {
  expect(ends(8, 40)).toEqual([8, 16, 24, 32, 40]);
});

test('the first window of a long run ends as soon, and there are some hundreds in all', () => {
  const all = ends(16, 65_104);
  expect(all[0]).toBe(16);
  expect(all.length).toBeGreaterThan(200);
  expect(all.length).toBeLessThan(600);
  expect(Math.min(...all.slice(1).map((step, i) => step - all[i]!))).toBe(16);
});

test('sums become means over the slots of each supervision step', () => {
  const window = new HaltingWindow();
  const count = { halted_by_q: 1, halted_by_max: 0, held_by_exploration: 0 };
  const none = { slots: 0, sum_p_halt: 0, halted_by_q: 0, halted_by_max: 0, held_by_exploration: 0 };
  window.add([{ ...count, slots: 4, sum_p_halt: 1 }, none, none]);
  window.add([{ ...count, slots: 4, sum_p_halt: 3 }, none, { ...count, slots: 2, sum_p_halt: 1 }]);
  expect(window.take().map(({ k, slots, mean_p_halt, halted_by_q }) => ({ k, slots, mean_p_halt, halted_by_q }))).toEqual([
    { k: 1, slots: 8, mean_p_halt: 0.5, halted_by_q: 2 }, { k: 3, slots: 2, mean_p_halt: 0.5, halted_by_q: 1 },
  ]);
  expect(window.take()).toEqual([]);
});
