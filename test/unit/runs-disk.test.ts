import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { latestGoodCheckpoint, readBest } from '../../src/runs/checkpoints';
import { MetricsReader } from '../../src/runs/metrics-reader';
import { listRuns, readRun } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import { problemOf, temporaryFolder, trainSteps, tryMount } from './runs-fixture';
import { contents, evalSummary, newRun, trace, trainEvent } from './runs-values';

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

it('keeps everything in memory while the disk is full, and loses nothing', async ({ skip }) => {
  const disk = temporaryFolder();
  const reason = tryMount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk);
  if (reason !== null) skip(reason);
  const writer = newRun(path.join(disk, 'runs'));
  const problems: string[] = [];
  const recovered = vi.fn();
  writer.onProblem = problem => void problems.push(`${problem.code}: ${problem.message} ${problem.next}`);
  writer.onRecovered = recovered;
  writer.append(trainEvent(1));
  await writer.flush();
  const kept = await writer.writeCheckpoint(contents(1));
  writer.writeBest({ checkpoint: kept, metric: 'exact_accuracy', eval: evalSummary(1) });
  writer.update({ state: 'running', step: 1 });

  const filler = fill(disk);
  const total = 3000;
  for (let step = 2; step <= total; step++) {
    writer.append(trainEvent(step));
    if (step % 500 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  writer.update({ step: total });
  expect((await problemOf(() => writer.flush())).code).toBe('disk_full');
  expect(writer.problem?.code).toBe('disk_full');
  expect(problems).toHaveLength(1); // once, not per event
  expect(problems[0]).toMatch(/^disk_full: Cannot write .*metrics\.jsonl: the disk is full \(ENOSPC\)\. Free some space/);
  for (const act of [
    () => writer.writeCheckpoint(contents(total)),
    () => writer.writeTrace(total, 0, trace(total)),
    () => { writer.writeBest({ checkpoint: 'step-9', metric: 'exact_accuracy', eval: evalSummary(9) }); },
    () => newRun(path.join(disk, 'runs'), 2, 'another'),
  ]) expect((await problemOf(act)).code).toBe('disk_full');

  // while it is full: all that was there is whole, and nothing half made is seen
  expect((await listRuns(path.join(disk, 'runs'))).broken).toEqual([]);
  expect(readdirSync(path.join(disk, 'runs'))).toEqual([writer.manifest.id]);
  expect((await readRun(writer.dir)).manifest.step).toBe(1);
  expect(readBest(writer.dir)?.checkpoint).toBe(kept);
  expect(latestGoodCheckpoint(writer.dir).checkpoint?.name).toBe(kept);
  expect(readdirSync(path.join(writer.dir, 'checkpoints'))).toEqual([kept]);

  rmSync(filler);
  await vi.waitFor(() => { expect(recovered).toHaveBeenCalledOnce(); }, { timeout: 15_000, interval: 100 }); // by itself
  await writer.flush();
  expect(recovered).toHaveBeenCalledOnce();
  expect(writer.problem).toBeNull();
  expect((await readRun(writer.dir)).manifest.step).toBe(total);
  const reader = new MetricsReader(writer.dir);
  expect(trainSteps(await reader.read())).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect(reader.invalid).toBe(0);
  await writer.close();
});

it('says so when the runs folder is read-only, and goes on when it no longer is', async ({ skip }) => {
  const disk = temporaryFolder();
  const writer = newRun(disk);
  await writer.writeCheckpoint(contents(1));
  const reason = tryMount('--bind', disk, disk) ?? tryMount('-o', 'remount,ro,bind', disk);
  if (reason !== null) skip(reason);
  const problems: string[] = [];
  writer.onProblem = problem => problems.push(problem.code);
  for (const act of [() => newRun(disk), () => writer.writeTrace(1, 0, trace(1)), () => writer.writeCheckpoint(contents(2))]) {
    const problem = await problemOf(act);
    expect(problem.code).toBe('read_only');
    expect(problem.message).toContain('read-only (EROFS)');
    expect(problem.next).toContain('choose another runs folder');
  }
  writer.update({ step: 7 });
  expect(problems).toEqual(['read_only']);
  expect((await readRun(writer.dir)).manifest.step).toBe(0);
  execFileSync('mount', ['-o', 'remount,rw,bind', disk]);
  await writer.flush();
  expect((await readRun(writer.dir)).manifest.step).toBe(7);
  await writer.close();
  execFileSync('mount', ['-o', 'remount,ro,bind', disk]);
  expect((await problemOf(() => RunWriter.reopen(writer.dir))).code).toBe('read_only');
  expect((await readRun(writer.dir)).manifest.state).toBe('pending');
});

it('names a file that lies in the place of a folder', async () => {
  const root = temporaryFolder();
  const file = path.join(root, 'runs');
  writeFileSync(file, 'mine');
  const direct = await problemOf(() => newRun(file));
  expect(direct.message).toContain(`${file}: it is a file, not a folder`);
  expect((await problemOf(() => newRun(path.join(file, 'below')))).code).toBe('io');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const dangling = path.join(root, 'link');
  symlinkSync(path.join(root, 'nowhere'), dangling);
  expect((await problemOf(() => newRun(dangling))).code).toBe('io');
});

it('never takes a folder that exists, and leaves it alone', async () => {
  const root = temporaryFolder();
  mkdirSync(path.join(root, 'mine'));
  writeFileSync(path.join(root, 'mine', 'thesis.txt'), 'x');
  expect((await problemOf(() => newRun(root, 2, 'mine'))).code).toBe('io');
  expect(readdirSync(path.join(root, 'mine'))).toEqual(['thesis.txt']);
});
