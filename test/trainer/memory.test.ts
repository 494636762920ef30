/**
 * Trainings that run out of memory, for real: wasm at the 4 GiB it can address, TensorFlow under a limit of the process, and
 * one that the kernel ends. Each must end as `failed` with the batch size that would fit. In the first two the batch is such that one product alone is too large, so that
 * nothing is filled before it fails.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { findRuntime } from '../../src/runtime/find';
import { readRun } from '../../src/runs/read-run';
import { documentOf, eventsOf, expectRefusal, ofKind, startTraining, tiny, tinyArch, trm, writeConfig } from './programs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trm-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Inner width 2304: at [batch x 16, 2304] float32 a batch of 65,536 needs 9.7 GB for one product. */
const wide = { ...tiny, arch: { ...tinyArch, expansion: 200 }, global_batch_size: 65_536, epochs: 100_000, eval_interval: 100_000 };

it('says before the first step what training needs', async () => {
  const { trainer, dir } = startTraining(folder, writeConfig(folder), 'said');
  expect(await trainer.ended, trainer.stderr).toBe(0);
  const { memory } = (await readRun(dir)).manifest;
  expect(memory).toMatchObject({ slots: 8, batch: 8 });
  expect(memory!.estimated).toBeGreaterThan(50e6);
  expect(memory!.estimated).toBeLessThan(memory!.free);
  const events = await eventsOf(dir);
  expect(ofKind(events, 'alert').filter(({ code }) => code === 'memory')).toEqual([]);
  // A small training: what is measured is the process, and the estimate must not be of another order.
  const held = Math.max(...ofKind(events, 'system').map(({ rss }) => rss));
  expect(memory!.estimated / held).toBeGreaterThan(0.4);
  expect(memory!.estimated / held).toBeLessThan(2.5);
});

it('goes on in smaller passes when a run is resumed so, and refuses those that do not divide the batch', async () => {
  const config = writeConfig(folder, { ...tiny, stop_when: { 'eval/accuracy': 0.01 } });
  const first = documentOf(await trm(['train', config, '--json'], folder));
  const run = String(first.run);
  expectRefusal(await trm(['resume', run, '--micro-batch-size', '3'], folder), 2, /does not divide global_batch_size 8/);
  const ended = await trm(['resume', run, '--micro-batch-size', '2', '--json'], folder);
  expect(documentOf(ended)).toMatchObject({ run, state: 'finished' });
  expect((await readRun(String(first.dir))).manifest).toMatchObject({ config: { global_batch_size: 8, micro_batch_size: 2 }, memory: { slots: 2, batch: 8 } });
});

it('fails with the batch size that would fit when wasm can address no more', async () => {
  const ended = await trm(['train', writeConfig(folder, { ...wide, threads: 1 }), '--json'], folder);
  expect(ended.code, ended.stderr).toBe(1);
  const { dir, state, failure } = JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as { dir: string; state: string; failure: { cause: string; message: string; next: string } };
  expect({ state, cause: failure.cause }).toEqual({ state: 'failed', cause: 'out_of_memory' });
  expect(failure.message).toMatch(/Out of memory on engine wasm/);
  const { memory } = (await readRun(dir)).manifest;
  expect(memory).toMatchObject({ of: 'wasm', free: 2 ** 32 });
  const size = Number(/^Set micro_batch_size: (\d+) /.exec(failure.next)![1]);
  expect(65_536 % size).toBe(0);
  expect(memory!.estimated - memory!.per_slot * (65_536 - size)).toBeLessThan(2 ** 32);
  // On the terminal: the estimate and the warning before, the failure and the way out after.
  expect(ended.stderr).toMatch(/of memory at the peak \(estimated\); 4\.3 GB is the most that the wasm engine can use/);
  expect(ended.stderr).toMatch(/warning: This training may run out of memory: it needs about \d+\.\d GB/);
  expect(ended.stderr).toContain(failure.next);
});

