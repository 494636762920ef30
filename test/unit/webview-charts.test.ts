/** The chart layer without a canvas: what is kept, what is drawn of it, how it is smoothed, written and exported. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Column } from '../../webview/charts/column';
import { Extremes, markedApart } from '../../webview/charts/decimate';
import { toCsv } from '../../webview/charts/csv';
import { HeatData } from '../../webview/charts/heat-data';
import { logTicks } from '../../webview/charts/log-ticks';
import { annotations, thinMarks } from '../../webview/charts/marks';
import { rampColor } from '../../webview/charts/ramp';
import { Series, standingAt, visible } from '../../webview/charts/series';
import { extentOf, panned, shareIn, valueIn } from '../../webview/charts/span';
import { countAxis, durationAxis, roundCounts, roundSeconds } from '../../webview/charts/x-axis';
import { formatBytes, formatDuration, formatNumber, formatPercent, formatTick } from '../../webview/shared/format';
import { spaced } from '../../webview/shared/spaced';

/** A column and a series over it of the given values; x counts from 1. */
function wave(n: number, value: (i: number) => number | null): { x: Column; y: Series } {
  const x = new Column();
  const y = new Series();
  for (let i = 0; i < n; i += 1) { x.push(i + 1); y.push(value(i)); }
  return { x, y };
}

describe('a column', () => {
  it('grows, is cut, and finds values', () => {
    const column = new Column(2);
    for (let i = 0; i < 1000; i += 1) column.push(i * 2);
    expect([column.length, column.last, column.at(500), column.at(1000)]).toEqual([1000, 1998, 1000, Number.NaN]);
    expect([column.lowerBound(-1), column.lowerBound(10), column.lowerBound(11), column.lowerBound(5000)]).toEqual([0, 5, 6, 1000]);
    expect([column.nearest(10.9), column.nearest(11.2), column.nearest(-5), column.nearest(1e6)]).toEqual([5, 6, 0, 999]);
    column.truncate(3);
    expect([...column.view()]).toEqual([0, 2, 4]);
    column.push(null);
    expect(column.last).toBeNaN();
  });
});

