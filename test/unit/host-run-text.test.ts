/** Runs and evaluations in the editor's words. */
import { describe, expect, it } from 'vitest';
import { evaluationDocument, evaluationSummary } from '../../src/host/evaluation-text';
import { depthLimit, haltMaxSteps, isLive, isResumable, progressOf, runDescription, runDetails, runHeader, stateIcon, statusBarText } from '../../src/host/run-text';
import type { RunSummary } from '../../src/runs/read-run';
import type { EvalSummary, RunState } from '../../src/runs/schema';

const evaluation: EvalSummary = {
  step: 100, depth: 8, count: 200, total: 200, weights: 'ema', exact_accuracy: 0.94, exact_count: 188, exact_interval: [0.9, 0.97], accuracy: 0.98, accuracy_interval: [0.97, 0.99],
};
const run = (state: RunState, more: Partial<RunSummary['manifest']> = {}): RunSummary => ({
  dir: '/runs/a', state, pinned: false, lastSeen: null, best: { checkpoint: 'step-100', metric: 'exact_accuracy', eval: evaluation }, warnings: [],
  manifest: {
    schema: 1, id: 'a', name: 'sudoku', created: '2026-01-01T00:00:00.000Z', config_path: '/c.trm.yaml', config: { arch: { halt_max_steps: 8 } }, overrides: [],
    dataset: null, engine: null, versions: {}, parameters: { dense: 1_000_000, puzzle_emb: 200 }, total_steps: 400, step: 120, attempt: 1,
    owner: { host: 'h', boot_id: 'b', pid: 1, process_start: '1', nonce: 'n', socket: null }, state: 'running', updated: '2026-01-01T00:00:00.000Z',
    process_seconds: 60, failure: null, finished_because: null, last_eval: null, notes: '', tags: [], parent: null, ...more,
  },
});
const status = { run: 'a', state: 'running', step: 130, totalSteps: 400, activity: 'training', stepsPerSecond: 3.14, eta: 86 } as const;
const states: RunState[] = ['pending', 'running', 'paused', 'finished', 'failed', 'stopped', 'crashed', 'lost'];

describe('a run in words', () => {
  it('says state, progress and best accuracy', () => {
    expect(runDescription(run('running'), null)).toBe('running, 30 %, best 94.0 % exact');
    expect(runDescription(run('running'), status)).toBe('running, 32 %, best 94.0 % exact');
    expect(runDescription(run('finished'), null)).toBe('finished, best 94.0 % exact');
    expect(runDescription({ ...run('running', { total_steps: null }), best: null }, null)).toBe('running');
  });
  it('has an icon of its own for every state', () => {
    expect(new Set(states.map(s => stateIcon(s).icon)).size).toBe(states.length);
  });
  it('knows which are live and which can be resumed', () => {
    expect(states.filter(isLive)).toEqual(['pending', 'running', 'paused']);
    const done = { step: 400 };
    expect(states.filter(state => isResumable(run(state, done)))).toEqual(['paused', 'failed', 'stopped', 'crashed', 'lost']);
    expect(isResumable(run('finished', { step: 300 }))).toBe(true); // stop_when was reached
    expect(isResumable(run('finished', { total_steps: null }))).toBe(false);
  });
  it('never counts back when a status is older than run.json', () => {
    expect(progressOf(run('running', { step: 200 }), status)).toBe(0.5);
    expect(progressOf(run('running', { total_steps: 0 }), null)).toBeNull();
  });
  it('fits the status bar', () => {
    expect(statusBarText(run('running'), status, 0)).toBe('$(sync~spin) TRM 32 % 3.1 steps/s');
    expect(statusBarText(run('paused'), status, 2)).toBe('$(debug-pause) TRM 32 % (+2)');
    expect(statusBarText(run('pending', { total_steps: null }), null, 0)).toBe('$(sync~spin) TRM pending');
  });
  it('says what a run does that does not train yet', () => {
    const pending = { ...run('pending', { total_steps: null, step: 0 }), best: null };
    const making = { ...status, state: 'pending', step: 0, totalSteps: null, activity: 'making the dataset, 43 %', stepsPerSecond: null, eta: 125 } as const;
    expect(runDescription(pending, making)).toBe('pending, making the dataset, 43 %');
    expect(statusBarText(pending, making, 0)).toBe('$(sync~spin) TRM making the dataset, 43 %');
    expect(runHeader(pending, making, null)).toMatchObject({ status: 'pending, making the dataset, 43 %, about 2 min left', totalSteps: null });
  });
  it('gives what to do with a failure', () => {
    const failed = run('failed', { failure: { cause: 'bad_data', message: 'No data.', next: 'Build it.' } });
    expect(runDetails(failed, null)).toContainEqual(['what to do', 'Build it.']);
    expect(runHeader(failed, null, null).failure).toEqual({ message: 'No data.', next: 'Build it.' });
    expect(runHeader(run('running'), null, null).failure).toBeNull();
  });
  it('says why a run finished before its last step', () => {
    const because = 'stop_when reached: eval/exact_accuracy >= 0.99';
    expect(runHeader(run('finished', { step: 300, total_steps: 400, finished_because: because }), null, null).status).toBe(`finished, step 300 of 400, ${because}`);
    expect(runHeader(run('finished', { step: 400, total_steps: 400, finished_because: 'all 400 steps done' }), null, null).status).toBe('finished, step 400 of 400');
  });
  it('heads the charts with the newest step it knows', () => {
    expect(runHeader(run('running'), null, { step: 125 })).toMatchObject({ step: 125, totalSteps: 400, haltMaxSteps: 8 });
    expect(runHeader(run('running'), status, { step: 125 }).step).toBe(130);
  });
  it.each([[{}, 16], [{ arch: 'trm' }, 16], [{ arch: { halt_max_steps: -3 } }, 16], [{ arch: { halt_max_steps: 4 } }, 4], [{ arch: { halt_max_steps: 1e9 } }, 128]])('reads halt_max_steps of %j as %i', (config, steps) => {
    expect(haltMaxSteps(config)).toBe(steps);
  });
  it.each([[{}, 128], [{ arch: { name: 'hrm', halt_max_steps: 4 } }, 128], [{ arch: { name: 'direct' } }, 1], [{ arch: { name: 'deq' } }, 1]])('of %j, %i supervision steps can be asked for', (config, steps) => {
    expect(depthLimit(config)).toBe(steps);
  });
});

describe('an evaluation in words', () => {
  const answer = { ...evaluation, run: 'a', per_step: [{ k: 1, exact_accuracy: 0.5, accuracy: 0.8, mean_p_halt: 0.25, would_halt: 0.1 }] };
  it('finds the summary in the answer, and none in anything else', () => {
    expect(evaluationSummary(answer)).toEqual(evaluation);
    for (const other of [null, 3, {}, { eval: null }]) expect(evaluationSummary(other)).toBeNull();
  });
  it('is a document with a table over supervision steps', () => {
    const text = evaluationDocument('a, step-100', answer);
    expect(text).toContain('# Evaluation of a, step-100');
    expect(text).toContain('94.0 % exact (188 of 200; 90.0-97.0 %)');
    expect(text).toContain('| 1 | 50.0 % | 80.0 % | 25.0 % | 10.0 % |');
  });
});
