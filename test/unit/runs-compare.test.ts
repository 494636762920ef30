/** Runs side by side, configs as text, and runs that are taken away. */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { changedKeys, compareRuns, comparisonTable } from '../../src/runs/compare-runs';
import { lastEvents } from '../../src/runs/metrics-tail';
import { listRuns, readRun } from '../../src/runs/read-run';
import { moveToTrash, releaseForRemoval } from '../../src/runs/remove-run';
import { resolvedYaml, trainableText } from '../../src/runs/run-config';
import { RunWriter } from '../../src/runs/run-writer';
import { Script, bundle, problemOf, temporaryFolder } from './runs-fixture';
import { evalSummary, newRun, resumeMarker, trainEvent } from './runs-values';

/** A finished run that nobody holds. */
async function finished(root: string, id: string, config: Record<string, unknown>): Promise<string> {
  const writer = RunWriter.create({ runsDir: root, name: id, id, configText: 'arch: trm\n', manifest: { config_path: '/c/a.trm.yaml', config, total_steps: 400 } });
  writer.append(trainEvent(1), { ...trainEvent(2), loss: 0.25 } as ReturnType<typeof trainEvent>);
  writer.writeBest({ checkpoint: 'step-2', metric: 'exact_accuracy', eval: evalSummary(2) });
  writer.update({ state: 'finished', step: 2, process_seconds: 90, last_eval: { ...evalSummary(2), exact_accuracy: 0.5, exact_count: 100 }, parameters: { dense: 7000, puzzle_emb: 16 } });
  await writer.close();
  return writer.dir;
}

describe('a comparison', () => {
  it('has what each run came to, and the keys that differ', async () => {
    const root = temporaryFolder();
    const a = await finished(root, 'a', { arch: { name: 'trm', L_cycles: 2 }, lr: 1e-3, seed: 0, watch: [0, 1] });
    const b = await finished(root, 'b', { arch: { name: 'trm', L_cycles: 6, mlp_t: true }, lr: 1e-3, seed: 0, watch: [0] });
    const comparison = await compareRuns([await readRun(a), await readRun(b)]);
    expect(comparison.changed).toEqual([
      { key: 'arch.L_cycles', values: [2, 6] }, { key: 'watch', values: [[0, 1], [0]] }, { key: 'arch.mlp_t', values: [undefined, true] },
    ]);
    expect(comparison.runs[0]).toMatchObject({ run: 'a', state: 'finished', step: 2, total_steps: 400, seconds: 90, parameters: 7016, loss: 0.25, best: { exact_count: 188 }, last: { exact_count: 100 } });
    const table = comparisonTable(comparison);
    expect(table[0]).toEqual(['', 'a', 'b']);
    const row = (title: string): string[] | undefined => table.find(([first]) => first === title);
    expect(row('best puzzle accuracy (exact)')![1]).toBe('94.0 % (188 of 200; 89.8-96.5 %), step 2');
    expect(row('last cell accuracy')![2]).toBe('99.0 % (98.0-100.0 %)');
    expect(row('loss of the last step')).toEqual(['loss of the last step', '0.2500', '0.2500']);
    expect(row('arch.mlp_t')).toEqual(['arch.mlp_t', '-', 'true']);
    expect(row('engine')).toBeUndefined();
  });

  it('of configs from anywhere changes no prototype', () => {
    expect(changedKeys([JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>, {}]).map(c => c.key)).toEqual(['__proto__.a']);
  });

  it('reads only the end of the metrics, and what counts of it', async () => {
    const writer = newRun(temporaryFolder());
    expect(await lastEvents(writer.dir)).toEqual([]);
    writer.append(...Array.from({ length: 50 }, (_, i) => trainEvent(i + 1)));
    await writer.flush();
    await writer.close();
    const again = RunWriter.reopen(writer.dir);
    again.append(resumeMarker(20), trainEvent(21));
    await again.flush();
    expect((await lastEvents(writer.dir)).filter(e => e.kind === 'train').map(e => e.step)).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), 21]);
    await again.close();
  });

  it('of a run whose metrics are a gigabyte of nothing, a link or a folder has no loss, and costs nothing', async () => {
    const root = temporaryFolder();
    const put: ((file: string) => void)[] = [
      file => truncateSync(file, 1 << 30),
      file => { rmSync(file); symlinkSync('/etc/passwd', file); },
      file => { rmSync(file); mkdirSync(file); },
    ];
    const dirs = await Promise.all(put.map((_, i) => finished(root, `r${i}`, {})));
    put.forEach((place, i) => place(path.join(dirs[i]!, 'metrics.jsonl')));
    const before = process.memoryUsage().rss;
    const { runs } = await compareRuns(await Promise.all(dirs.map(readRun)));
    expect(runs.map(run => run.loss)).toEqual([null, null, null]);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 << 20);
  });
});

