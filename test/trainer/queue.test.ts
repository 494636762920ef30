/** The queue with real trainers: one run after another, past one that fails, and on after everything was killed. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { queueWorker } from '../../src/runs/queue';
import { listRuns, readRun } from '../../src/runs/read-run';
import type { RunSummary } from '../../src/runs/read-run';
import { temporaryFolder } from '../unit/runs-fixture';
import { Program, documentOf, endless, expectRefusal, listening, tiny, trm, until, writeConfig } from './programs';

process.env['XDG_DATA_HOME'] = temporaryFolder(); // where queues of this machine wait for each other: not for those of whoever runs the tests

const brief = { ...tiny, epochs: 4 };
const runsOf = async (folder: string): Promise<RunSummary[]> => (await listRuns(path.join(folder, 'runs'))).runs;
const worker = (folder: string): Program => new Program('trainer', ['queue', path.join(folder, 'runs')]);

describe('the queue', () => {
  it('trains a sweep one after another, past a run that fails, and shows the table', async () => {
    const folder = temporaryFolder();
    writeConfig(folder, { ...brief, sweep: { 'data_paths': [['data/tiny'], ['missing/\u0000x']], 'seed': [0, 1] } });
    const ended = await trm(['sweep', 'tiny.trm.yaml', '--json'], folder);
    const table = documentOf(ended) as { rows: { title: string; mean: number | null; interval: unknown; runs: { state: string; exact_accuracy: number | null; count: number | null }[] }[] };
    expect(ended.stderr).toContain('4 runs queued');
    expect(table.rows.map(row => row.runs.map(run => run.state))).toEqual([['finished', 'finished'], ['failed', 'failed']]);
    expect(table.rows[0]).toMatchObject({ title: 'data_paths=["data/tiny"]', runs: [{ count: 20 }, { count: 20 }] });
    expect(table.rows[0]!.mean).toBeCloseTo((table.rows[0]!.runs[0]!.exact_accuracy! + table.rows[0]!.runs[1]!.exact_accuracy!) / 2);
    expect(table.rows[1]).toMatchObject({ mean: null, interval: null });
    // One at a time: each began after the one before had ended.
    const runs = (await runsOf(folder)).toSorted((a, b) => a.manifest.experiment!.order - b.manifest.experiment!.order);
    expect(runs.map(run => run.manifest.attempt)).toEqual([1, 1, 1, 1]);
    expect(runs.map(run => run.manifest.config['seed'])).toEqual([0, 0, 1, 1]);
    const shown = await trm(['experiment', 'show'], folder);
    expect(shown.stdout).toContain('failed, failed');
    await until(() => queueWorker(path.join(folder, 'runs')) === null);
  });

  it('waits for a run that trains already, and is one process however often it is started', async () => {
    const folder = temporaryFolder();
    const config = writeConfig(folder, { ...tiny, ...endless });
    const first = new Program('trainer', ['train', config, '--runs-dir', path.join(folder, 'runs'), '--run-id', 'first']);
    await listening(path.join(folder, 'runs', 'first'));
    writeConfig(folder, brief, 'brief');
    expect((await trm(['train', 'brief.trm.yaml', '--queue', '--runs-dir', 'runs'], folder)).code).toBe(0);
    const one = await until(() => queueWorker(path.join(folder, 'runs')) ?? undefined);
    const second = worker(folder);
    expect(await second.ended).toBe(0);
    expect(queueWorker(path.join(folder, 'runs'))).toMatchObject({ pid: one.pid });
    expect(documentOf(await trm(['queue', '--json'], folder))).toMatchObject({ worker: { pid: one.pid }, training: [{ run: 'first' }], queued: [{ name: 'brief' }] });
    expect(documentOf(await trm(['stop', 'first', '--json'], folder))).toMatchObject({ run: 'first', state: 'stopped' });
    await first.ended;
    await until(async () => (await runsOf(folder)).every(run => ['finished', 'stopped'].includes(run.state)));
    await until(() => queueWorker(path.join(folder, 'runs')) === null);
  });

  it('goes on after everything was killed: first with the run that was being trained, from its checkpoint', async () => {
    const folder = temporaryFolder();
    const runsDir = path.join(folder, 'runs');
    writeConfig(folder, { ...tiny, ...endless, checkpoint_minutes: 0.001 }, 'long');
    writeConfig(folder, brief, 'brief');
    const [long] = documentOf(await trm(['train', 'long.trm.yaml', '--queue', '--json'], folder))['runs'] as string[];
    const [after] = documentOf(await trm(['train', 'brief.trm.yaml', '--queue', '--json'], folder))['runs'] as string[];
    const dir = path.join(runsDir, long!);
    await until(async () => (await readRun(dir)).manifest.step >= 5);
    // What works on the queue and what trains are ended as a restart of the machine ends them.
    process.kill((await until(() => queueWorker(runsDir) ?? undefined)).pid, 'SIGKILL');
    process.kill((await readRun(dir)).manifest.owner.pid, 'SIGKILL');
    await until(async () => (await readRun(dir)).state === 'crashed' && queueWorker(runsDir) === null);
    expect((await readRun(path.join(runsDir, after!))).state).toBe('queued');
    expect((await trm(['queue', 'start'], folder)).stdout).toContain('Started.');
    await listening(dir, 2);
    expect((await readRun(path.join(runsDir, after!))).state).toBe('queued');
    expect((await trm(['stop', long!], folder)).code).toBe(0);
    await until(async () => (await readRun(path.join(runsDir, after!))).state === 'finished');
  });

  it('ends, and so does who follows it, when a run cannot even be begun', async () => {
    const folder = temporaryFolder();
    const runsDir = path.join(folder, 'runs');
    const config = writeConfig(folder, { ...tiny, ...endless });
    const first = new Program('trainer', ['train', config, '--runs-dir', runsDir, '--run-id', 'first']);
    await listening(path.join(runsDir, 'first'));
    writeConfig(folder, { ...brief, sweep: { lr: [1e-3, 1e-4] } });
    const sweep = new Program('trm', ['sweep', 'tiny.trm.yaml'], folder);
    const blocked = await until(async () => (await runsOf(folder)).find(run => run.state === 'queued' && run.manifest.experiment?.order === 0));
    writeFileSync(path.join(blocked.dir, 'attempts'), ''); // nobody can take it
    expect((await trm(['stop', 'first'], folder)).code).toBe(0);
    await first.ended;
    expect(await sweep.ended, sweep.stderr).toBe(1);
    expect(sweep.stderr).toContain('The queue ended and left a run waiting: tiny: lr=0.001.');
    await until(() => queueWorker(runsDir) === null);
    expect((await runsOf(folder)).map(run => run.state).toSorted()).toEqual(['finished', 'queued', 'stopped']);
    const log = readFileSync(path.join(runsDir, '.queue', 'queue.log'), 'utf8');
    expect(log.split(`begins ${blocked.manifest.id}`)).toHaveLength(3); // once by each of the two workers that were started
  });

  it('waits for the queue of another folder, and for a run that its worker left to itself', async () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    writeConfig(one, { ...tiny, ...endless }, 'long');
    writeConfig(other, brief, 'brief');
    const [long] = documentOf(await trm(['train', 'long.trm.yaml', '--queue', '--json'], one))['runs'] as string[];
    await listening(path.join(one, 'runs', long!));
    await trm(['train', 'brief.trm.yaml', '--queue'], other);
    const waiting = await until(async () => {
      const told = documentOf(await trm(['queue', '--json'], other)) as { worker: { waits_for: string | null } | null; queued: unknown[] };
      return told.worker?.waits_for === path.join(one, 'runs') && told;
    });
    expect(waiting.queued).toHaveLength(1);
    expect((await trm(['queue'], other)).stderr).toContain(`waits until that of ${path.join(one, 'runs')} is empty`);
    expect((await trm(['queue', 'stop'], one)).code).toBe(0);
    await until(() => queueWorker(path.join(one, 'runs')) === null);
    await until(async () => (documentOf(await trm(['queue', '--json'], other)) as { worker: { waits_for: unknown } }).worker.waits_for === null);
    expect((await runsOf(other))[0]!.state).toBe('queued');
    expect((await trm(['stop', long!], one)).code).toBe(0);
    await until(async () => (await runsOf(other))[0]!.state === 'finished');
    await until(() => queueWorker(path.join(other, 'runs')) === null);
  });

  it('says what is wrong with an experiment as it was asked for, and queues nothing', async () => {
    const folder = temporaryFolder();
    writeConfig(folder, brief);
    expectRefusal(await trm(['sweep', 'tiny.trm.yaml'], folder), 2, 'There is nothing to vary', 'arch.L_cycles=2,4,6');
    expectRefusal(await trm(['experiment', 'ablation', 'tiny.trm.yaml', '--rows', 'lstm'], folder), 2, 'has no row called lstm', 'Its rows: trm, act');
    expect(await runsOf(folder)).toEqual([]);
  });

  it('begins no other run when it is stopped; a run can be taken out, and begun by hand', async () => {
    const folder = temporaryFolder();
    const runsDir = path.join(folder, 'runs');
    writeConfig(folder, { ...tiny, ...endless }, 'long');
    writeConfig(folder, brief, 'brief');
    const queue = async (config: string): Promise<string> => (documentOf(await trm(['train', `${config}.trm.yaml`, '--queue', '--json'], folder))['runs'] as string[])[0]!;
    const [long, one, other] = [await queue('long'), await queue('brief'), await queue('brief')];
    await listening(path.join(runsDir, long));
    expect((await trm(['queue', 'stop'], folder)).stdout).toContain('No other run will be begun.');
    await until(() => queueWorker(runsDir) === null);
    expect((await readRun(path.join(runsDir, long))).state).toBe('running');
    expect((await trm(['stop', long], folder)).code).toBe(0);
    expect((await trm(['queue', 'remove', one], folder)).stdout).toContain('is out of the queue');
    expectRefusal(await trm(['queue', 'remove', one], folder), 1, `Run ${one} is stopped: it does not wait in the queue.`);
    expect(documentOf(await trm(['resume', other, '--json'], folder))).toMatchObject({ state: 'finished' });
    expect((await readRun(path.join(runsDir, other))).manifest.attempt).toBe(1);
  });
});
