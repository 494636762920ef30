import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { heartbeatFreshFor } from '../../src/runs/heartbeat';
import { thisProcess } from '../../src/runs/process-identity';
import { parseJson } from '../../src/runs/read-json';
import { concludeState, listRuns, readRun } from '../../src/runs/read-run';
import type { RunManifest } from '../../src/runs/schema';
import { watchRun, watchRuns } from '../../src/runs/watch-run';
import { Script, bundle, problemOf, temporaryFolder } from './runs-fixture';
import { evalSummary, newRun, trainEvent } from './runs-values';

/** Puts this text, or a changed manifest, in the place of a new run's run.json. */
function runWith(root: string, change: string | ((manifest: Record<string, unknown>) => unknown)): string {
  const { dir, paths } = newRun(root);
  const text = typeof change === 'string' ? change : JSON.stringify(change(JSON.parse(readFileSync(paths.manifest, 'utf8')) as Record<string, unknown>));
  writeFileSync(paths.manifest, text);
  return dir;
}

describe('a run.json from anywhere', () => {
  it.each<[string, string | ((m: Record<string, unknown>) => unknown), RegExp]>([
    ['is empty', '', /not JSON/],
    ['is cut off', '{"schema":1,', /not JSON/],
    ['is a number', '7', /the whole value: .*expected object/],
    ['is null', 'null', /expected object/],
    ['has a step of text', m => ({ ...m, step: '12' }), /step: .*expected number/],
    ['has a pid below zero', m => ({ ...m, owner: { ...m['owner'] as object, pid: -1 } }), /owner\.pid/],
    ['has an unknown state', m => ({ ...m, state: 'exploded' }), /state/],
    ['has a script for an id', m => ({ ...m, id: '<script>alert(1)</script>' }), /id/],
    ['has a path for an id', m => ({ ...m, id: '../../etc' }), /id/],
    ['has no date', m => ({ ...m, created: 'yesterday' }), /created/],
    ['is of a newer version', m => ({ ...m, schema: 2 }), /newer version \(schema 2/],
    ['is nested without end', '['.repeat(1_000_000), /not JSON/],
    ['has a config nested without end', m => ({ ...m, config: JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`) as unknown }), /nests more than 64 levels/],
  ])('that %s makes a broken entry', async (_, change, problem) => {
    const root = temporaryFolder();
    const good = newRun(root);
    const dir = runWith(root, change);
    const { runs, broken } = await listRuns(root);
    expect(runs.map(r => r.dir)).toEqual([good.dir]);
    expect(broken.map(b => b.dir)).toEqual([dir]);
    expect(broken[0]!.problem).toMatch(problem);
    expect(broken[0]!.problem).toContain(path.join(dir, 'run.json'));
    expect(broken[0]!.problem.length).toBeLessThan(500);
    expect(broken[0]!.next).not.toBe('');
  });

  it('is taken whatever its strings hold: millions of characters, quotes, brackets that nest nothing', () => {
    const schema = z.object({ text: z.string(), after: z.number().optional() });
    const long = 'A'.repeat(12_000_000);
    expect(parseJson('f', JSON.stringify({ text: long, many: new Array(100).fill([]) }), schema).text).toHaveLength(long.length);
    for (const text of ['['.repeat(100), `"${'{'.repeat(100)}`, `\\"${'['.repeat(100)}`, '\\\\']) {
      expect(parseJson('f', JSON.stringify({ text, after: 1 }), schema)).toEqual({ text, after: 1 });
    }
    expect(() => parseJson('f', `{"text": "\\\\", "deep": ${'['.repeat(100)}`, schema)).toThrow(/nests more than 64 levels/);
    expect(() => parseJson('f', '{"text": "\\"', schema)).toThrow(/not JSON/);
  });

  it('keeps markup and control characters in free text as text, and out of messages', async () => {
    const root = temporaryFolder();
    const name = '<img src=x onerror=alert(1)>\u001b[2J\n';
    const fine = runWith(root, m => ({ ...m, name }));
    const bad = runWith(root, m => ({ ...m, tags: [1], ['\u001b]0;x\u0007']: 1, state: '\u001b[31m' }));
    const { runs, broken } = await listRuns(root);
    expect(runs.find(r => r.dir === fine)!.manifest.name).toBe(name);
    expect(broken.map(b => b.dir)).toEqual([bad]);
    expect(broken[0]!.problem).not.toMatch(/[\u0000-\u001f]/);
  });

  it('is not read when it is huge, a link, a pipe or a folder', async () => {
    const root = temporaryFolder();
    const away = path.join(temporaryFolder(), 'run.json');
    const place: ((file: string) => void)[] = [
      file => truncateSync(file, 100 << 20),
      file => {
        cpSync(file, away);
        rmSync(file);
        symlinkSync(away, file);
      },
      file => {
        rmSync(file);
        mkdirSync(file);
      },
      ...process.platform === 'win32' ? [] : [(file: string) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      }],
    ];
    for (const put of place) put(newRun(root).paths.manifest);
    const before = process.memoryUsage().rss;
    const { runs, broken } = await listRuns(root);
    expect(runs).toEqual([]);
    expect(broken).toHaveLength(place.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 << 20);
  });

  it('does not lend its prototype', async () => {
    const root = temporaryFolder();
    runWith(root, m => JSON.parse(JSON.stringify(m).replace('{', '{"__proto__":{"polluted":1},')) as unknown);
    await listRuns(root);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the state of a run', () => {
  const manifest = newRun(temporaryFolder()).manifest;
  const of = (changes: Partial<RunManifest['owner']>, state: RunManifest['state'] = 'running', updated = manifest.updated): RunManifest => ({ ...manifest, state, updated, owner: { ...manifest.owner, ...changes } });
  const old = new Date(Date.now() - heartbeatFreshFor - 60_000);

  it('is what was written while the process lives, however old its heartbeat', () => {
    for (const state of ['pending', 'running', 'paused'] as const) expect(concludeState(of({}, state, old.toISOString()), old)).toBe(state);
  });

  it('is crashed when the process is certainly gone', () => {
    for (const gone of [{ process_start: '1' }, { pid: 2 ** 22 + 1 }]) {
      for (const state of ['pending', 'running', 'paused'] as const) expect(concludeState(of(gone, state), new Date())).toBe('crashed');
    }
  });

  it('is the written end, whoever wrote it', () => {
    for (const state of ['finished', 'failed', 'stopped'] as const) expect(concludeState(of({ pid: 2 ** 22 + 1 }, state), null)).toBe(state);
  });

  it('is told by the heartbeat when the process cannot be seen from here', () => {
    const far = { host: 'far-away', boot_id: 'm:b:1' };
    expect(concludeState(of(far, 'running', old.toISOString()), new Date())).toBe('running');
    expect(concludeState(of(far, 'running', old.toISOString()), old)).toBe('lost');
    expect(concludeState(of(far, 'running', old.toISOString()), null)).toBe('lost');
    expect(concludeState(of(far, 'running', new Date().toISOString()), null)).toBe('running');
    expect(concludeState(of({ ...far, host: thisProcess().host }, 'running', old.toISOString()), old)).toBe('lost');
  });

  it('of a killed trainer is crashed, also while its parent has not looked', async () => {
    const root = temporaryFolder();
    const script = new Script(bundle(`
      import { newRun } from '#values';
      const writer = newRun(process.argv[2]);
      writer.update({ state: 'running' });
      console.log(writer.dir);
      setInterval(() => undefined, 1000);
    `), root);
    const dir = await script.line();
    expect((await readRun(dir)).state).toBe('running');
    script.child.kill('SIGKILL');
    await vi.waitFor(async () => expect((await readRun(dir)).state).toBe('crashed'), { timeout: 5000 });
  });
});

describe('the list of runs', () => {
  it('has every run newest first and passes over what is none', async () => {
    const root = temporaryFolder();
    const times = ['2026-01-02', '2026-01-03', '2026-01-01'];
    const dirs = times.map(day => runWith(root, m => ({ ...m, created: `${day}T00:00:00.000Z` })));
    mkdirSync(path.join(root, 'my-notes'));
    mkdirSync(path.join(root, '.hidden'));
    writeFileSync(path.join(root, 'readme.txt'), '');
    symlinkSync(path.join(root, 'nowhere'), path.join(root, 'dangling'));
    const { runs, broken } = await listRuns(root);
    expect(runs.map(r => r.dir)).toEqual([dirs[1], dirs[0], dirs[2]]);
    expect(broken).toEqual([]);
    expect(await listRuns(path.join(root, 'not-there'))).toEqual({ runs: [], broken: [] });
    expect((await problemOf(() => listRuns(path.join(root, 'readme.txt')))).code).toBe('io');
    expect((await problemOf(() => readRun(path.join(root, 'my-notes')))).code).toBe('not_a_run');
    expect((await problemOf(() => readRun(path.join(root, 'gone')))).code).toBe('missing');
  });

  it('shows a run that was never fully made, and a copied run, as broken', async () => {
    const root = temporaryFolder();
    const whole = newRun(root);
    cpSync(whole.dir, `${whole.dir}-copy`, { recursive: true });
    const half = newRun(root);
    rmSync(half.paths.manifest);
    expect((await listRuns(root)).broken.map(b => b.dir)).toEqual([`${whole.dir}-copy`]);
    utimesSync(half.dir, new Date(0), new Date(0));
    const { runs, broken } = await listRuns(root);
    expect(runs.map(r => r.dir)).toEqual([whole.dir]);
    expect(broken.map(b => b.dir).sort()).toEqual([`${whole.dir}-copy`, half.dir].sort());
  });

  it('tells of a damaged best.json without losing the run', async () => {
    const writer = newRun(temporaryFolder());
    writer.writeBest({ checkpoint: 'step-1', metric: 'exact_accuracy', eval: evalSummary(1) });
    expect((await readRun(writer.dir)).best?.eval.exact_count).toBe(188);
    writeFileSync(writer.paths.best, '{"checkpoint":1}');
    const run = await readRun(writer.dir);
    expect(run.best).toBeNull();
    expect(run.warnings[0]).toMatch(/best\.json: checkpoint/);
  });
});

describe('watching', () => {
  it('notices new metrics and a new manifest of a run, but not its heartbeat', async () => {
    const writer = newRun(temporaryFolder());
    let calls = 0;
    const watch = watchRun(writer.dir, () => calls++);
    await new Promise(resolve => setTimeout(resolve, 200));
    calls = 0;
    writer.startHeartbeat();
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(calls).toBe(0);
    for (const act of [() => writer.append(trainEvent(1)), () => writer.update({ step: 1 })]) {
      calls = 0;
      act();
      await vi.waitFor(() => expect(calls).toBeGreaterThan(0), { timeout: 5000 });
    }
    watch.dispose();
    await new Promise(resolve => setTimeout(resolve, 200));
    calls = 0;
    writer.update({ step: 2 });
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(calls).toBe(0);
  });

  it('notices a run that crashes, and a folder that appears later', async () => {
    const root = path.join(temporaryFolder(), 'later');
    let calls = 0;
    const watch = watchRuns(root, () => calls++);
    const script = new Script(bundle(`
      import { newRun } from '#values';
      console.log(newRun(process.argv[2]).dir);
      setInterval(() => undefined, 1000);
    `), root);
    const one = watchRun(await script.line(), () => calls++);
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), { timeout: 10_000 });
    await new Promise(resolve => setTimeout(resolve, 500));
    calls = 0;
    await script.kill();
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), { timeout: 10_000 });
    watch.dispose();
    one.dispose();
  });
});
