/** Disks that are full, read-only or no folder: a training waits for a disk that it has, and does not begin on one it cannot have. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ControlError } from '../../src/protocol/control-client';
import { latestGoodCheckpoint, listCheckpoints, readCheckpoint } from '../../src/runs/checkpoints';
import { dropSuperseded } from '../../src/runs/metrics-reader';
import { listRuns, readRun } from '../../src/runs/read-run';
import { temporaryFolder, tryMount } from '../unit/runs-fixture';
import { Program, checkpointNames, connected, endless, eventsOf, expectRefusal, ofKind, startResuming, startTraining, tiny, trm, until, writeConfig } from './programs';

/** Fills the disk of `dir` to the last byte; returns the file to remove. */
function fill(dir: string): string {
  const file = path.join(dir, 'filler');
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // this piece no longer fits
    }
  }
  return file;
}

it('a full disk pauses a training; it loses nothing and goes on when there is room', async ({ skip }) => {
  const folder = temporaryFolder();
  const disk = path.join(folder, 'runs');
  mkdirSync(disk);
  const reason = tryMount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk);
  if (reason !== null) skip(reason);
  const config = writeConfig(folder, { ...tiny, ...endless, checkpoint_minutes: 0.005, keep_checkpoints: 2 });
  const dir = path.join(disk, 'full');
  const trainer = new Program('trainer', ['train', config, '--runs-dir', disk, '--run-id', 'full']);
  const connection = await connected(dir);
  const heard: string[] = [];
  connection.onNotification('metrics', ({ events }) => void heard.push(...ofKind(events, 'alert').map(e => `${e.level} ${e.code}: ${e.message} ${e.next}`)));
  await until(() => checkpointNames(dir).length === 2);

  let filler = fill(disk);
  await until(async () => {
    filler = fill(disk); // what a failed checkpoint gave back
    return (await connection.request('status', {})).state === 'paused';
  });
  const { step } = await connection.request('status', {});
  await until(() => heard.some(text => text.startsWith('error')));
  expect(heard.join('\n')).toMatch(/^error disk_full: Cannot write .*: the disk is full \(ENOSPC\)\. Free some space, .*Training is paused, loses nothing, and goes on by itself\.$/m);
  const refused: unknown = await connection.request('checkpoint', {}).catch((e: unknown) => e);
  expect(refused).toBeInstanceOf(ControlError);
  expect(refused).toMatchObject({ code: 'failed', message: expect.stringContaining('the disk is full') as unknown });
  expect((await connection.request('status', {})).step).toBe(step);
  // what is there is whole
  expect((await listRuns(disk)).broken).toEqual([]);
  expect(latestGoodCheckpoint(dir).skipped).toEqual([]);
  expect((await trm(['runs'], folder)).stdout).toContain('full');

  rmSync(filler);
  await until(async () => (await connection.request('status', {})).step > step + 10);
  await until(() => checkpointNames(dir).some(name => Number(name.slice(5)) >= step));
  await until(() => heard.some(text => text.startsWith('info disk: The disk takes writes again')));
  expect(await connection.request('stop', {})).toMatchObject({ state: 'stopped' });
  connection.dispose();
  expect(await trainer.ended, trainer.stderr).toBe(0);
  const steps = ofKind(await eventsOf(dir), 'train').map(e => e.step);
  expect(steps).toEqual(steps.map((_, i) => i + 1)); // every single step is told
  expect(steps.at(-1)).toBe((await readRun(dir)).manifest.step);
  for (const { dir: checkpoint } of listCheckpoints(dir)) readCheckpoint(checkpoint);
});

