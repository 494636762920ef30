/** `trm runs tag`, `note`, `pin`, `rename`: as programs, on a run that trains meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../src/runs/read-run';
import { connected, documentOf, endless, expectRefusal, jsonOf, startTraining, tiny, train, trm, until, writeConfig } from './programs';

let folder: string;
beforeAll(() => { folder = mkdtempSync(path.join(os.tmpdir(), 'trm-labels-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('labels on the command line', () => {
  it('are kept by a live run, with its pinned checkpoint', async () => {
    const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...tiny, ...endless, keep_checkpoints: 1 }), 'live');
    const control = await connected(dir);
    const { checkpoint } = await control.request('checkpoint', {});
    const say = async (...args: string[]): Promise<Record<string, unknown>> => documentOf(await trm(['runs', ...args, '--json'], folder));
    expect(await say('tag', 'live', '#baseline', 'seed/0')).toMatchObject({ run: 'live', tags: ['baseline', 'seed/0'] });
    expect(await say('tag', 'live', 'seed/0', '--remove')).toMatchObject({ tags: ['baseline'] });
    await say('note', 'live', 'Learns slowly.\nTry another rate.');
    await say('rename', 'live', 'first try');
    expect(await say('pin', 'live')).toEqual({ run: 'live', name: 'first try', notes: 'Learns slowly.\nTry another rate.', tags: ['baseline'], pinned: true });
    expect(await say('pin', 'live', '--checkpoint', checkpoint)).toMatchObject({ pinned_checkpoints: [checkpoint] });
    const step = (await readRun(dir)).manifest.step;
    await until(async () => (await readRun(dir)).manifest.step > step + 20);
    await control.request('checkpoint', {});
    await control.request('stop', {});
    control.dispose();
    expect(await trainer.ended).toBe(0);

    const listed = await say();
    expect(listed['runs']).toMatchObject([{ run: 'live', name: 'first try', state: 'stopped', pinned: true, tags: ['baseline'], notes: 'Learns slowly. Try another rate.' }]);
    expect((await trm(['runs'], folder)).stdout).toMatch(/^live\s+stopped, .*, pinned, #baseline$/m);
    expect(jsonOf(path.join(dir, 'checkpoints', checkpoint, 'state.json'))['step']).toBeLessThanOrEqual(step);
    expect(jsonOf(path.join(dir, 'run.json'))).toMatchObject({ name: 'tiny', tags: [], notes: '' });
    expect(await say('pin', 'live', '--checkpoint', checkpoint, '--off')).toMatchObject({ pinned_checkpoints: [] });
  });

  it('say what cannot be said', async () => {
    expectRefusal(await trm(['runs', 'tag', 'nothing', 'x'], folder), 2, /There is no run nothing/);
    expectRefusal(await trm(['runs', 'tag', 'live', 'two words'], folder), 1, /add_tags/, /a tag up to 40/);
    expectRefusal(await trm(['runs', 'pin', 'live', '--checkpoint', 'step-77777'], folder), 1, /no checkpoint "step-77777"/, /Choose one of/);
  });
});

describe('runs that are compared and deleted on the command line', () => {
  it('says how two differ, and moves them to .trash unless one is live', async () => {
    const config = writeConfig(folder, { ...tiny, epochs: 2 }, 'short');
    for (const id of ['one', 'two']) await train(folder, id === 'one' ? config : writeConfig(folder, { ...tiny, epochs: 4, lr: 2e-3 }, 'longer'), id);
    const compared = documentOf(await trm(['runs', 'diff', 'one', 'two', '--json'], folder)) as { runs: { run: string; step: number; loss: number }[]; changed: { key: string; values: unknown[] }[] };
    expect(compared.runs.map(({ run, step }) => [run, step])).toEqual([['one', 15], ['two', 30]]);
    expect(compared.runs[0]!.loss).toBeGreaterThan(0);
    expect(compared.changed).toEqual([{ key: 'epochs', values: [2, 4] }, { key: 'lr', values: [1e-3, 2e-3] }]);
    const table = (await trm(['runs', 'diff', 'one', 'two'], folder)).stdout;
    expect(table).toMatch(/^lr +0\.001 +0\.002$/m);
    expect(table).toMatch(/^best puzzle accuracy \(exact\) +[\d.]+ % \(\d+ of 20; /m);

    const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...tiny, ...endless }, 'endless'), 'busy');
    const control = await connected(dir);
    expectRefusal(await trm(['runs', 'delete', 'one', 'busy'], folder), 1, /is held by process \d+/, /Stop that run first/);
    expect((documentOf(await trm(['runs', '--json'], folder))['runs'] as { run: string }[]).map(run => run.run)).toContain('one');
    await control.request('stop', {});
    control.dispose();
    await trainer.ended;
    expect(documentOf(await trm(['runs', 'delete', 'one', 'busy', '--json'], folder))).toEqual({ deleted: ['one', 'busy'].map(run => ({ run, trash: path.join(folder, 'runs', '.trash', run) })) });
    expect((documentOf(await trm(['runs', '--json'], folder))['runs'] as { run: string }[]).map(run => run.run)).not.toContain('one');
  });
});
