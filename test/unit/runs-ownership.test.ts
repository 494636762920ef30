import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { heartbeatFreshFor } from '../../src/runs/heartbeat';
import { assertHolder, attemptNumbers, claim, listAttempts } from '../../src/runs/ownership';
import { isSameProcessAlive, thisProcess } from '../../src/runs/process-identity';
import { RunWriter } from '../../src/runs/run-writer';
import type { RunOwner } from '../../src/runs/schema';
import { Script, bundle, problemOf, subfolder, temporaryFolder } from './runs-fixture';
import { newRun, trainEvent } from './runs-values';

const owner = (changes: Partial<RunOwner> = {}): RunOwner => ({ ...thisProcess(), nonce: 'n', socket: null, ...changes });
const elsewhere: Partial<RunOwner> = { host: 'far-away', boot_id: 'm:b:1', pid: 4242 };

/** Makes the heartbeat and every attempt of a run look this old. */
function age(dir: string, milliseconds: number): void {
  const then = new Date(Date.now() - milliseconds);
  writeFileSync(path.join(dir, 'heartbeat'), '');
  utimesSync(path.join(dir, 'heartbeat'), then, then);
  for (const n of attemptNumbers(dir)) {
    const file = path.join(dir, 'attempts', `${n}.json`);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')) as object, since: then.toISOString() }));
    utimesSync(file, then, then);
  }
}

it('lets exactly one of many processes have each folder, again and again', async () => {
  const root = temporaryFolder();
  const folders = Array.from({ length: 40 }, (_, i) => subfolder(root, `run-${i}`));
  const script = bundle(`
    import { claim } from '#runs/ownership';
    import { thisProcess } from '#runs/process-identity';
    const folders = process.argv.slice(2);
    const me = { ...thisProcess(), nonce: 'n', socket: null };
    console.log('ready');
    process.stdin.once('data', start => {
      while (Date.now() < Number(start)); // all begin in the same millisecond
      const won = folders.map(dir => { try { return claim(dir, me); } catch (e) { if (e.code !== 'held') throw e; return 0; } });
      console.log(JSON.stringify(won));
    });
  `);
  for (const round of [1, 2, 3]) {
    const racers = Array.from({ length: 6 }, () => new Script(script, ...folders));
    for (const racer of racers) expect(await racer.line()).toBe('ready');
    const start = String(Date.now() + 50);
    for (const racer of racers) racer.child.stdin!.write(start);
    const won: number[][] = [];
    for (const racer of racers) won.push(JSON.parse(await racer.line()) as number[]);
    for (const i of folders.keys()) {
      expect(won.map(w => w[i]!).filter(n => n > 0), `folder ${i}, round ${round}`).toEqual([round]);
    }
    await Promise.all(racers.map(racer => racer.kill()));
  }
  expect(readdirSync(path.join(folders[0]!, 'attempts')).sort()).toEqual(['1.json', '2.json', '3.json']);
});

it('refuses a folder whose holder lives, saying who, and gives it after close', async () => {
  const writer = newRun(temporaryFolder());
  const problem = await problemOf(() => RunWriter.reopen(writer.dir, { takeOver: true }));
  expect(problem.code).toBe('held');
  expect(problem.message).toContain(`process ${process.pid} on ${thisProcess().host}`);
  await writer.close();
  const second = RunWriter.reopen(writer.dir);
  expect(second.attempt).toBe(2);
  expect(second.nonce).not.toBe(writer.nonce);
  expect(listAttempts(writer.dir).map(a => a.released !== null)).toEqual([true, false]);
});

it('gives the folder of a dead process, and of one whose pid is used again', () => {
  const root = temporaryFolder();
  expect(isSameProcessAlive(owner())).toBe('alive');
  expect(isSameProcessAlive(owner({ process_start: '1' }))).toBe('gone');
  expect(isSameProcessAlive(owner({ pid: 2 ** 22 + 1 }))).toBe('gone');
  for (const [i, gone] of [owner({ process_start: '1' }), owner({ pid: 2 ** 22 + 1 })].entries()) {
    const dir = subfolder(root, String(i));
    claim(dir, gone);
    expect(claim(dir, owner())).toBe(2);
  }
});

it('takes over from another machine only when contact is lost and it is told to', async () => {
  const dir = temporaryFolder();
  claim(dir, owner(elsewhere));
  age(dir, 5000);
  const fresh = await problemOf(() => claim(dir, owner(), { takeOver: true }));
  expect(fresh.code).toBe('held');
  expect(fresh.message).toContain('process 4242 on far-away');
  age(dir, heartbeatFreshFor + 5000);
  const stale = await problemOf(() => claim(dir, owner()));
  expect(stale.code).toBe('held');
  expect(stale.message).toContain('contact was lost');
  expect(stale.next).toContain('take the run over');
  expect(claim(dir, owner(), { takeOver: true })).toBe(2);
});

it('knows that a restart of this machine ended a process, but says nothing of another container', () => {
  const [machine = '', , namespace = ''] = thisProcess().boot_id.split(':');
  const long_ago = new Date(0);
  expect(isSameProcessAlive(owner({ boot_id: `${machine}:another-boot:${namespace}` }), long_ago)).toBe(machine ? 'gone' : 'elsewhere');
  expect(isSameProcessAlive(owner({ boot_id: `${machine}:another-boot:${namespace}` }), new Date())).toBe('elsewhere');
  expect(isSameProcessAlive(owner({ boot_id: `${machine}:another-boot:${namespace}`, host: 'x' }), long_ago)).toBe('elsewhere');
  expect(isSameProcessAlive(owner({ boot_id: thisProcess().boot_id.replace(/[^:]*$/, '1') }), long_ago)).toBe('elsewhere');
});

it('stops a writer from which the folder was taken', async () => {
  const writer = newRun(temporaryFolder());
  const dir = writer.dir;
  writeFileSync(path.join(dir, 'attempts', '2.json'), JSON.stringify({ ...owner(elsewhere), attempt: 2, since: new Date().toISOString(), released: null, supersedes: null }));
  expect(() => assertHolder(dir, 1)).toThrow('taken over by attempt 2');
  const before = readFileSync(path.join(dir, 'run.json'), 'utf8');
  expect((await problemOf(() => writer.update({ step: 5 }))).code).toBe('held');
  expect((await problemOf(() => writer.append(trainEvent(1)))).code).toBe('held');
  expect((await problemOf(() => writer.close())).code).toBe('held');
  expect(readFileSync(path.join(dir, 'run.json'), 'utf8')).toBe(before);
});

it('passes over a torn attempt file once it is old', async () => {
  const dir = temporaryFolder();
  claim(dir, owner({ pid: 2 ** 22 + 1 }));
  const torn = path.join(dir, 'attempts', '2.json');
  writeFileSync(torn, '{"host":');
  expect((await problemOf(() => claim(dir, owner()))).code).toBe('held');
  const then = new Date(Date.now() - heartbeatFreshFor - 1000);
  utimesSync(torn, then, then);
  expect(claim(dir, owner())).toBe(3);
});