it('a training that waits for a full disk can be stopped or killed, and resumed from its last checkpoint', async ({ skip }) => {
  const folder = temporaryFolder();
  const disk = path.join(folder, 'runs');
  mkdirSync(disk);
  const reason = tryMount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk);
  if (reason !== null) skip(reason);
  // evaluations all the time: the disk refuses traces too
  const config = writeConfig(folder, { ...tiny, epochs: 1_000_000, eval_interval: 1, keep_checkpoints: 2 });
  const dir = path.join(disk, 'full');
  const trainer = new Program('trainer', ['train', config, '--runs-dir', disk, '--run-id', 'full']);
  const connection = await connected(dir);
  await until(() => checkpointNames(dir).length === 2);
  let filler = fill(disk);
  await until(async () => {
    filler = fill(disk);
    return (await connection.request('status', {})).state === 'paused';
  });
  connection.dispose();
  trainer.child.kill('SIGTERM');
  expect(await trainer.ended).toBe(1);
  expect(trainer.stderr).toContain('the disk is full');
  expect(trainer.stderr).not.toMatch(/^\s+at /m);
  rmSync(filler);
  const last = latestGoodCheckpoint(dir);
  expect(last.skipped).toEqual([]);

  const again = startResuming(dir);
  await until(async () => ofKind(await eventsOf(dir), 'eval').some(e => e.attempt === 2));
  again.child.kill('SIGTERM');
  expect(await again.ended, again.stderr).toBe(0);
  const events = dropSuperseded(await eventsOf(dir));
  const steps = ofKind(events, 'train').map(e => e.step);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(ofKind(events, 'marker').find(e => e.marker === 'resume')!.supersedes).toBe(last.checkpoint!.step);
});

it('Ctrl-C while a training waits for a full disk is a failure, since no checkpoint can be written', async ({ skip }) => {
  const folder = temporaryFolder();
  const disk = path.join(folder, 'runs');
  mkdirSync(disk);
  const reason = tryMount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk);
  if (reason !== null) skip(reason);
  writeConfig(folder, { ...tiny, ...endless, checkpoint_minutes: 0.005, keep_checkpoints: 2 });
  const program = new Program('trm', ['train', 'tiny.trm.yaml'], folder);
  const dir = await until(() => /Run folder: (.*)\n/.exec(program.stderr)?.[1]);
  const connection = await connected(dir);
  await until(() => checkpointNames(dir).length === 2);
  await until(async () => {
    fill(disk);
    return (await connection.request('status', {})).state === 'paused';
  });
  connection.dispose();
  program.child.kill('SIGINT');
  expectRefusal({ code: await program.ended, stdout: program.stdout, stderr: program.stderr }, 1, 'the disk is full (ENOSPC)', 'Free some space');
});

it('a runs folder that is read-only, a file, or leads nowhere is refused before anything is made', async ({ skip }) => {
  const folder = temporaryFolder();
  writeConfig(folder);
  writeFileSync(path.join(folder, 'file'), 'mine');
  expectRefusal(await trm(['train', 'tiny.trm.yaml', '--runs-dir', 'file'], folder), 1, `Cannot make a run in ${path.join(folder, 'file')}: it is a file, not a folder.`, 'Move that file away, or choose another runs folder.');
  expectRefusal(await trm(['train', 'tiny.trm.yaml', '--runs-dir', 'file/below'], folder), 1, 'a file is in the place of a folder (ENOTDIR)');
  expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe('mine');

  const locked = path.join(folder, 'locked');
  mkdirSync(locked);
  const reason = tryMount('--bind', locked, locked) ?? tryMount('-o', 'remount,ro,bind', locked);
  if (reason !== null) skip(reason);
  expectRefusal(await trm(['train', 'tiny.trm.yaml', '--runs-dir', 'locked'], folder), 1, 'the file system is read-only (EROFS)', 'choose another runs folder');
  expect(readdirSync(locked)).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(['file', 'locked', 'tiny.trm.yaml']);
});

it('a folder that becomes read-only pauses a training until it is writable again', async ({ skip }) => {
  const folder = temporaryFolder();
  const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...tiny, ...endless, checkpoint_minutes: 0.005 }), 'locked');
  const connection = await connected(dir);
  await until(() => checkpointNames(dir).length > 0);
  const runs = path.dirname(dir);
  const reason = tryMount('--bind', runs, runs) ?? tryMount('-o', 'remount,ro,bind', runs);
  if (reason !== null) skip(reason);
  await until(async () => (await connection.request('status', {})).state === 'paused');
  const { step } = await connection.request('status', {});
  execFileSync('mount', ['-o', 'remount,rw,bind', runs]);
  await until(async () => (await connection.request('status', {})).step > step);
  expect(await connection.request('stop', {})).toMatchObject({ state: 'stopped' });
  connection.dispose();
  expect(await trainer.ended, trainer.stderr).toBe(0);
  const events = await eventsOf(dir);
  const steps = ofKind(events, 'train').map(e => e.step);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(ofKind(events, 'alert').map(e => `${e.level} ${e.code}`)).toContain('error read_only');
});
