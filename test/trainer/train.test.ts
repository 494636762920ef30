/** A whole training, what it leaves behind, and what the command line makes of it. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listCheckpoints, readBest, readCheckpoint } from '../../src/runs/checkpoints';
import { readRun } from '../../src/runs/read-run';
import { runManifestSchema, traceSchema } from '../../src/runs/schema';
import { listTraces, readTrace, readTraceFile } from '../../src/runs/traces';
import { temporaryFolder } from '../unit/runs-fixture';
import { Program, checkpointNames, documentOf, endless, eventsOf, jsonOf, ofKind, tiny, trm, until, writeConfig } from './programs';
import type { Ended } from './programs';

describe('a finished training', () => {
  const folder = temporaryFolder();
  let ended: Ended;
  let dir: string;
  let said: Record<string, unknown>;

  beforeAll(async () => {
    writeConfig(folder, { ...tiny, keep_checkpoints: 2 });
    ended = await trm(['train', 'tiny.trm.yaml', 'lr=2e-3', '--json'], folder);
    said = documentOf(ended);
    dir = String(said['dir']);
  });

  it('ends with one JSON document that has every documented key', () => {
    expect(said).toMatchObject({ state: 'finished', engine: 'wasm', step: 60, total_steps: 60, finished_because: 'all 60 steps done' });
    expect(path.basename(dir)).toBe(said['run']);
    expect(path.dirname(dir)).toBe(path.join(folder, 'runs'));
    expect(said['run']).toMatch(/^tiny-\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect(said['seconds']).toBeGreaterThan(0);
    const number: unknown = expect.any(Number);
    expect(said['eval']).toMatchObject({ exact_accuracy: number, cell_accuracy: number, count: 20 });
    expect(said['best']).toMatchObject({ checkpoint: readBest(dir)!.checkpoint, exact_accuracy: number, cell_accuracy: number, count: 20 });
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('leaves a manifest that says what was trained, on what, and how it ended', () => {
    const manifest = runManifestSchema.parse(jsonOf(path.join(dir, 'run.json')));
    expect(manifest).toMatchObject({ id: said['run'], name: 'tiny', state: 'finished', step: 60, total_steps: 60, attempt: 1, overrides: ['lr=2e-3'], failure: null });
    expect(manifest.config).toMatchObject({ lr: 2e-3, beta2: 0.95, eval_interval: 2 });
    expect(manifest.dataset!.train).toMatchObject({ examples: 60, seq_len: 16 });
    expect(manifest.dataset!.test).toMatchObject({ examples: 20 });
    expect(manifest.engine).toMatchObject({ name: 'wasm', forward_dtype: 'float32' });
    expect(manifest.parameters!.dense).toBeGreaterThan(1000);
    expect(manifest.last_eval!.step).toBe(60);
  });

  it('keeps the config byte for byte', () => {
    expect(readFileSync(path.join(dir, 'config.trm.yaml'))).toEqual(readFileSync(path.join(folder, 'tiny.trm.yaml')));
  });

  it('tells every step, evaluation and marker in its metrics', async () => {
    const events = await eventsOf(dir);
    expect(ofKind(events, 'train').map(e => e.step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(ofKind(events, 'eval').map(e => e.step)).toEqual([15, 30, 45, 60]);
    for (const { count, total, depth, per_step, weights } of ofKind(events, 'eval')) {
      expect({ count, total, depth, weights, steps: per_step.map(({ k }) => k) }).toEqual({ count: 20, total: 20, depth: 3, weights: 'ema', steps: [1, 2, 3] });
    }
    expect(ofKind(events, 'train').at(-1)!.loss).toBeLessThan(ofKind(events, 'train')[0]!.loss);
    const halting = ofKind(events, 'halting');
    expect(halting.map(e => e.step)).toEqual(Array.from({ length: 20 }, (_, i) => 3 * (i + 1))); // a window of halt_max_steps steps,
    for (const { per_step } of halting) expect(per_step.reduce((sum, { slots }) => sum + slots, 0)).toBe(3 * 8); // each of all 8 slots
    expect(ofKind(events, 'system')[0]!.rss).toBeGreaterThan(1e7);
    const markers = ofKind(events, 'marker').map(e => e.marker);
    expect(markers[0]).toBe('start');
    expect(markers.at(-1)).toBe('end');
    expect(markers).toContain('best');
    expect(markers).toContain('checkpoint');
    expect(ofKind(events, 'alert').filter(e => e.level !== 'info')).toEqual([]);
  });

  it('keeps a trace of every watched puzzle at every evaluation', async () => {
    expect(await listTraces(dir)).toEqual([{ index: 0, steps: [15, 30, 45, 60] }, { index: 3, steps: [15, 30, 45, 60] }]);
    const trace = await readTrace(dir, 30, 3);
    expect(trace).toMatchObject({ run: said['run'], step: 30, weights: 'ema', kind: 'sudoku', rows: 4, cols: 4, depth: 3, halt_max_steps: 3, puzzle: { index: 3 } });
    expect(trace.frames).toEqual([1, 2, 3].flatMap(m => [{ m, t: 1, i: 1, feature: 'z', name: 'z_L' }, { m, t: 1, i: 2, feature: 'y', name: 'z_H' }]));
  });

  it('keeps the newest checkpoints and the best', async () => {
    const best = readBest(dir)!;
    expect(checkpointNames(dir)).toEqual([...new Set([best.checkpoint, 'step-45', 'step-60'])].sort());
    expect(readdirSync(path.join(dir, 'checkpoints')).filter(name => name.startsWith('.'))).toEqual([]);
    for (const { dir: checkpoint, step } of listCheckpoints(dir)) expect(readCheckpoint(checkpoint).state.step).toBe(step);
    expect(best.checkpoint).toBe(`step-${best.eval.step}`);
    const [first] = ofKind(await eventsOf(dir), 'eval').sort((a, b) => b.exact_accuracy - a.exact_accuracy || b.accuracy - a.accuracy || a.step - b.step);
    expect(best.eval.step).toBe(first!.step);
  });

  it('is evaluated by `trm eval` to the very numbers of its own last evaluation', async () => {
    const own = ofKind(await eventsOf(dir), 'eval').at(-1)!;
    const evaluation = documentOf(await trm(['eval', path.join(dir, 'checkpoints', 'step-60'), '--json'], folder));
    const stamp = ['kind', 'attempt', 'examples', 'wall', 'process', 'seconds', 'accuracy'];
    const { accuracy } = own;
    const same = Object.fromEntries(Object.entries(own).filter(([key]) => !stamp.includes(key)));
    expect(evaluation).toMatchObject({ ...same, run: said['run'], checkpoint: 'step-60', engine: 'wasm', cell_accuracy: accuracy });
    const deep = documentOf(await trm(['eval', String(said['run']), '--depth', '20', '--examples', '9', '--json'], folder));
    expect(deep).toMatchObject({ depth: 20, count: 9, total: 20, checkpoint: readBest(dir)!.checkpoint });
    expect(deep['per_step']).toHaveLength(20);
  });

  it('is traced by `trm trace`, deeper than it was trained', async () => {
    const trace = traceSchema.parse(documentOf(await trm(['trace', dir, '--puzzle', '3', '--depth', '20', '--json'], folder)));
    expect(trace).toMatchObject({ depth: 20, halt_max_steps: 3, puzzle: { index: 3 } });
    expect(trace.halting).toHaveLength(20);
    const file = path.join(folder, 'trace.json');
    const told = await trm(['trace', path.join(dir, 'checkpoints', 'step-60'), '--puzzle', '3', '--out', file], folder);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain('supervision step 3 of 3');
    const own = await readTrace(dir, 60, 3);
    expect({ ...await readTraceFile(file), attempt: 1 }).toEqual(own);
  });

  it('is listed by `trm runs`', async () => {
    const { runs, broken } = documentOf(await trm(['runs', '--json'], folder)) as { runs: unknown[]; broken: unknown[] };
    expect(broken).toEqual([]);
    expect(runs).toMatchObject([{ run: said['run'], state: 'finished', step: 60, total_steps: 60 }]);
  });

  it('is not resumed, and stays finished', async () => {
    const before = readFileSync(path.join(dir, 'run.json'), 'utf8');
    const again = await trm(['resume', String(said['run'])], folder);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`Run ${String(said['run'])} is complete: all 60 steps are done.`);
    expect(readFileSync(path.join(dir, 'run.json'), 'utf8')).toEqual(before);
  });
});

it('ends as stop_when says, and can go on from there', async () => {
  const folder = temporaryFolder();
  writeConfig(folder, { ...tiny, stop_when: { 'eval/accuracy': 0.01 }, watch: [] });
  const first = documentOf(await trm(['train', 'tiny.trm.yaml', '--json'], folder));
  expect(first).toMatchObject({ state: 'finished', step: 15, finished_because: 'stop_when reached: eval/accuracy >= 0.01' });
  expect(documentOf(await trm(['resume', String(first['run']), '--json'], folder))).toMatchObject({ run: first['run'], state: 'finished', step: 30 });
});

describe('Ctrl-C', () => {
  it('writes a checkpoint and ends with 130', async () => {
    const folder = temporaryFolder();
    writeConfig(folder, { ...tiny, ...endless });
    const program = new Program('trm', ['train', 'tiny.trm.yaml', '--json'], folder);
    const dir = await until(() => /Run folder: (.*)\n/.exec(program.stderr)?.[1]);
    await until(async () => ofKind(await eventsOf(dir), 'train').length > 3);
    program.child.kill('SIGINT');
    expect(await program.ended, program.stderr).toBe(130);
    const { manifest, state } = await readRun(dir);
    expect(state).toBe('stopped');
    expect(checkpointNames(dir)).toEqual([`step-${manifest.step}`]);
    expect(JSON.parse(program.stdout)).toMatchObject({ run: manifest.id, state: 'stopped', step: manifest.step, finished_because: `stopped by the user at step ${manifest.step}` });
    expect(program.stderr).toContain('Stopping: the trainer writes a checkpoint');
  });

  it('also ends a training that is only just beginning', async () => {
    const folder = temporaryFolder();
    writeConfig(folder, { ...tiny, ...endless });
    const program = new Program('trm', ['train', 'tiny.trm.yaml'], folder);
    const runs = path.join(folder, 'runs');
    await until(() => readdirSync(runs).length > 0);
    program.child.kill('SIGINT');
    expect(await program.ended, program.stderr).toBe(130);
    expect(program.stderr).not.toMatch(/^\s+at /m);
    const [id] = readdirSync(runs);
    expect((await readRun(path.join(runs, id!))).state).toBe('stopped');
  });
});
