/** What people say about a run: kept whatever the trainer, another window or a torn line does. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { pruneCheckpoints, sweepCheckpoints } from '../../src/runs/checkpoint-writer';
import { listCheckpoints, pinCheckpoint } from '../../src/runs/checkpoints';
import { compareRuns } from '../../src/runs/compare-runs';
import { changeLabels, labelLimits, maxLabelsBytes } from '../../src/runs/labels';
import { readRun } from '../../src/runs/read-run';
import { moveToTrash, releaseForRemoval } from '../../src/runs/remove-run';
import { watchRuns } from '../../src/runs/watch-run';
import { Script, bundle, problemOf, temporaryFolder, tryMount } from './runs-fixture';
import { contents, newRun } from './runs-values';

describe('labels', () => {
  it('begin with those of run.json, and change one by one', async () => {
    const { dir } = newRun(temporaryFolder());
    expect(await readRun(dir)).toMatchObject({ pinned: false, manifest: { name: 'sudoku', notes: '', tags: [] } });
    changeLabels(dir, { name: 'wide, slow', add_tags: ['baseline', 'größe'], notes: 'two\nlines' });
    changeLabels(dir, { pinned: true, add_tags: ['paper'], remove_tags: ['baseline'] });
    expect(await readRun(dir)).toMatchObject({ pinned: true, manifest: { name: 'wide, slow', notes: 'two\nlines', tags: ['größe', 'paper'] } });
    changeLabels(dir, { name: null, pinned: false });
    expect(await readRun(dir)).toMatchObject({ pinned: false, manifest: { name: 'sudoku', tags: ['größe', 'paper'] } });
  });

  it('survive a trainer that writes run.json at the same time, and never reach it', async () => {
    const writer = newRun(temporaryFolder());
    for (let step = 1; step <= 20; step++) {
      changeLabels(writer.dir, { add_tags: [`t${step}`], notes: `after ${step}` });
      writer.update({ step });
    }
    const { manifest } = await readRun(writer.dir);
    expect(manifest).toMatchObject({ step: 20, notes: 'after 20' });
    expect(manifest.tags).toHaveLength(20);
    expect(JSON.parse(readFileSync(writer.paths.manifest, 'utf8'))).toMatchObject({ notes: '', tags: [] });
    writer.update({ step: 21 });
    expect((await readRun(writer.dir)).manifest).toMatchObject({ step: 21, notes: 'after 20' });
  });

  it('of four processes that speak at the same time are all kept', async () => {
    const { dir } = newRun(temporaryFolder());
    const file = bundle(`
      import { changeLabels } from '#runs/labels';
      const [dir, who] = process.argv.slice(2);
      for (let i = 0; i < 100; i++) changeLabels(dir, { remove_tags: [who + '-' + (i - 1)], add_tags: [who + '-' + i] });
      console.log('done');
    `);
    const scripts = ['a', 'b', 'c', 'd'].map(who => new Script(file, dir, who));
    await Promise.all(scripts.map(script => script.line()));
    // A process that looks while another writes may take its line for one that was cut off, and end it once more: an empty line, which says nothing.
    const lines = readFileSync(path.join(dir, 'labels.jsonl'), 'utf8').split('\n').filter(line => line !== '').map(line => JSON.parse(line) as { add_tags: string[] });
    expect(new Set(lines.flatMap(line => line.add_tags)).size).toBe(400);
    expect((await readRun(dir)).manifest.tags.toSorted()).toEqual(['a-99', 'b-99', 'c-99', 'd-99']);
  });

  it('are not lost to a line that was cut off', async () => {
    const { dir, paths } = newRun(temporaryFolder());
    changeLabels(dir, { notes: 'first' });
    appendFileSync(paths.labels, '{"at":"2026-01-01T00:00:00.000Z","notes":"half');
    expect(await readRun(dir)).toMatchObject({ warnings: [], manifest: { notes: 'first' } });
    changeLabels(dir, { add_tags: ['after'] });
    const run = await readRun(dir);
    expect(run.manifest).toMatchObject({ notes: 'first', tags: ['after'] });
    expect(run.warnings).toEqual([expect.stringMatching(/labels\.jsonl: 1 lines/)]);
  });

  it.each([
    ['a name of two lines', { name: 'a\nb' }], ['no name', { name: '' }], ['a bidirectional override in a name', { name: 'a\u202eb' }],
    ['markup for a tag', { add_tags: ['<b>'] }], ['a tag with a space', { add_tags: ['a b'] }], ['endless notes', { notes: 'x'.repeat(labelLimits.notes + 1) }],
  ])('refuse %s, and write nothing', async (_, change) => {
    const { dir, paths } = newRun(temporaryFolder());
    const { code, next } = await problemOf(() => changeLabels(dir, change));
    expect(code).toBe('shape');
    expect(next).toMatch(/characters/);
    expect(existsSync(paths.labels)).toBe(false);
  });

  it('are not written through a link, and not read from one', async () => {
    const { dir, paths } = newRun(temporaryFolder());
    const elsewhere = path.join(temporaryFolder(), 'mine.txt');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, paths.labels);
    expect((await problemOf(() => changeLabels(dir, { pinned: true }))).code).toBe('corrupt');
    expect(readFileSync(elsewhere, 'utf8')).toBe('');
    expect((await readRun(dir)).warnings.join()).toMatch(/labels\.jsonl/);
  });

  it('of a hostile size are passed over, and the run is still shown', async () => {
    const { dir, paths } = newRun(temporaryFolder());
    writeFileSync(paths.labels, '');
    truncateSync(paths.labels, 1 << 30);
    const before = process.memoryUsage().rss;
    const run = await readRun(dir);
    expect(run.manifest.name).toBe('sudoku');
    expect(run.warnings.join()).toMatch(/at most/);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 << 20);
    truncateSync(paths.labels, maxLabelsBytes);
    expect((await problemOf(() => changeLabels(dir, { pinned: true }))).message).toMatch(/may have/);
  });

  it('are noticed by another window', async () => {
    const root = temporaryFolder();
    const { dir } = newRun(root);
    let calls = 0;
    const watch = watchRuns(root, () => calls++);
    await new Promise(resolve => setTimeout(resolve, 300));
    calls = 0;
    changeLabels(dir, { pinned: true });
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), { timeout: 8000 });
    watch.dispose();
  });
});

describe('a pinned checkpoint', () => {
  it('outlives every pruning until it is unpinned', async () => {
    const writer = newRun(temporaryFolder(), 1);
    for (const step of [1, 2]) {
      await writer.writeCheckpoint(contents(step));
      if (step === 1) pinCheckpoint(writer.dir, 'step-1', true);
    }
    await writer.writeCheckpoint(contents(3));
    expect(listCheckpoints(writer.dir).map(c => [c.name, c.pinned])).toEqual([['step-3', false], ['step-1', true]]);
    pinCheckpoint(writer.dir, 'step-1', false);
    pruneCheckpoints(writer.dir, 1);
    expect(listCheckpoints(writer.dir).map(c => c.name)).toEqual(['step-3']);
  });

  it('that a killed trainer had already taken away is put back', async () => {
    const writer = newRun(temporaryFolder());
    await writer.writeCheckpoint(contents(1));
    pinCheckpoint(writer.dir, 'step-1', true);
    renameSync(writer.paths.checkpoint(1), path.join(writer.paths.checkpoints, '.step-1.0123456789ab.tmp'));
    mkdirSync(path.join(writer.paths.checkpoints, '.step-2.0123456789ab.tmp'));
    sweepCheckpoints(writer.dir);
    expect(readdirSync(writer.paths.checkpoints)).toEqual(['step-1']);
  });
});

it('in a folder that is read-only everything can be looked at, and what cannot be written is said', async ({ skip }) => {
  const disk = temporaryFolder();
  const writer = newRun(disk);
  await writer.writeCheckpoint(contents(1));
  pinCheckpoint(writer.dir, 'step-1', true);
  changeLabels(writer.dir, { notes: 'said before' });
  writer.update({ state: 'stopped' });
  await writer.close();
  const reason = tryMount('--bind', disk, disk) ?? tryMount('-o', 'remount,ro,bind', disk);
  if (reason !== null) skip(reason);
  const run = await readRun(writer.dir);
  expect(run).toMatchObject({ state: 'stopped', warnings: [], manifest: { notes: 'said before' } });
  expect((await compareRuns([run, run])).runs).toHaveLength(2);
  for (const act of [
    () => changeLabels(writer.dir, { pinned: true }), () => pinCheckpoint(writer.dir, 'step-1', false), () => pinCheckpoint(writer.dir, 'step-1', true),
    () => releaseForRemoval(writer.dir), () => moveToTrash(writer.dir),
  ]) {
    const problem = await problemOf(act);
    expect(problem.code).toBe('read_only');
    expect(problem.message).toContain('read-only (EROFS)');
  }
  expect(listCheckpoints(writer.dir)[0]!.pinned).toBe(true);
});
