/** A run that does not train yet: it says what it does, and can be stopped; and one that is asked in the middle of a long step. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { connectTrainer } from '../../src/protocol/control-client';
import type { TrainerStatus } from '../../src/protocol/control';
import { readRun } from '../../src/runs/read-run';
import { temporaryFolder } from '../unit/runs-fixture';
import { Program, endless, expectRefusal, startResuming, startTraining, tiny, tinyArch, trm, until, writeConfig } from './programs';

/** A dataset that takes minutes to make. */
const slow = { ...tiny, dataset: { kind: 'sudoku', size: 9, train: 200_000, test: 10 } };

const socketOf = (dir: string, attempt = 1): Promise<boolean> => until(async () => {
  const { manifest } = await readRun(dir);
  return manifest.attempt === attempt && manifest.owner.socket !== null;
});

it('says how far its dataset is, refuses what needs a training, and stops at once', async () => {
  const folder = temporaryFolder();
  const { trainer, dir } = startTraining(folder, writeConfig(folder, slow), 'slow');
  await socketOf(dir);
  const connection = await connectTrainer((await readRun(dir)).manifest.owner);
  expect(connection.hello).toMatchObject({ run: 'slow', state: 'pending', step: 0, totalSteps: null });
  const heard: TrainerStatus[] = [];
  connection.onNotification('status', status => void heard.push(status));
  await until(() => heard.some(({ activity }) => /^making the dataset, \d+ %$/.test(activity)));
  expect((await trm(['runs'], folder)).stdout).toMatch(/slow {2}pending, making the dataset, \d+ %/);
  await expect(connection.request('trace', { puzzle: { index: 0 } })).rejects.toMatchObject({ message: expect.stringMatching(/^The run does not train yet: making the dataset, \d+ %\.$/) as string, next: 'Ask again when it trains.' });
  expect(await connection.request('stop', {})).toMatchObject({ state: 'stopped', step: 0 });
  connection.dispose();
  expect(await trainer.ended).toBe(0);
  expect((await readRun(dir)).manifest).toMatchObject({ state: 'stopped', finished_because: 'stopped by the user before the first step', step: 0 });
  expect(existsSync(path.join(folder, 'data', 'tiny'))).toBe(false);
});

it('is stopped by `trm stop`, and goes on where it was: at the beginning', async () => {
  const folder = temporaryFolder();
  const { trainer, dir } = startTraining(folder, writeConfig(folder, slow), 'slow');
  await socketOf(dir);
  const stopped = await trm(['stop', 'slow'], folder);
  expect(stopped.stdout).toBe('slow stopped at step 0\n');
  expect(await trainer.ended).toBe(0);
  const again = startResuming(dir);
  await socketOf(dir, 2);
  expect((await trm(['stop', 'slow'], folder)).code).toBe(0);
  expect(await again.ended).toBe(0);
  expectRefusal(await trm(['stop', 'slow'], folder), 1, 'Run slow is stopped, so there is nothing to stop.');
});

it('`trm train` tells how far the dataset is', async () => {
  const folder = temporaryFolder();
  writeConfig(folder, slow);
  const program = new Program('trm', ['train', 'tiny.trm.yaml'], folder);
  await until(() => /^making the dataset, \d+ %/m.test(program.stderr));
  program.child.kill('SIGINT');
  expect(await program.ended, program.stderr).toBe(130);
});

it('hears at once that it is to pause or stop, and says so until its step is done', async () => {
  const folder = temporaryFolder();
  const long = { ...tiny, ...endless, arch: { ...tinyArch, hidden_size: 128, L_layers: 2, H_cycles: 3, L_cycles: 6 }, global_batch_size: 256, threads: 2 };
  const { trainer, dir } = startTraining(folder, writeConfig(folder, long), 'long');
  await until(async () => (await readRun(dir)).state === 'running');
  const connection = await connectTrainer((await readRun(dir)).manifest.owner);
  await until(async () => (await connection.request('status', {})).activity === 'training');
  expect(await connection.request('pause', {})).toMatchObject({ state: 'running', activity: 'pausing after this step' });
  await until(async () => (await connection.request('status', {})).activity === 'paused');
  await connection.request('stop', {});
  connection.dispose();
  expect(await trainer.ended).toBe(0);
});
