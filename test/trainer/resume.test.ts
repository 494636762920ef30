/**
 * A run that was ended in any way and resumed is, to the last bit, the run that was never ended: its weights, its optimiser,
 * its slots, its evaluations and the numbers of every step.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBest, readCheckpointState } from '../../src/runs/checkpoints';
import { dropSuperseded } from '../../src/runs/metrics-reader';
import { listAttempts } from '../../src/runs/ownership';
import { readRun } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import type { MetricEvent } from '../../src/runs/schema';
import { listTraces, readTrace } from '../../src/runs/traces';
import { RandomStream } from '../../src/random/stream';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, connected, documentOf, endless, eventsOf, expectRefusal, jsonOf, listening, ofKind, startResuming, startTraining, tiny, tinyArch, train, trm, until, writeConfig } from './programs';
import type { Keys, Program } from './programs';

/** Checkpoints all the time: one after every few steps. */
const often: Keys = { ...tiny, checkpoint_minutes: 0.001, keep_checkpoints: 2 };

/** An event without what differs from one attempt to the next. */
const numbersOf = (event: MetricEvent): MetricEvent => ({ ...event, attempt: 0, wall: 0, process: 0, ...('seconds' in event ? { seconds: 0 } : {}) });

/** Everything of a finished run that must not depend on how often it was ended. */
async function essence(dir: string): Promise<Record<string, unknown>> {
  const last = path.join(dir, 'checkpoints', checkpointNames(dir).at(-1)!);
  const { step, seed, data, best, evaluation_due } = readCheckpointState(last);
  const events = dropSuperseded(await eventsOf(dir));
  const traces = await listTraces(dir);
  return {
    files: Object.fromEntries(readdirSync(last).filter(name => name.endsWith('.safetensors')).map(name => [name, createHash('sha256').update(readFileSync(path.join(last, name))).digest('hex')])),
    state: { step, seed, data, evaluation_due, best: best?.eval },
    best: readBest(dir)?.eval,
    train: ofKind(events, 'train').map(numbersOf),
    eval: ofKind(events, 'eval').map(numbersOf),
    traces: await Promise.all(traces.flatMap(({ index, steps }) => steps.map(async at => {
      const trace = await readTrace(dir, at, index);
      return { ...trace, attempt: 0, run: null };
    }))),
    last_eval: (await readRun(dir)).manifest.last_eval,
  };
}

/** Kills a trainer once `moment` has come; fulfilled when it is gone. False: it had ended before. */
async function killAt(trainer: Program, moment: Promise<unknown>): Promise<boolean> {
  const ended = await Promise.race([moment.then(() => false), trainer.ended.then(() => true)]);
  if (ended) return false;
  await trainer.kill();
  return true;
}

const writing = (dir: string): Promise<unknown> => until(() => readdirSync(path.join(dir, 'checkpoints')).some(name => name.startsWith('.step-')) || undefined);

/** The moment at which the trainer says that it evaluates. */
async function evaluating(dir: string, attempt: number): Promise<void> {
  const connection = await connected(dir, attempt);
  await new Promise<void>(resolve => {
    connection.onNotification('status', ({ activity }) => {
      if (activity.startsWith('evaluating')) resolve();
    });
    connection.onClose(resolve);
  });
  connection.dispose();
}

