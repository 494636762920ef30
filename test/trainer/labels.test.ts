/** `trm runs tag`, `note`, `pin`, `rename`: as programs, on a run that trains meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../src/runs/read-run';
import { connected, documentOf, endless, expectRefusal, jsonOf, startTraining, tiny, trm, until, writeConfig } from './programs';

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
    expect(listed['runs']).toMatchObject([{ run: 'live', name: 'first try', state: 'stopped', pinned: true, tags: ['baseline'], notes: 'Learns slowly.\nTry another rate.' }]);
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
