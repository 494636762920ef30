/**
 * A batch in pieces, through the whole trainer: worker threads on wasm (resumed bit for bit, with as many as the run began
 * with; stopped and killed in the middle of a step), and micro-batches, down to the paper's batch of 768 in small ones.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dropSuperseded } from '../../src/runs/metrics-reader';
import { readRun } from '../../src/runs/read-run';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, connected, documentOf, endless, eventsOf, expectRefusal, jsonOf, listening, ofKind, startResuming, startTraining, tiny, tinyArch, train, trm, until, writeConfig } from './programs';
import type { Keys } from './programs';

/** As many slots as two threads are worth, 30 steps, checkpoints all the time. */
const split: Keys = { ...tiny, global_batch_size: 64, epochs: 32, eval_interval: 8, threads: 2, checkpoint_minutes: 0.001, watch: [] };

/** What must not depend on how often a run was ended: every step's numbers, and all that its last checkpoint holds. */
async function essence(dir: string): Promise<unknown> {
  const last = path.join(dir, 'checkpoints', checkpointNames(dir).at(-1)!);
  const events = dropSuperseded(await eventsOf(dir));
  return {
    files: readdirSync(last).filter(name => name.endsWith('.safetensors')).map(name => [name, createHash('sha256').update(readFileSync(path.join(last, name))).digest('hex')]),
    steps: ofKind(events, 'train').map(({ step, loss, grad_norm, accuracy }) => ({ step, loss, grad_norm, accuracy })),
    evaluations: ofKind(events, 'eval').map(({ step, exact_accuracy, lm_loss }) => ({ step, exact_accuracy, lm_loss })),
  };
}

const engineIn = (dir: string): unknown => (jsonOf(path.join(dir, 'run.json'))['engine'] as { threads: number }).threads;

describe('worker threads', () => {
  const folder = temporaryFolder();

  it('a run that was killed and resumed is the run that never was, on as many threads as it began with', async () => {
    const config = writeConfig(folder, split);
    const reference = await essence(await train(folder, config, 'reference'));
    const { trainer, dir } = startTraining(folder, config, 'killed');
    await until(async () => (await readRun(dir)).manifest.step > 8);
    await trainer.kill();
    expect((await readRun(dir)).state).toBe('crashed');
    const second = startResuming(dir);
    await listening(dir, 2);
    second.child.kill('SIGTERM');
    expect(await second.ended, second.stderr).toBe(0);
    const third = startResuming(dir);
    expect(await third.ended, third.stderr).toBe(0);
    expect(engineIn(dir)).toBe(2);
    expect(await essence(dir)).toEqual(reference);
    expect(ofKind(await eventsOf(dir), 'alert').filter(({ code }) => code === 'engine')).toEqual([]);
  });

  it('train as one thread does, within rounding', async () => {
    const losses = await Promise.all([1, 2].map(async threads => {
      const dir = await train(folder, writeConfig(folder, { ...split, epochs: 8, threads }, `threads-${threads}`), `threads-${threads}`);
      expect(engineIn(dir)).toBe(threads);
      return ofKind(await eventsOf(dir), 'train').map(({ loss }) => loss);
    }));
    expect(losses[0]!.length).toBeGreaterThan(5);
    losses[0]!.forEach((loss, i) => expect(losses[1]![i]).toBeCloseTo(loss, 3));
  });

  it('stop, pause and answer while they train, and leave nothing behind', async () => {
    const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...split, ...endless }, 'endless'), 'endless');
    const connection = await connected(dir);
    await until(async () => (await readRun(dir)).manifest.step > 3);
    await connection.request('pause', {});
    await until(async () => (await readRun(dir)).state === 'paused');
    const { step } = await connection.request('status', {});
    await sleep(300);
    expect((await connection.request('status', {})).step).toBe(step);
    await connection.request('resume', {});
    await until(async () => (await readRun(dir)).manifest.step > step);
    await connection.request('evaluate', {});
    expect(await connection.request('stop', {})).toMatchObject({ state: 'stopped' });
    connection.dispose();
    expect(await trainer.ended).toBe(0);
  });
});

describe('micro-batches', () => {
  const folder = temporaryFolder();

  it('train the paper\'s batch of 768 slots on a little memory, and resume bit for bit', async () => {
    const config = writeConfig(folder, { ...tiny, global_batch_size: 768, micro_batch_size: 24, epochs: 64, eval_interval: 64, checkpoint_minutes: 0.001, watch: [] });
    const reference = await train(folder, config, 'reference');
    expect((await readRun(reference)).manifest.step).toBe(5);
    const { trainer, dir } = startTraining(folder, config, 'killed');
    await until(async () => (await readRun(dir)).manifest.step > 1);
    await trainer.kill();
    const second = startResuming(dir);
    expect(await second.ended, second.stderr).toBe(0);
    expect(await essence(dir)).toEqual(await essence(reference));
  });

  it('are part of the run\'s config, and evaluated with through the command line', async () => {
    const config = writeConfig(folder, { ...tiny, arch: { ...tinyArch, no_ACT_continue: false }, global_batch_size: 12, micro_batch_size: 4, epochs: 4, watch: [] }, 'small');
    const dir = await train(folder, config, 'small');
    expect(jsonOf(path.join(dir, 'run.json'))['config']).toMatchObject({ global_batch_size: 12, micro_batch_size: 4 });
    const { last_eval } = (await readRun(dir)).manifest;
    const document = documentOf(await trm(['eval', dir, '--json'], folder));
    expect(document).toMatchObject({ exact_accuracy: last_eval!.exact_accuracy, count: 20 });
  });

  it('of a size that does not divide the batch are refused', async () => {
    const config = writeConfig(folder, { ...tiny, global_batch_size: 12, micro_batch_size: 5 }, 'odd');
    expectRefusal(await trm(['train', config], folder), 2, /odd\.trm\.yaml:\d+:\d+: micro_batch_size: must divide global_batch_size; expected a divisor of 12, e\.g\. [46]; found 5/);
  });
});