describe('a run that was never ended, and the same one', () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, often);
  let reference: Record<string, unknown>;
  beforeAll(async () => {
    reference = await essence(await train(folder, config, 'reference'));
  });

  it('killed at random moments, while it writes checkpoints and while it evaluates', async () => {
    const delays = RandomStream.named(7, 'kills', 0);
    const random = async (dir: string, attempt: number): Promise<void> => {
      await listening(dir, attempt);
      await sleep(delays.integer(0, 400));
    };
    const moments = [random, writing, evaluating, random, writing, random, evaluating];
    const first = startTraining(folder, config, 'killed');
    const { dir } = first;
    let { trainer } = first;
    let kills = 0;
    for (let attempt = 1; ; attempt++) {
      const moment = moments[attempt - 1];
      if (moment === undefined) break;
      await listening(dir, attempt);
      if (!await killAt(trainer, moment(dir, attempt))) break;
      kills++;
      expect((await readRun(dir)).state).toBe('crashed');
      trainer = startResuming(dir);
    }
    expect(await trainer.ended, trainer.stderr).toBe(0);
    expect((await readRun(dir)).state).toBe('finished');
    expect(kills).toBeGreaterThanOrEqual(3); // or this proved nothing
    expect(await essence(dir)).toEqual(reference);
  });

  it('stopped over the control socket while it evaluates, by SIGTERM, and paused in between', async () => {
    const { trainer, dir } = startTraining(folder, config, 'stopped');
    const connection = await connected(dir);
    await evaluating(dir, 1);
    expect(await connection.request('stop', {})).toMatchObject({ state: 'stopped' });
    connection.dispose();
    expect(await trainer.ended).toBe(0);
    expect((await readRun(dir)).state).toBe('stopped');

    const second = startResuming(dir);
    await listening(dir, 2);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect((await readRun(dir)).state).toBe('stopped');

    const third = startResuming(dir);
    const again = await connected(dir, 3);
    await again.request('pause', {});
    await until(async () => (await readRun(dir)).state === 'paused');
    await again.request('checkpoint', {});
    await third.kill();
    again.dispose();

    const fourth = startResuming(dir);
    expect(await fourth.ended, fourth.stderr).toBe(0);
    expect(await essence(dir)).toEqual(reference);
  });

  it('watched, evaluated and traced on request while it trains', async () => {
    const { trainer, dir } = startTraining(folder, config, 'asked');
    const connection = await connected(dir);
    await connection.request('evaluate', {});
    await connection.request('trace', { puzzle: { index: 1 }, depth: 5 });
    await connection.request('checkpoint', {});
    connection.dispose();
    expect(await trainer.ended, trainer.stderr).toBe(0);
    const { files, train: steps } = await essence(dir);
    expect({ files, train: steps }).toEqual({ files: reference['files'], train: reference['train'] });
  });
});

it('is bit-identical too with attention, the continue head and stored copies, without EMA', async () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, {
    ...often, ema: false, watch: [],
    arch: { ...tinyArch, mlp_t: false, num_heads: 2, pos_encodings: 'rope', no_ACT_continue: false, halt_exploration_prob: 0.5 },
    dataset: { kind: 'sudoku', size: 4, train: 60, test: 20, holes: [6, 8], augment: 2 },
  });
  const reference = await essence(await train(folder, config, 'reference'));
  const { trainer, dir } = startTraining(folder, config, 'killed');
  await until(async () => (await readRun(dir)).manifest.step > 10);
  await trainer.kill();
  const second = startResuming(dir);
  expect(await second.ended, second.stderr).toBe(0);
  expect(await essence(dir)).toEqual(reference);
});

it('a kill before the first checkpoint begins anew, one after the last only ends the run', async () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, { ...tiny, epochs: 2, watch: [] });
  const reference = await essence(await train(folder, config, 'reference'));
  const { trainer, dir } = startTraining(folder, config, 'killed');
  await listening(dir);
  await trainer.kill();
  expect(checkpointNames(dir)).toEqual([]);
  const second = startResuming(dir);
  expect(await second.ended, second.stderr).toBe(0);
  expect(await essence(dir)).toEqual(reference);

  const { state, ...manifest } = jsonOf(path.join(dir, 'run.json'));
  expect(state).toBe('finished');
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...manifest, state: 'running', finished_because: null })); // as a kill just before the end leaves it
  expect((await readRun(dir)).state).toBe('crashed');
  const third = startResuming(dir);
  expect(await third.ended, third.stderr).toBe(0);
  expect((await readRun(dir)).manifest).toMatchObject({ state: 'finished', step: 15, finished_because: 'all 15 steps done' });
  expect(checkpointNames(dir)).toEqual(['step-15']);
  expect(await essence(dir)).toEqual(reference);
});

