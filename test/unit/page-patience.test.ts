/** A page that says nothing is given to its webview again, as long as somebody looks at it, and not for ever. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { giveUntilHeard, patience } from '../../src/host/page-patience';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function page() {
  const told: string[] = [];
  const shown = { told, visible: true, given: 0 };
  const heard = giveUntilHeard({
    visible: () => shown.visible,
    give: () => { shown.given++; },
    silent: (seconds, again) => told.push(`${seconds} s${again ? ', again' : ''}`),
  });
  return { shown, heard };
}
const pass = (seconds: number): unknown => vi.advanceTimersByTime(seconds * 1000);

test('one that answers is given once', () => {
  const { shown, heard } = page();
  pass(patience[0] - 1);
  heard();
  pass(1000);
  expect(shown).toEqual({ told: [], visible: true, given: 1 });
});

test('one that is silent is given again, with more time each time, and at last given up', () => {
  const { shown } = page();
  pass(patience[0]);
  expect(shown.given).toBe(2);
  pass(patience[1] - 1);
  expect(shown.given).toBe(2);
  pass(1);
  expect(shown.given).toBe(3);
  pass(10_000);
  expect(shown).toEqual({ told: ['6 s, again', '12 s, again', '24 s'], visible: true, given: 3 });
  expect(vi.getTimerCount()).toBe(0);
});

test('one that nobody sees has time', () => {
  const { shown, heard } = page();
  shown.visible = false;
  pass(60);
  expect(shown.given).toBe(1);
  shown.visible = true;
  pass(patience[0]);
  expect(shown.given).toBe(2);
  heard();
  pass(1000);
  expect(shown.told).toEqual(['6 s, again']);
});