const runtime = await findRuntime();
const why = process.platform !== 'linux' ? ': limits of processes are tested on Linux' : runtime.state !== 'ready' ? `: there is no TensorFlow runtime in ${runtime.dir}` : '';
it.skipIf(why !== '')(`fails with the batch size that would fit when TensorFlow gets no more${why}`, async () => {
  const limit = 9_000_000; // KiB of address space
  const dist = path.resolve(import.meta.dirname, '../../dist/trainer.cjs');
  // One thread takes the batch as one; in lanes it would be taken a few rows at a time, and fit.
  const config = writeConfig(folder, { ...wide, engine: 'tensorflow', threads: 1 });
  const trainer = spawn('sh', ['-c', `ulimit -v ${limit}; exec "$@"`, 'sh', process.execPath, dist, 'train', config, '--runs-dir', path.join(folder, 'runs'), '--run-id', 'limited'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  trainer.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece));
  expect(await new Promise(resolve => trainer.once('close', resolve)), said).toBe(1);
  const { state, manifest } = await readRun(path.join(folder, 'runs', 'limited'));
  expect(state).toBe('failed');
  expect(manifest.failure, said).toMatchObject({ cause: 'out_of_memory' });
  expect(manifest.memory).toMatchObject({ of: 'process' });
  expect(manifest.memory!.free).toBeLessThan(limit * 1024);
  const size = Number(/^Set (?:micro|global)_batch_size: (\d+)/.exec(manifest.failure!.next)![1]);
  expect(manifest.memory!.estimated - manifest.memory!.per_slot * (65_536 - size)).toBeLessThan(manifest.memory!.free);
});

/** A control group with a limit on memory, for processes of this test; or why there can be none here. */
function limitedGroup(bytes: number): { folder: string } | { why: string } {
  const own = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(existsSync('/proc/self/cgroup') ? readFileSync('/proc/self/cgroup', 'utf8') : '')?.[1];
  if (own === undefined) return { why: 'control groups of version 1 with memory are needed to limit a process here' };
  const group = path.join('/sys/fs/cgroup/memory', own, `trm-test-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(path.join(group, 'memory.limit_in_bytes'), String(bytes));
    return { folder: group };
  } catch (error) {
    return { why: `a control group cannot be made here: ${(error as Error).message}` };
  }
}

const group = limitedGroup(400e6);
afterAll(() => {
  if ('folder' in group) rmdirSync(group.folder);
});

it.skipIf('why' in group)(`is told by the command line when the kernel ended the trainer${'why' in group ? `: ${group.why}` : ''}`, async () => {
  if ('why' in group) return;
  const config = writeConfig(folder, { ...tiny, arch: { ...tinyArch, hidden_size: 64, expansion: 2 }, global_batch_size: 2048, epochs: 100_000, eval_interval: 100_000, threads: 1 });
  const program = spawn('sh', ['-c', `echo $$ > '${group.folder}/cgroup.procs'; exec "$@"`, 'sh', process.execPath, path.resolve(import.meta.dirname, '../../dist/trm.cjs'), 'train', config, '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  program.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece));
  let said = '';
  program.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece));
  expect(await new Promise(resolve => program.once('close', resolve)), said).toBe(1);
  expect(readFileSync(path.join(group.folder, 'memory.oom_control'), 'utf8')).toMatch(/^oom_kill [1-9]/m);
  const { dir, state, failure } = JSON.parse(out.trim().split('\n').at(-1)!) as { dir: string; state: string; failure: { cause: string; message: string; next: string } };
  expect({ state, cause: failure.cause }).toEqual({ state: 'failed', cause: 'out_of_memory' });
  expect(failure.message).toMatch(/the system ended the trainer, whose container has a limit/);
  expect(failure.next).toMatch(/^Set micro_batch_size: \d+ /);
  const { manifest } = await readRun(dir);
  expect(manifest).toMatchObject({ state: 'failed', failure, memory: { of: 'group' } });
  expect(said).toContain(failure.next);
});
