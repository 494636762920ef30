import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolders } from '../../src/runs/atomic-write';
import { beat } from '../../src/runs/heartbeat';
import { amendAttempt, claim, listAttempts } from '../../src/runs/ownership';
import { thisProcess } from '../../src/runs/process-identity';
import { interruptedRuns, leaveQueue, queueFolder, queueWorker } from '../../src/runs/queue';
import { inWorkingOrder, queuedRuns } from '../../src/runs/queue-order';
import { listRuns, readRun } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import { problemOf, temporaryFolder } from './runs-fixture';

const manifest = { config_path: '/c.trm.yaml', config: { seed: 1 } };
const add = (runsDir: string, name: string): string => RunWriter.enqueue({ runsDir, name, configText: 'arch: trm\n', manifest });

describe('a queued run', () => {
  it('waits, in nobody\'s hands, until it is begun as its first attempt', async () => {
    const dir = add(path.join(temporaryFolder(), 'runs'), 'one');
    const run = await readRun(dir);
    expect([run.state, run.manifest.state, run.manifest.attempt, listAttempts(dir)]).toEqual(['queued', 'pending', 0, []]);
    expect(readFileSync(path.join(dir, 'config.trm.yaml'), 'utf8')).toBe('arch: trm\n');
    const writer = RunWriter.reopen(dir);
    expect((await readRun(dir)).state).toBe('pending');
    expect(writer.manifest).toMatchObject({ attempt: 1, queue: { waiting: false } });
    await expect(leaveQueue(dir)).rejects.toMatchObject({ code: 'held' });
    await writer.close();
  });

  it('comes in the order in which runs were added, whatever their names', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const dirs: string[] = [];
    for (const name of ['c', 'a', 'b']) {
      dirs.push(add(runsDir, name));
      await new Promise(resolve => { setTimeout(resolve, 5); });
    }
    expect(queuedRuns((await listRuns(runsDir)).runs).map(run => run.dir)).toEqual(dirs);
    await leaveQueue(dirs[1]!);
    const { runs } = await listRuns(runsDir);
    expect(queuedRuns(runs).map(run => run.dir)).toEqual([dirs[0], dirs[2]]);
    expect(runs.find(run => run.dir === dirs[1])).toMatchObject({ state: 'stopped', manifest: { finished_because: 'taken out of the queue before the first step' } });
  });

  it('is refused whole when its folder cannot be made', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    writeFileSync(runsDir, '');
    expect(await problemOf(() => add(runsDir, 'one'))).toMatchObject({ code: 'io' });
  });
});

describe('who works on the queue', () => {
  it('is the process that holds its folder, while it lives', () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    expect(queueWorker(runsDir)).toBeNull();
    const dir = queueFolder(runsDir);
    makeFolders(dir);
    const attempt = claim(dir, { ...thisProcess(), nonce: '', socket: null });
    expect(queueWorker(runsDir)).toMatchObject({ pid: process.pid });
    amendAttempt(dir, attempt, { released: new Date().toISOString() });
    expect(queueWorker(runsDir)).toBeNull();
    claim(dir, { ...thisProcess(), process_start: 'of another', nonce: '', socket: null });
    expect(queueWorker(runsDir)).toBeNull();
  });

  it('on another machine is believed while its heart beats', () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const dir = queueFolder(runsDir);
    makeFolders(dir);
    claim(dir, { ...thisProcess(), host: 'elsewhere', boot_id: 'other:other:', nonce: '', socket: null });
    expect(queueWorker(runsDir)).toBeNull();
    beat(dir);
    expect(queueWorker(runsDir)).toMatchObject({ host: 'elsewhere' });
    beat(dir, new Date(Date.now() - 120_000));
    expect(queueWorker(runsDir)).toBeNull();
  });

  it('leaves runs that were killed with it to the next: those alone', async () => {
    const runsDir = path.join(temporaryFolder(), 'runs');
    const dir = add(runsDir, 'killed');
    const outside = RunWriter.create({ runsDir, name: 'not-from-the-queue', configText: '', manifest });
    const folder = queueFolder(runsDir);
    makeFolders(folder);
    const number = claim(folder, { ...thisProcess(), nonce: '', socket: null });
    const killed = listAttempts(folder).at(-1);
    RunWriter.reopen(dir);
    for (const at of [dir, outside.dir]) { // both processes are gone
      const file = path.join(at, 'run.json');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"process_start": "[^"]*"/g, '"process_start": "gone"'));
    }
    const { runs } = await listRuns(runsDir);
    expect(runs.map(run => run.state)).toEqual(['crashed', 'crashed']);
    expect(interruptedRuns(runs, killed).map(run => run.dir)).toEqual([dir]);
    expect(interruptedRuns(runs, undefined)).toEqual([]);
    amendAttempt(folder, number, { released: new Date().toISOString() });
    expect(interruptedRuns(runs, listAttempts(folder).at(-1))).toEqual([]);
  });
});

it('is shown after the runs at work, in its order, and before the others', async () => {
  const runsDir = path.join(temporaryFolder(), 'runs');
  const dirs: string[] = [];
  for (const name of ['ended', 'first', 'second']) {
    dirs.push(add(runsDir, name));
    await new Promise(resolve => { setTimeout(resolve, 5); });
  }
  await leaveQueue(dirs[0]!);
  const { dir } = RunWriter.create({ runsDir, name: 'at-work', configText: '', manifest });
  expect(inWorkingOrder((await listRuns(runsDir)).runs).map(run => run.dir)).toEqual([dir, dirs[1], dirs[2], dirs[0]]);
});