describe('a config as text', () => {
  it('has its keys in order', async () => {
    const dir = await finished(temporaryFolder(), 'a', { lr: 1e-3, arch: { name: 'trm', L_cycles: 2 } });
    expect(resolvedYaml(await readRun(dir))).toBe('arch:\n  L_cycles: 2\n  name: trm\nlr: 0.001\n');
  });

  it('is not read through a link', async () => {
    const dir = await finished(temporaryFolder(), 'a', { lr: 1e-3 });
    rmSync(path.join(dir, 'config.trm.yaml'));
    symlinkSync('/etc/passwd', path.join(dir, 'config.trm.yaml'));
    expect(trainableText(await readRun(dir))).toBe('# The resolved config of run a (a): all defaults filled in, overrides applied.\nlr: 0.001\n');
  });
});

describe('a run that is taken away', () => {
  it('is in .trash, whole, and no longer listed; a second one of the same name stands beside it', async () => {
    const root = temporaryFolder();
    for (const expected of ['a', 'a.2']) {
      const dir = await finished(root, 'a', {});
      releaseForRemoval(dir);
      expect(moveToTrash(dir)).toBe(path.join(root, '.trash', expected));
      expect((await listRuns(root)).runs).toEqual([]);
      expect((await readRun(path.join(root, '.trash', expected))).state).toBe('finished');
    }
    expect((await listRuns(root)).broken).toEqual([]);
  });

  it('is not one that a process holds', async () => {
    const writer = newRun(temporaryFolder());
    const problem = await problemOf(() => releaseForRemoval(writer.dir));
    expect(problem).toMatchObject({ code: 'held' });
    expect(problem.message).toContain(`process ${process.pid}`);
    writer.update({ step: 1 });
  });

  it('can be resumed when it was brought back', async () => {
    const root = temporaryFolder();
    const dir = await finished(root, 'a', {});
    releaseForRemoval(dir);
    expect(() => RunWriter.reopen(dir)).not.toThrow();
  });

  it('wins or loses against a resume at the same moment, never both', async () => {
    const root = temporaryFolder();
    const dir = await finished(root, 'a', {});
    const script = new Script(bundle(`
      import { RunWriter } from '#runs/run-writer';
      process.stdin.once('data', () => {
        try { RunWriter.reopen(process.argv[2]); console.log('resumed'); } catch (error) { console.log(error.code); }
        setInterval(() => undefined, 1000);
      });
      console.log('ready');
    `), dir);
    await script.line();
    script.child.stdin!.write('go\n');
    const answer = await script.line();
    expect(answer).toBe('resumed');
    expect((await problemOf(() => releaseForRemoval(dir))).code).toBe('held');
    await script.kill();
    releaseForRemoval(dir);
  });

  it.skipIf(process.platform === 'win32')('as a link is only a link: what it leads to stays untouched', async () => {
    const root = temporaryFolder();
    const elsewhere = await finished(temporaryFolder(), 'a', {});
    const before = readdirSync(path.join(elsewhere, 'attempts'));
    const link = path.join(root, 'a');
    symlinkSync(elsewhere, link);
    expect(releaseForRemoval(link)).toEqual({ isLink: true });
    expect(lstatSync(moveToTrash(link)).isSymbolicLink()).toBe(true);
    expect(readdirSync(path.join(elsewhere, 'attempts'))).toEqual(before);
    expect(existsSync(path.join(elsewhere, 'run.json'))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('does not follow a .trash that leads elsewhere', async () => {
    const root = temporaryFolder();
    const away = temporaryFolder();
    symlinkSync(away, path.join(root, '.trash'));
    const dir = await finished(root, 'a', {});
    expect((await problemOf(() => moveToTrash(dir))).code).toBe('corrupt');
    expect(readdirSync(away)).toEqual([]);
    expect(existsSync(dir)).toBe(true);
    writeFileSync(path.join(root, 'file'), '');
    expect((await problemOf(() => releaseForRemoval(path.join(root, 'file')))).code).toBe('io');
  });
});