describe('drawing many points as few', () => {
  const noise = (i: number): number => Math.sin(i / 900) + 0.3 * Math.sin(i * 12.9898);

  it('keeps every point when there are few, without those that have no value', () => {
    const { x, y } = wave(10, i => (i === 4 ? null : i));
    const points = y.points(x, { min: 1, max: 10 }, 100, 0);
    expect(points.map(p => p.x)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
  });

  it('draws at most two points per pixel, in order, with the true minimum and maximum of every pixel', () => {
    const n = 100_000;
    const { x, y } = wave(n, i => (i === 77_777 ? 50 : noise(i)));
    const pixels = 400;
    const points = y.points(x, { min: 1, max: n }, pixels, 0);
    expect(points.length).toBeLessThanOrEqual(2 * (pixels + 2));
    for (let i = 1; i < points.length; i += 1) expect(points[i]!.x).toBeGreaterThan(points[i - 1]!.x);
    expect(points).toContainEqual({ x: 77_778, y: 50 });
    // A block may lie over the edge of two pixels, so an extreme may show one pixel beside its place, but is never lost.
    const pixelOf = (at: number): number => Math.floor(((at - 1) / (n - 1)) * pixels);
    const lows = new Array<number>(pixels + 1).fill(Infinity);
    const highs = new Array<number>(pixels + 1).fill(-Infinity);
    y.values.view().forEach((value, i) => { const p = pixelOf(i + 1); lows[p] = Math.min(lows[p]!, value); highs[p] = Math.max(highs[p]!, value); });
    for (let p = 0; p < pixels; p += 1) {
      const near = points.filter(point => Math.abs(pixelOf(point.x) - p) <= 1).map(point => point.y);
      expect(Math.min(...near)).toBeLessThanOrEqual(lows[p]!);
      expect(Math.max(...near)).toBeGreaterThanOrEqual(highs[p]!);
    }
  });

  it('gives the same points however the values arrived', () => {
    const n = 5_000;
    const whole = wave(n, noise);
    const x = new Column();
    const y = new Series();
    for (let i = 0; i < n; i += 1) {
      x.push(i + 1);
      y.push(noise(i));
      if (i % 37 === 0) y.points(x, { min: 1, max: i + 1 }, 50, 0);
    }
    expect(y.points(x, { min: 1, max: n }, 50, 0)).toEqual(whole.y.points(whole.x, { min: 1, max: n }, 50, 0));
  });

  it('forgets what was cut off', () => {
    const cut = wave(4_000, i => (i > 2_500 ? 1000 : noise(i)));
    cut.y.points(cut.x, { min: 1, max: 4_000 }, 20, 0);
    cut.x.truncate(2_100);
    cut.y.truncate(2_100);
    for (let i = 2_100; i < 4_000; i += 1) { cut.x.push(i + 1); cut.y.push(noise(i)); }
    const clean = wave(4_000, noise);
    expect(cut.y.points(cut.x, { min: 1, max: 4_000 }, 20, 0)).toEqual(clean.y.points(clean.x, { min: 1, max: 4_000 }, 20, 0));
    expect(cut.y.points(cut.x, { min: 1, max: 4_000 }, 20, 0.5)).toEqual(clean.y.points(clean.x, { min: 1, max: 4_000 }, 20, 0.5));
  });

  it('shows full detail of a small window, and reaches both its edges', () => {
    const { x, y } = wave(100_000, noise);
    const points = y.points(x, { min: 50_000, max: 50_020 }, 400, 0);
    expect(points.map(p => p.x)).toEqual(Array.from({ length: 22 }, (_, i) => 49_999 + i));
    expect(visible(x, { min: 50_000, max: 50_020 })).toEqual({ from: 49_998, to: 50_020 });
  });

  it('draws nothing where no value is', () => {
    const values = new Column();
    const x = new Column();
    for (let i = 0; i < 1_000; i += 1) { x.push(i); values.push(Number.NaN); }
    expect(new Extremes(values).decimate(x, 0, 1_000, { min: 0, max: 999 }, 10)).toEqual([]);
  });
});

describe('marks on points', () => {
  const span = { min: 0, max: 100 };
  const marked = (xs: number[], pixels: number): number[] => { const marks = markedApart(xs.map(x => ({ x, y: 0 })), span, pixels, 10); return xs.filter((_, i) => marks[i]); };

  it('are on every point when there is room, else thinned, never left out, the last always marked', () => {
    expect(marked([0, 25, 50], 100)).toEqual([0, 25, 50]);
    expect(marked([0, 4, 8, 12, 16, 20], 100)).toEqual([8, 20]);
    expect(marked(Array.from({ length: 1_000 }, (_, i) => i / 10), 300)).toHaveLength(30);
    expect(marked([7], 100)).toEqual([7]);
  });
});

describe('the value at the crosshair', () => {
  const span = { min: 1, max: 5_000 };
  const { x } = wave(100, i => i);

  it('is the nearest one; there is none before the first', () => {
    expect([1, 7.4, 7.6, 100].map(at => standingAt(x, at, span, 500))).toEqual([0, 6, 7, 99]);
    expect([0.9, -4].map(at => standingAt(x, at, span, 500))).toEqual([-1, -1]);
  });

  it('is none where a shorter run has ended, but within a pixel or the distance between two values', () => {
    expect([109, 111, 4_000].map(at => standingAt(x, at, span, 500))).toEqual([99, -1, -1]); // a pixel is 10 steps
    expect([101, 102].map(at => standingAt(x, at, { min: 90, max: 190 }, 500))).toEqual([99, -1]);
    expect([109, 120, 4_000].map(at => standingAt(x, at, { min: 1, max: 10_000, log: true }, 100))).toEqual([99, -1, -1]);
  });

  it('is the only one at its place alone, and none where there is no value', () => {
    const one = new Column();
    expect(standingAt(one, 5, span, 500)).toBe(-1);
    one.push(30);
    expect([29, 30, 39, 41].map(at => standingAt(one, at, span, 500))).toEqual([-1, 0, 0, -1]);
  });
});

describe('smoothing', () => {
  it('is the de-biased exponential average', () => {
    const { x, y } = wave(4, i => [10, 0, null, 4][i]!);
    const w = 0.9;
    const a1 = 0.1 * 10;
    const a2 = w * a1;
    const a3 = w * a2 + 0.1 * 4;
    const points = y.points(x, { min: 1, max: 4 }, 100, w);
    expect(points.map(p => p.x)).toEqual([1, 2, 4]);
    [a1 / (1 - w), a2 / (1 - w ** 2), a3 / (1 - w ** 3)].forEach((expected, i) => expect(points[i]!.y).toBeCloseTo(expected, 5));
  });

  it('leaves a constant alone from the first value on, at any weight', () => {
    const { x, y } = wave(500, () => 3);
    for (const weight of [0, 0.5, 0.99]) for (const point of y.points(x, { min: 1, max: 500 }, 1000, weight)) expect(point.y).toBeCloseTo(3, 10);
  });
});

describe('heat data', () => {
  const x = new Column();
  const heat = new HeatData(2);
  // Columns at 10, 20, 30: row 0 has means 0, 0.5, 1 of weight 1, 1, 2; row 1 is only there in the second.
  [10, 20, 30].forEach(at => x.push(at));
  heat.push([{ row: 0, mean: 0, weight: 1 }]);
  heat.push([{ row: 0, mean: 0.5, weight: 1 }, { row: 1, mean: 0.2, weight: 4 }]);
  heat.push([{ row: 0, mean: 1, weight: 2 }, { row: 1, mean: 0.9, weight: 0 }, { row: 7, mean: 1, weight: 1 }]);

  it('weighs means by how many they are of', () => {
    expect(heat.mean(0, 0, 3)).toBeCloseTo(2.5 / 4, 12);
    expect(heat.mean(1, 0, 3)).toBeCloseTo(0.2, 12);
    expect(heat.mean(1, 2, 3)).toBeNaN();
    expect(heat.weight(0, 1, 3)).toBe(3);
  });

  it('gives a bin without a column to the next one, and nothing after the last', () => {
    const bins = heat.bin(x, { min: 10, max: 50 }, 8); // of width 5
    const row0 = Array.from({ length: 8 }, (_, b) => bins[b * 2]!);
    expect(row0).toEqual([0, 0.5, 0.5, 1, 1, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('has bins of equal width in the plot on a logarithmic axis', () => {
    const bins = heat.bin(x, { min: 10, max: 1_000, log: true }, 2); // 10 to 100, then 100 to 1,000
    expect([bins[0], bins[2]]).toEqual([heat.mean(0, 0, 3), Number.NaN].map(Math.fround));
  });

  it('forgets columns that were taken back', () => {
    heat.truncate(1);
    heat.push([{ row: 0, mean: 0.25, weight: 1 }]);
    expect([heat.columns, heat.mean(0, 1, 2)]).toEqual([2, 0.25]);
  });
});

describe('a window that is panned', () => {
  const whole = { min: 0, max: 100 };

  it('moves by a share of its width, and stops at the ends of the data', () => {
    expect([0.25, -0.25].map(share => panned({ min: 40, max: 60 }, whole, share))).toEqual([{ min: 45, max: 65 }, { min: 35, max: 55 }]);
    expect(panned({ min: 78, max: 98 }, whole, 0.25)).toEqual({ min: 80, max: 100 });
    expect(panned({ min: 0, max: 20 }, whole, -0.25)).toEqual({ min: 0, max: 20 });
    expect(panned({ min: 90, max: 110 }, whole, 0.25)).toEqual({ min: 90, max: 110 }); // dragged there: no further
    expect(panned({ min: 90, max: 110 }, whole, -0.25)).toEqual({ min: 85, max: 105 });
  });

  it('keeps its width in the plot on a logarithmic axis', () => {
    const { min, max } = panned({ min: 10, max: 1_000, log: true }, { min: 1, max: 100_000 }, 0.5);
    expect([min, max]).toEqual([expect.closeTo(100, 9), expect.closeTo(10_000, 7)]);
  });
});

describe('a logarithmic x axis', () => {
  const span = { min: 1, max: 100_000, log: true };

  it('places values by their logarithm, and back', () => {
    expect([1, 10, 100_000].map(shareIn(span))).toEqual([0, expect.closeTo(0.2, 12), 1]);
    for (const share of [-0.1, 0, 0.3, 1]) expect(shareIn(span)(valueIn(span)(share))).toBeCloseTo(share, 12);
    expect([0, 25, 100].map(shareIn({ min: 0, max: 100 }))).toEqual([0, 0.25, 1]);
  });

  it('begins at the first value above 0', () => {
    const [x, empty, zero] = [new Column(), new Column(), new Column()];
    for (const value of [0, 3, 9]) x.push(value);
    zero.push(0);
    expect(extentOf([x, empty, zero], true)).toEqual({ min: 3, max: 9 });
    expect(extentOf([x, empty, zero], false)).toEqual({ min: 0, max: 9 });
    expect(extentOf([zero], true)).toBeNull();
  });

  it('draws the first steps one by one, and at most two points per pixel of the others, without losing a spike', () => {
    const n = 100_000;
    const { x, y } = wave(n, i => (i === 77_777 ? 50 : Math.sin(i)));
    const pixels = 400; // 80 per decade
    const points = y.points(x, span, pixels, 0);
    expect(points.length).toBeLessThanOrEqual(2 * (pixels + 2));
    expect(points.slice(0, 30).map(point => point.x)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(points).toContainEqual({ x: 77_778, y: 50 });
    for (let i = 1; i < points.length; i += 1) expect(points[i]!.x).toBeGreaterThan(points[i - 1]!.x);
  });

  it('has ticks at round numbers, as many as there is room for; those of a linear one in a narrow window', () => {
    expect(countAxis('step', 'Step', true).ticks(1, 40_000, 8)).toEqual([1, 10, 100, 1_000, 10_000]);
    expect(countAxis('step', 'Step', true).ticks(1, 400, 9)).toEqual([1, 2, 5, 10, 20, 50, 100, 200]);
    expect(countAxis('step', 'Step', true).ticks(52, 80, 4)).toEqual([60, 70, 80]);
    expect(durationAxis('process', 'Process time', true).ticks(2, 90_000, 7)).toEqual([10, 60, 600, 3_600, 36_000, 86_400]);
  });
});

describe('axes, marks and numbers', () => {
  it('labels of a narrow logarithmic window stand apart', () => {
    const labels = (values: number[]): number[] => logTicks(values.map(value => ({ value })), values[0]!, values.at(-1)!).map(({ value }) => value);
    expect(labels([1.75, 1.76, 1.77, 1.78, 1.79, 1.8, 1.85, 1.9, 2])).toEqual([1.76, 1.8, 1.85, 1.9, 2]);
    expect(labels([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.5, 1])).toEqual([0.01, 0.03, 0.1, 1]);
  });

  it('chooses round ticks inside the window', () => {
    expect(roundCounts(1, 1240, 6)).toEqual([250, 500, 750, 1000]);
    expect(roundCounts(1, 4, 6)).toEqual([1, 2, 3, 4]);
    expect(roundSeconds(0, 600, 6)).toEqual([0, 120, 240, 360, 480, 600]);
    expect(roundSeconds(0, 7_000, 5)).toEqual([0, 1_800, 3_600, 5_400]);
  });

  it('thins marks of one look that would lie on each other, keeping the last', () => {
    const mark = (x: number, shape: 'star' | 'rectRot') => ({ x, text: `${x}`, color: 'red', look: { kind: 'foot' as const, shape } });
    const kept = thinMarks([mark(10, 'rectRot'), mark(11, 'star'), mark(12, 'rectRot'), mark(500, 'rectRot'), mark(2_000, 'rectRot')], { min: 0, max: 1_000 }, 200);
    expect(kept.map(m => m.text)).toEqual(['11', '12', '500']);
  });

  it('writes the names of marks in rows, so that neighbours do not lie on each other', () => {
    const marks = [10, 20, 30, 40].map(x => ({ x, text: `${x}`, ...(x === 20 ? {} : { label: `mark ${x}` }), color: 'red', look: { kind: 'line' as const, dash: [] } }));
    const labels = annotations(marks, [], { family: 'sans', color: 'grey' }).filter(({ type }) => type === 'label') as { content: string; yAdjust: number }[];
    expect(labels.map(({ content, yAdjust }) => [content, yAdjust])).toEqual([['mark 10', 0], ['mark 30', 12], ['mark 40', 24]]);
  });

  it('writes numbers with units', () => {
    expect([formatNumber(0.53124), formatNumber(1204.4), formatNumber(3.2e-5), formatNumber(Number.NaN)]).toEqual(['0.5312', '1,204', '3.2e-5', '–']);
    expect([formatTick(10_000), formatTick(1500), formatTick(2.5e6), formatTick(0.0002)]).toEqual(['10k', '1,500', '2.5M', '2e-4']);
    expect([formatPercent(0.974), formatBytes(512 * 1024 ** 2), formatBytes(0)]).toEqual(['97.4 %', '512 MiB', '0 B']);
    expect([0.25, 45, 725, 12_000, 187_200].map(formatDuration)).toEqual(['250 ms', '45 s', '12 min 5 s', '3 h 20 min', '2 d 4 h']);
  });

  it('writes CSV that reads back', () => {
    expect(toCsv(['a', 'b'], [['say "x", y', 0.1], ['', Number.NaN]])).toBe('a,b\n"say ""x"", y",0.1\n,\n');
  });

  it('writes no text into CSV that a spreadsheet would take for a formula', () => {
    expect(toCsv(['name', 'value'], [['=HYPERLINK("http://x")', -1.5], ['-run', 2], ['+a', 3], ['@b', 4], ['a=b', 5]]))
      .toBe('name,value\n"\'=HYPERLINK(""http://x"")",-1.5\n\'-run,2\n\'+a,3\n\'@b,4\na=b,5\n');
  });

  it('colours shares from dark to bright', () => {
    const light = (share: number): number => { const [r, g, b] = rampColor(share); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    for (let i = 1; i <= 20; i += 1) expect(light(i / 20)).toBeGreaterThan(light((i - 1) / 20));
  });
});

describe('work that is spaced', () => {
  beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }); });
  afterEach(() => { vi.useRealTimers(); });

  it('is done soon after the first call, then once per pause, and always after the last call', () => {
    const times: number[] = [];
    const began = performance.now();
    const soon = spaced(() => times.push(performance.now() - began), 2_000);
    for (let i = 0; i < 25; i += 1) { soon(); vi.advanceTimersByTime(100); } // the last call is after 2.4 s
    vi.advanceTimersByTime(10_000);
    expect(times).toEqual([0, 2_000, 4_000]);
    soon();
    vi.advanceTimersByTime(0);
    expect(times.at(-1)).toBe(12_500);
  });
});
