import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointDir, latestGoodCheckpoint, listCheckpoints, pinCheckpoint, readCheckpoint } from '../../src/runs/checkpoints';
import { insideRun, newRunId } from '../../src/runs/paths';
import { readRun } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import type { Trace } from '../../src/runs/schema';
import { listTraces, readTrace } from '../../src/runs/traces';
import { problemOf, temporaryFolder } from './runs-fixture';
import { contents, evalSummary, newRun, resumeMarker, trace } from './runs-values';

const names = (dir: string): string[] => listCheckpoints(dir).map(c => c.name);

describe('a run folder', () => {
  it('has the config byte for byte and a manifest that says who writes it', async () => {
    const writer = newRun(path.join(temporaryFolder(), 'new', 'runs'));
    expect(readFileSync(writer.paths.config, 'utf8')).toBe('# mine\narch: trm\n');
    const { manifest, state, lastSeen, best } = await readRun(writer.dir);
    expect(manifest).toEqual(writer.manifest);
    expect(manifest).toMatchObject({ schema: 1, attempt: 1, state: 'pending', owner: { pid: process.pid }, total_steps: 400 });
    expect(manifest.id).toBe(path.basename(writer.dir));
    expect([state, best]).toEqual(['pending', null]);
    expect(Math.abs(Date.now() - lastSeen!.getTime())).toBeLessThan(10_000);
    writer.update({ state: 'running', step: 3, notes: 'ünï' });
    writer.setSocket('/tmp/s');
    expect((await readRun(writer.dir)).manifest).toMatchObject({ state: 'running', step: 3, notes: 'ünï', owner: { socket: '/tmp/s' } });
    expect(readdirSync(writer.dir).filter(name => name.startsWith('.'))).toEqual([]);
  });

  it('refuses a manifest that readers would refuse, and keeps the old one', async () => {
    const writer = newRun(temporaryFolder());
    expect((await problemOf(() => writer.update({ step: -1 }))).message).toContain('step');
    expect((await readRun(writer.dir)).manifest.step).toBe(0);
  });

  it('is named by config, time and chance, whatever the config is called', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5);
    expect(newRunId('sudoku-4x4.trm.yaml', at)).toMatch(/^sudoku-4x4-20260102-030405-[0-9a-f]{4}$/);
    expect(newRunId('../../evil name<script>.yaml', at)).toMatch(/^evil-name-script-2026/);
    for (const name of ['', '...', 'ß😀', '日本', '-rf', 'x'.repeat(300)]) expect(newRunId(name, at)).toMatch(/^\w[\w.-]{0,59}-20260102-030405-[0-9a-f]{4}$/);
  });

  it('cannot be made under an id that leaves the runs folder', async () => {
    for (const id of ['..', '../x', '/tmp/x', 'a/b', '', '.hidden']) expect((await problemOf(() => newRun(temporaryFolder(), 2, id))).code).toBe('shape');
  });

  it('is reopened as the next attempt with a clean slate', async () => {
    const writer = newRun(temporaryFolder());
    writer.update({ state: 'failed', step: 9, failure: { cause: 'disk', message: 'm', next: 'n' } });
    await writer.close();
    const again = RunWriter.reopen(writer.dir);
    expect(again.manifest).toMatchObject({ attempt: 2, state: 'pending', step: 9, failure: null, id: writer.manifest.id, created: writer.manifest.created });
  });

  it('is not claimed when it cannot be reopened', async () => {
    const writer = newRun(temporaryFolder());
    await writer.close();
    writeFileSync(writer.paths.manifest, readFileSync(writer.paths.manifest, 'utf8').replace('"schema": 1', '"schema": 99'));
    expect((await problemOf(() => RunWriter.reopen(writer.dir))).code).toBe('newer_schema');
    writeFileSync(writer.paths.manifest, '{');
    expect((await problemOf(() => RunWriter.reopen(writer.dir))).code).toBe('corrupt');
    expect(readdirSync(writer.paths.attempts)).toEqual(['1.json']);
    expect((await problemOf(() => RunWriter.reopen(temporaryFolder()))).code).toBe('not_a_run');
  });
});

