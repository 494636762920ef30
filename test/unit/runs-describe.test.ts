import { expect, it } from 'vitest';
import { accuracyText, durationText, runStatusLine, shareText } from '../../src/runs/describe';
import { temporaryFolder } from './runs-fixture';
import { evalSummary, newRun } from './runs-values';

const { manifest } = newRun(temporaryFolder());
const best = { checkpoint: 'step-1', metric: 'exact_accuracy', eval: evalSummary(1) } as const;

it('says an accuracy with its count and interval', () => {
  expect(accuracyText(evalSummary(1))).toBe('94.0 % exact (188 of 200; 89.8-96.5 %)');
  expect(accuracyText({ exact_accuracy: 0, exact_count: 0, count: 50, exact_interval: [0, 0.07] })).toBe('0 % exact (0 of 50; 0.0-7.0 %)');
});

it('never rounds a share to 0 or 100 %', () => {
  expect([0, 0.0001, 0.005, 0.5, 0.954, 0.995, 0.9999, 1].map(shareText)).toEqual(['0 %', '0.1 %', '0.5 %', '50.0 %', '95.4 %', '99.5 %', '99.9 %', '100 %']);
});

it('says where a run stands', () => {
  const run = { manifest: { ...manifest, step: 120 }, state: 'running', lastSeen: null, best } as const;
  expect(runStatusLine({ ...run, best: null })).toBe('running, step 120 of 400');
  expect(runStatusLine(run)).toBe('running, step 120 of 400, best 94.0 % exact (188 of 200; 89.8-96.5 %)');
  expect(runStatusLine(run, { step: 121, totalSteps: 400, activity: 'evaluating 3 of 9 puzzles', stepsPerSecond: 3.14, eta: 125 }))
    .toBe('running, step 121 of 400, evaluating 3 of 9 puzzles, 3.1 steps/s, about 2 min left, best 94.0 % exact (188 of 200; 89.8-96.5 %)');
  expect(runStatusLine({ ...run, state: 'running', best: null }, { step: 121, totalSteps: 400, activity: 'pausing after this step', stepsPerSecond: null, eta: null })).toBe('running, step 121 of 400, pausing after this step');
  expect(runStatusLine({ ...run, state: 'lost', lastSeen: new Date('2026-01-02T03:04:05Z'), best: null, manifest: { ...manifest, owner: { ...manifest.owner, host: 'a\u001b[2Jb' } } }))
    .toBe('lost contact with a [2Jb (last seen 2026-01-02 03:04 UTC), step 0 of 400');
  expect(runStatusLine({ ...run, state: 'failed', best: null, manifest: { ...manifest, failure: { cause: 'disk', message: 'The disk is full.\nx', next: '' } } }))
    .toBe('failed, step 0 of 400, The disk is full. x');
});

it('says a time span as people do', () => {
  expect([0, 40, 89.4, 120, 3600, 3 * 3600 + 300, 52 * 3600, NaN].map(durationText)).toEqual(['0 s', '40 s', '89 s', '2 min', '60 min', '3 h 5 min', '2 d 4 h', 'an unknown time']);
});
