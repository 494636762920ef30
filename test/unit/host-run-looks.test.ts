/** Looks of runs in comparisons: kept in every view and over reloads, never shared by runs shown together. */
import { expect, it } from 'vitest';
import { looksOf } from '../../src/host/run-looks';
import type { LooksMemory } from '../../src/host/run-looks';

function memory(): LooksMemory & { kept: Readonly<Record<string, number>> } {
  const it = { kept: {} as Readonly<Record<string, number>>, get: () => it.kept, set: (looks: Readonly<Record<string, number>>) => { it.kept = JSON.parse(JSON.stringify(looks)) as Record<string, number>; } };
  return it;
}

it('stay with a run while others come and go', () => {
  const known = memory();
  expect(looksOf(['a', 'b'], known)).toEqual({ a: 0, b: 1 });
  expect(looksOf(['b', 'c'], known)).toEqual({ b: 1, c: 2 });
  expect(looksOf(['c', 'a'], known)).toEqual({ c: 2, a: 0 });
  expect(looksOf(['c', 'a', 'b'], { ...known, set: () => { throw new Error('nothing is new'); } })).toEqual({ c: 2, a: 0, b: 1 });
});

it('are never shared by runs shown together, also when more runs are known than there are looks', () => {
  const known = memory();
  looksOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'], known);
  for (const shown of [['h', 'i', 'b'], ['a', 'h'], ['g', 'f', 'e', 'd', 'c', 'b', 'i']]) {
    const before = { ...known.kept };
    const looks = looksOf(shown, known);
    expect(new Set(Object.values(looks)).size).toBe(shown.length);
    expect(Object.values(looks).every(look => look >= 0 && look < 7)).toBe(true);
    if (shown[0]! in before) expect(looks[shown[0]!]).toBe(before[shown[0]!]); // the one in focus keeps its look
  }
});

it('of the runs known longest are forgotten when there are very many', () => {
  const known = memory();
  for (let i = 0; i < 400; i++) looksOf([`r${i}`], known);
  expect(Object.keys(known.kept)).toHaveLength(300);
  expect(known.kept).toHaveProperty('r399');
});