describe('checkpoints', () => {
  it('give back what was written', async () => {
    const writer = newRun(temporaryFolder());
    const name = await writer.writeCheckpoint(contents(7));
    const { state, model, ema, carry } = readCheckpoint(checkpointDir(writer.dir, name));
    expect([name, state.step, state.attempt, state.data.batch]).toEqual(['step-7', 7, 1, 7]);
    expect(model['w']!.data).toEqual(new Float32Array(16).fill(7));
    expect(carry['steps']!.data).toEqual(new Int32Array([7, 1]));
    expect(ema).not.toBeNull();
    expect(Object.keys(state.files)).toHaveLength(4);
    const without = await writer.writeCheckpoint({ ...contents(8), ema: null });
    expect(readCheckpoint(checkpointDir(writer.dir, without)).ema).toBeNull();
  });

  it('keeps the newest, the best and the pinned', async () => {
    const writer = newRun(temporaryFolder(), 2);
    for (let step = 1; step <= 6; step++) {
      const name = await writer.writeCheckpoint(contents(step));
      if (step === 2) writer.writeBest({ checkpoint: name, metric: 'exact_accuracy', eval: evalSummary(2) });
      if (step === 3) pinCheckpoint(writer.dir, name, true);
    }
    expect(names(writer.dir)).toEqual(['step-6', 'step-5', 'step-3', 'step-2']);
    expect(listCheckpoints(writer.dir).map(c => [c.best, c.pinned])).toEqual([[false, false], [false, false], [false, true], [true, false]]);
    pinCheckpoint(writer.dir, 'step-3', false);
    await writer.writeCheckpoint(contents(7));
    expect(names(writer.dir)).toEqual(['step-7', 'step-6', 'step-2']);
  });

  it('passes over damaged ones and says which', async () => {
    const writer = newRun(temporaryFolder(), 5);
    for (let step = 1; step <= 4; step++) await writer.writeCheckpoint(contents(step));
    const { checkpoint } = writer.paths;
    const flipped = path.join(checkpoint(4), 'model.safetensors');
    const bytes = readFileSync(flipped);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(flipped, bytes);
    writeFileSync(path.join(checkpoint(3), 'state.json'), '{"schema":1');
    writeFileSync(path.join(checkpoint(2), 'carry.safetensors'), '');
    const { checkpoint: good, skipped } = latestGoodCheckpoint(writer.dir);
    expect(good?.name).toBe('step-1');
    expect(skipped.map(s => s.name).sort()).toEqual(['step-2', 'step-3', 'step-4']);
    expect(skipped.find(s => s.name === 'step-4')!.problem).toContain(`${flipped} has another sha256`);
    expect((await problemOf(() => readCheckpoint(checkpoint(4)))).code).toBe('corrupt');
    expect(readCheckpoint(checkpoint(4), { verify: false }).state.step).toBe(4);
  });

  it('writes the same step twice once, with the newer counters', async () => {
    const writer = newRun(temporaryFolder());
    await writer.writeCheckpoint(contents(5));
    const later = contents(5);
    expect(await writer.writeCheckpoint({ ...later, state: { ...later.state, process_seconds: 99 } })).toBe('step-5');
    expect(names(writer.dir)).toEqual(['step-5']);
    expect(readCheckpoint(checkpointDir(writer.dir, 'step-5')).state.process_seconds).toBe(99);
  });

  it('never replaces a checkpoint of an earlier attempt, and resumes from the present line', async () => {
    const first = newRun(temporaryFolder(), 9);
    for (const step of [10, 20, 30]) await first.writeCheckpoint(contents(step));
    first.writeBest({ checkpoint: 'step-20', metric: 'exact_accuracy', eval: evalSummary(20) });
    await first.close();
    const second = RunWriter.reopen(first.dir);
    second.append(resumeMarker(10));
    expect(latestGoodCheckpoint(first.dir).checkpoint?.name).toBe('step-10');
    const other = contents(20);
    const best = { checkpoint: 'step-20', metric: 'exact_accuracy', eval: evalSummary(20) } as const;
    const name = await second.writeCheckpoint({ ...other, state: { ...other.state, best }, model: { w: { shape: [1], data: new Float32Array([-1]) } } });
    expect(name).toBe('step-20.2');
    expect(readCheckpoint(checkpointDir(first.dir, name)).state.best?.checkpoint).toBe(name);
    expect(readCheckpoint(checkpointDir(first.dir, 'step-20')).model['w']!.data[0]).toBe(20); // the best is still the best
    expect(readCheckpoint(checkpointDir(first.dir, name)).model['w']!.data[0]).toBe(-1);
    expect(latestGoodCheckpoint(first.dir).checkpoint?.name).toBe('step-20.2');
    expect(listCheckpoints(first.dir).map(c => [c.name, c.superseded])).toEqual([['step-20.2', false], ['step-30', true], ['step-20', true], ['step-10', false]]);
  });

  it('are asked for by name only inside the run', async () => {
    const writer = newRun(temporaryFolder());
    await writer.writeCheckpoint(contents(1));
    const problem = await problemOf(() => checkpointDir(writer.dir, '../../x'));
    expect([problem.code, problem.next]).toEqual(['missing', 'Choose one of step-1.']);
  });
});