describe('two trainers', () => {
  it('never write one folder', async () => {
    const folder = temporaryFolder();
    const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...tiny, ...endless }), 'held');
    const { manifest } = await listening(dir);
    const refused = await trm(['resume', 'held'], folder);
    expectRefusal(refused, 1, `${dir} is held by process ${trainer.pid} on ${manifest.owner.host} since `, `Stop that run first, or end process ${trainer.pid}.`);
    expect((await trm(['resume', 'held', '--take-over'], folder)).code).toBe(1); // not even then: it is alive
    const { manifest: after, state } = await readRun(dir);
    expect(state).toBe('running');
    expect(after).toMatchObject({ attempt: 1, owner: { pid: trainer.pid } });
    expect(readdirSync(path.join(dir, 'attempts'))).toEqual(['1.json']);

    await trainer.kill();
    const resumed = [startResuming(dir), startResuming(dir)]; // both at once: one gets it
    const { owner } = (await listening(dir, 2)).manifest;
    const [winner, loser] = resumed[0]!.pid === owner.pid ? [resumed[0]!, resumed[1]!] : [resumed[1]!, resumed[0]!];
    expect(await loser.ended).toBe(1);
    expect(loser.stderr).toMatch(/is (held by process \d+|being opened by another process)/);
    winner.child.kill('SIGTERM');
    expect(await winner.ended).toBe(0);
  });

  it('the second waits for one that has ended, but not yet let go', async () => {
    const folder = temporaryFolder();
    const config = writeConfig(folder, { ...tiny, ...endless });
    const { trainer, dir } = startTraining(folder, config, 'ending');
    await until(async () => ofKind(await eventsOf(dir), 'train').length > 3);
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended, trainer.stderr).toBe(0);
    const ending = RunWriter.reopen(dir); // this process holds the folder, as a trainer does until its last moment
    ending.update({ state: 'stopped' });
    const next = startResuming(dir);
    await sleep(1500);
    expect(listAttempts(dir)).toHaveLength(2);
    await ending.close();
    await listening(dir, 3);
    next.child.kill('SIGTERM');
    expect(await next.ended, next.stderr).toBe(0);
  });

  it('can both be asked for the same run id: one gets it', async () => {
    const folder = temporaryFolder();
    const config = writeConfig(folder, { ...tiny, epochs: 2 });
    const { dir, trainer } = startTraining(folder, config, 'same');
    const other = startTraining(folder, config, 'same').trainer;
    const codes = await Promise.all([trainer.ended, other.ended]);
    expect(codes.sort()).toEqual([0, 1]);
    expect(trainer.stderr + other.stderr).toContain('it is there already (EEXIST)');
    expect((await readRun(dir)).state).toBe('finished');
  });
});

it('resumes by the command line from a chosen checkpoint, and leaves the run alone when there is none of that name', async () => {
  const folder = temporaryFolder();
  const dir = await train(folder, writeConfig(folder, { ...tiny, watch: [] }), 'chosen');
  const reference = await essence(dir);
  const before = readFileSync(path.join(dir, 'run.json'), 'utf8');
  expectRefusal(await trm(['resume', 'chosen', '--checkpoint', 'step-7'], folder), 1, 'has no checkpoint "step-7"', /Choose one of .*step-60/);
  expect(readFileSync(path.join(dir, 'run.json'), 'utf8')).toEqual(before);
  expect(documentOf(await trm(['resume', 'chosen', '--checkpoint', 'step-45', '--json'], folder))).toMatchObject({ state: 'finished', step: 60 });
  const events = await eventsOf(dir);
  expect(ofKind(events, 'marker').filter(e => e.marker === 'resume')).toMatchObject([{ attempt: 2, step: 45, supersedes: 45, text: 'from step-45' }]);
  expect(await essence(dir)).toEqual(reference);
});
