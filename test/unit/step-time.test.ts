/** The time of a step by the runs of the workspace: measured where one is the same, estimated from the nearest, unknown without any. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load';
import { resolveConfig, type ResolvedConfig } from '../../src/config/resolve';
import { stepText, stepTime, StepTimes, type TimedRun } from '../../src/host/language/step-time';
import { flopsPerStep } from '../../src/model/shapes';
import type { RunSummary } from '../../src/runs/read-run';
import { sudokuFormat } from '../../src/puzzles/sudoku-board';
import { temporaryFolder } from './runs-fixture';

const config = (...overrides: string[]): ResolvedConfig => parseConfig('arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 64, puzzle_emb_len: 2, forward_dtype: float32}\ndata_paths: [d]\nglobal_batch_size: 32\n', { overrides }).config!;
const shape = sudokuFormat(4);
const place = { engine: 'wasm', device: 'cpu', forward_dtype: 'float32' } as const;
const timed = (name: string, seconds: number, of: ResolvedConfig, more: Partial<TimedRun> = {}): TimedRun => ({ name, seconds, config: of, shape, engine: 'wasm', onGpu: false, forward_dtype: 'float32', ...more });

describe('the time of a step', () => {
  it('is that of a run of the same model, data and batch on the same engine; the newest counts', () => {
    const runs = [timed('new', 0.2, config('lr=1')), timed('old', 0.5, config())];
    expect(stepTime(config('epochs=7'), shape, place, runs)).toEqual({ seconds: 0.2, run: 'new', measured: true });
  });

  it.each([
    ['another width', config('arch.hidden_size=128'), shape],
    ['another batch', config('global_batch_size=64'), shape],
    ['other threads', config('threads=2'), shape],
    ['another board', config(), sudokuFormat(6)],
  ])('is an estimate for %s', (_, other, itsShape) => {
    const found = stepTime(other, itsShape, place, [timed('one', 0.2, config())])!;
    expect(found).toMatchObject({ run: 'one', measured: false });
    expect(found.seconds).toBeCloseTo(0.2 * flopsPerStep(other.arch, itsShape, other.global_batch_size) / flopsPerStep(config().arch, shape, 32), 10);
  });

  it('is estimated from the run nearest in operations', () => {
    const runs = [timed('small', 0.2, config()), timed('large', 9, config('arch.hidden_size=512'))];
    expect(stepTime(config('arch.hidden_size=480'), shape, place, runs)?.run).toBe('large');
  });

  it('is unknown by runs of other engines, devices and number formats', () => {
    const others = [timed('a', 1, config(), { engine: 'tensorflow' }), timed('b', 1, config(), { onGpu: true }), timed('c', 1, config(), { forward_dtype: 'bfloat16' })];
    expect(stepTime(config(), shape, place, others)).toBeNull();
  });

  it('is written with no more digits than it means', () => {
    expect([0.0001, 0.0352, 3.14].map(stepText)).toEqual(['1 ms', '35 ms', '3.1 s']);
  });
});

describe('what runs tell', () => {
  const folder = temporaryFolder();
  const event = (step: number, seconds: number): string => JSON.stringify({
    kind: 'train', attempt: 1, step, examples: step, wall: 1, process: 1, loss: 1, lm_loss: 1, q_halt_loss: 1, q_continue_loss: null, count: 0,
    accuracy: null, exact_accuracy: null, q_halt_accuracy: null, steps: null, lr: 1, grad_norm: 1, seconds,
  });
  function run(name: string, seconds: readonly number[], changes: { host?: string; config?: Record<string, unknown> } = {}): RunSummary {
    const dir = path.join(folder, name);
    mkdirSync(dir);
    writeFileSync(path.join(dir, 'metrics.jsonl'), seconds.map((s, i) => `${event(i + 1, s)}\n`).join(''));
    return { dir, manifest: {
      name, owner: { host: changes.host ?? 'here' }, config: changes.config ?? config(), engine: { name: 'wasm', forward_dtype: 'float32' },
      dataset: { train: { vocab_size: 6, seq_len: 16, identifiers: 1 } },
    } } as unknown as RunSummary;
  }

  it('is the median of their steps after the first ones', async () => {
    const [found] = await new StepTimes('here').of([run('told', [9, 9, 9, 0.1, 0.3, 0.2, 0.2, 50, 0.1])]);
    expect(found).toMatchObject({ name: 'told', seconds: 0.2, engine: 'wasm', onGpu: false, shape: { seq_len: 16 } });
    expect(found!.config).toEqual(resolveConfig(config()));
  });

  it('is nothing from runs of another machine, too short ones, and ones that cannot be read', async () => {
    const many = [9, 9, 9, 1, 1, 1, 1, 1, 1];
    const gone = { ...run('gone', []), dir: path.join(folder, 'nowhere') };
    expect(await new StepTimes('here').of([run('far', many, { host: 'there' }), run('short', many.slice(0, 7)), run('odd', many, { config: { arch: 3 } }), gone])).toEqual([]);
  });
});