describe('traces', () => {
  it('are kept by step and puzzle and read back checked', async () => {
    const writer = newRun(temporaryFolder());
    expect(writer.writeTrace(10, 2, trace(10))).toBe('traces/10/2.json');
    writer.writeTrace(5, 2, trace(5));
    writer.writeTrace(5, 0, trace(5));
    expect(await listTraces(writer.dir)).toEqual([{ index: 0, steps: [5] }, { index: 2, steps: [5, 10] }]);
    expect(await readTrace(writer.dir, 10, 2)).toEqual({ ...trace(10), attempt: 1 });
    writeFileSync(writer.paths.trace(5, 0), JSON.stringify({ ...trace(5), y_prob: 'AAAA' }));
    expect((await problemOf(() => readTrace(writer.dir, 5, 0))).message).toMatch(/y_prob: expected 16 bytes in base64, found 3/);
    expect((await problemOf(() => readTrace(writer.dir, 6, 0))).code).toBe('missing');
    expect((await problemOf(() => writer.writeTrace(1, 0, { ...trace(1), change: [NaN] }))).code).toBe('shape');
  });

  /** A run with traces of steps 10, 20 and 30, resumed from step 10, with a new one of step 20. */
  async function resumedRun(): Promise<RunWriter> {
    const first = newRun(temporaryFolder());
    for (const step of [10, 20, 30]) first.writeTrace(step, 0, trace(step));
    await first.close();
    const second = RunWriter.reopen(first.dir);
    second.append(resumeMarker(10));
    second.writeTrace(20, 0, trace(20));
    return first;
  }

  it('of an abandoned attempt are not listed', async () => {
    const first = await resumedRun();
    expect(await listTraces(first.dir)).toEqual([{ index: 0, steps: [10, 20] }]);
    expect(existsSync(first.paths.trace(30, 0))).toBe(true);
    writeFileSync(first.paths.trace(30, 0), JSON.stringify({ ...trace(30), attempt: 1 }, null, 2)); // written by something else, in another order
    expect(await listTraces(first.dir)).toEqual([{ index: 0, steps: [10, 20] }]);
  });

  it('of an abandoned attempt are known by the head of their file: the rest is not read', async () => {
    const first = await resumedRun();
    for (const step of [20, 30]) truncateSync(first.paths.trace(step, 0), 100);
    expect(await listTraces(first.dir)).toEqual([{ index: 0, steps: [10, 20] }]);
  });

  it('of a large board at a large depth can be read: 1,920 frames of 30 x 30 cells', async () => {
    const writer = newRun(temporaryFolder());
    const cells = 30 * 30, frames = 1920;
    const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64');
    const large: Trace = {
      ...trace(1), rows: 30, cols: 30, question: zeros(cells), solution: zeros(cells), depth: 128, change: new Array<number>(frames).fill(0.1), halting: [],
      frames: Array.from({ length: frames }, (_, f) => ({ m: 1 + Math.floor(f / 15), t: 1, i: 1 + (f % 15), feature: 'z' })),
      y_tokens: zeros(cells * frames), z_tokens: null, y_prob: zeros(4 * cells * frames), z_prob: null,
    };
    writer.writeTrace(1, 0, large);
    expect((await readTrace(writer.dir, 1, 0)).y_prob).toHaveLength(large.y_prob.length);
  });
});

describe('the border of the folder', () => {
  it('is not crossed by a path', async () => {
    const dir = temporaryFolder();
    expect(insideRun(dir, 'a/../b/new.json')).toBe(path.join(dir, 'b', 'new.json'));
    for (const out of ['..', '../x', 'a/../../x', '/etc/passwd', 'a\0b']) expect((await problemOf(() => insideRun(dir, out))).code).toBe('corrupt');
  });

  it('is not crossed by a symbolic link, whole, dangling or in the middle', async () => {
    const writer = newRun(temporaryFolder());
    const away = temporaryFolder();
    writeFileSync(path.join(away, 'secret.json'), JSON.stringify(trace(1)));
    mkdirSync(path.join(away, '1'));
    symlinkSync(path.join(away, '1'), path.join(writer.paths.traces, '1'));
    mkdirSync(path.join(writer.paths.traces, '2'));
    symlinkSync(path.join(away, 'secret.json'), path.join(writer.paths.traces, '2', '0.json'));
    symlinkSync(path.join(away, 'not-there.json'), path.join(writer.paths.traces, '2', '1.json'));
    expect((await problemOf(() => readTrace(writer.dir, 2, 0))).code).toBe('corrupt');
    expect((await problemOf(() => writer.writeTrace(2, 1, trace(2)))).code).toBe('corrupt');
    expect((await problemOf(() => writer.writeTrace(1, 0, trace(1)))).code).toBe('corrupt');
    expect(readdirSync(path.join(away, '1'))).toEqual([]);

    await writer.writeCheckpoint(contents(1));
    symlinkSync(writer.paths.checkpoint(1), path.join(writer.paths.checkpoints, 'step-2'));
    expect(names(writer.dir)).toContain('step-2'); // a link inside the run is a copy at worst
    symlinkSync(away, path.join(writer.paths.checkpoints, 'step-3'));
    expect(listCheckpoints(writer.dir).find(c => c.name === 'step-3')?.problem).toContain('leads out of the run folder');
    await writer.close();
  });

  it('may itself be reached through a link', async () => {
    const writer = newRun(temporaryFolder());
    const link = path.join(temporaryFolder(), 'runs');
    symlinkSync(path.dirname(writer.dir), link);
    expect((await readRun(path.join(link, writer.manifest.id))).manifest.id).toBe(writer.manifest.id);
    expect(insideRun(path.join(link, writer.manifest.id), 'traces/1/0.json')).toContain(link);
  });
});

it('touches its heartbeat', () => {
  const writer = newRun(temporaryFolder());
  const old = new Date(1e12);
  utimesSync(writer.paths.heartbeat, old, old);
  appendFileSync(writer.paths.heartbeat, '');
  writer.startHeartbeat();
  return readRun(writer.dir).then(run => expect(Date.now() - run.lastSeen!.getTime()).toBeLessThan(5000));
});
