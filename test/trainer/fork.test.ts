/** Forking from a checkpoint and training a config again, by the programs: what is taken over, what may change, what is refused. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { changeLabels } from '../../src/runs/labels';
import { readRun } from '../../src/runs/read-run';
import { trainableText } from '../../src/runs/run-config';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, documentOf, eventsOf, expectRefusal, jsonOf, ofKind, startResuming, tiny, train, trm, writeConfig } from './programs';
import type { Keys } from './programs';

const tensors = (dir: string, name: string): Record<string, string> => {
  const folder = path.join(dir, 'checkpoints', name);
  return Object.fromEntries(readdirSync(folder).filter(file => file.endsWith('.safetensors')).map(file => [file, createHash('sha256').update(readFileSync(path.join(folder, file))).digest('hex')]));
};

let folder: string;
let parent: string;
const fork = async (...more: string[]): Promise<Record<string, unknown>> => documentOf(await trm(['fork', 'parent', ...more, '--json'], folder));

beforeAll(async () => {
  folder = temporaryFolder();
  parent = await train(folder, writeConfig(folder, { ...tiny, keep_checkpoints: 10 }), 'parent');
});

describe('a fork', () => {
  it('with nothing changed trains to the very same weights', async () => {
    const { dir, step } = await fork('--checkpoint', '30') as { dir: string; step: number };
    expect(step).toBe(60);
    expect(tensors(dir, 'step-60')).toEqual(tensors(parent, 'step-60'));
    const run = await readRun(dir);
    expect(run.manifest).toMatchObject({ state: 'finished', parent: { run: 'parent', step: 30 }, overrides: [], config_path: path.join(folder, 'tiny.trm.yaml'), attempt: 1 });
    expect(readFileSync(path.join(dir, 'config.trm.yaml'), 'utf8')).toBe(readFileSync(path.join(folder, 'tiny.trm.yaml'), 'utf8'));
    const events = await eventsOf(dir);
    expect(ofKind(events, 'marker')[0]).toMatchObject({ marker: 'start', step: 30, text: 'forked from step 30 of parent' });
    expect(ofKind(events, 'train').map(e => e.step)).toEqual(Array.from({ length: 30 }, (_, i) => 31 + i));
    expect(checkpointNames(dir)).toContain('step-30');
    expect(checkpointNames(parent)).toEqual(['step-15', 'step-30', 'step-45', 'step-60']);
  });

  it('takes other values of what does not decide the data', async () => {
    const { dir, step } = await fork('--checkpoint', 'step-60', 'epochs=12', 'lr=5e-4') as { dir: string; step: number };
    expect(step).toBe(90);
    expect((await readRun(dir)).manifest).toMatchObject({ parent: { run: 'parent', step: 60 }, overrides: ['epochs=12', 'lr=5e-4'], config: { epochs: 12, lr: 5e-4 } });
    expect(tensors(dir, 'step-60')).toEqual(tensors(parent, 'step-60'));
    expect(ofKind(await eventsOf(dir), 'train')[0]!.lr).toBeLessThan(1e-3);
  });

  it('that was stopped before its first step begins where it was to begin, as long as its parent is there', async () => {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    const { dir } = documentOf(await trm(['fork', 'parent', '--checkpoint', '30', '--json'], copy)) as { dir: string };
    const asStopped = (): void => {
      rmSync(path.join(dir, 'checkpoints'), { recursive: true });
      rmSync(path.join(dir, 'best.json'), { force: true });
      writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...jsonOf(path.join(dir, 'run.json')), state: 'stopped', step: 0 }));
    };
    asStopped();
    const again = startResuming(dir);
    expect(await again.ended, again.stderr).toBe(0);
    expect(tensors(dir, 'step-60')).toEqual(tensors(parent, 'step-60'));
    expect(ofKind(await eventsOf(dir), 'marker').find(e => e.attempt === 2)).toMatchObject({ marker: 'resume', step: 30, supersedes: 30, text: 'forked from step 30 of parent' });
    asStopped();
    rmSync(path.join(copy, 'runs', 'parent'), { recursive: true });
    expectRefusal(await trm(['resume', path.basename(dir)], copy), 2, 'was to go on from step 30 of parent, and has no checkpoint of its own to resume from; that one is gone, too.', 'Fork that run again.');
  });

  it('of a run that was deleted meanwhile goes on by itself', async () => {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    const { dir } = documentOf(await trm(['fork', 'parent', '--checkpoint', '30', '--json'], copy)) as { dir: string };
    rmSync(path.join(copy, 'runs', 'parent'), { recursive: true });
    for (const name of checkpointNames(dir).filter(n => n !== 'step-30')) rmSync(path.join(dir, 'checkpoints', name), { recursive: true });
    rmSync(path.join(dir, 'best.json'), { force: true });
    const again = startResuming(dir, '--checkpoint', 'step-30');
    expect(await again.ended, again.stderr).toBe(0);
    expect(tensors(dir, checkpointNames(dir).findLast(n => n.startsWith('step-60'))!)).toEqual(tensors(parent, 'step-60'));
  });

  it.each<[string, string[], 1 | 2, RegExp[]]>([
    ['other shapes', ['arch.hidden_size=24'], 1, [/arch\.hidden_size is 16 in the checkpoint and 24 in the config/]],
    ['another batch and another order', ['global_batch_size=4', 'seed=7'], 1, [/seed is 0 in the run parent and 7 in the config/, /global_batch_size is 8 in the run parent and 4 in the config/, /load_checkpoint/]],
    ['nothing left to train', ['epochs=4'], 2, [/checkpoint is of step 60, and the config trains 30 steps/, /Raise epochs/]],
    ['a key there is not', ['learning_rate=1'], 2, [/learning_rate: unknown key/]],
  ])('is refused for %s', async (_, overrides, code, words) => {
    const ended = await trm(['fork', 'parent', '--checkpoint', '60', ...overrides], folder);
    expectRefusal(ended, code, ...words);
  });

  it('is refused for other data, with both hashes, and for a checkpoint there is not', async () => {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    rmSync(path.join(copy, 'data'), { recursive: true });
    const file = path.join(copy, 'runs', 'parent', 'run.json');
    const manifest = jsonOf(file);
    writeFileSync(file, JSON.stringify({ ...manifest, config_path: path.join(copy, 'tiny.trm.yaml') }));
    expectRefusal(await trm(['fork', 'parent', '--checkpoint', '30', 'dataset.seed=9'], copy), 1, /content hash [0-9a-f]{12} then, [0-9a-f]{12} now/);
    expectRefusal(await trm(['fork', 'parent', '--checkpoint', '31'], folder), 1, /no checkpoint "step-31"/, /Choose one of/);
  });
});

describe('training a run\'s config again', () => {
  it('begins anew, with overrides, in the folder of the first config', async () => {
    changeLabels(parent, { name: 'renamed' });
    const { dir, run } = documentOf(await trm(['rerun', 'parent', 'epochs=4', '--json'], folder)) as { dir: string; run: string };
    expect(run).toMatch(/^tiny-/);
    const { manifest } = await readRun(dir);
    expect(manifest).toMatchObject({ name: 'tiny', parent: null, overrides: ['epochs=4'], step: 30, config: { epochs: 4 } });
    expect(ofKind(await eventsOf(dir), 'train')[0]!.step).toBe(1);
    expect(ofKind(await eventsOf(dir), 'alert').filter(a => a.code === 'config_edited')).toEqual([]);
    // That run's file alone does not give its config: the text that trains it again says all of it.
    const text = trainableText(await readRun(dir));
    expect(text).toMatch(/^# The resolved config of run tiny-.*\narch:\n/);
    const second = documentOf(await trm(['rerun', run, '--json'], folder)) as { dir: string };
    expect((await readRun(second.dir)).manifest).toMatchObject({ config: manifest.config, overrides: [] });
    expect(tensors(second.dir, 'step-30')).toEqual(tensors(dir, 'step-30'));
  });

  it('is refused when the folder of the config is not there', async () => {
    const copy = temporaryFolder();
    cpSync(path.join(folder, 'runs', 'parent'), path.join(copy, 'runs', 'parent'), { recursive: true });
    const file = path.join(copy, 'runs', 'parent', 'run.json');
    writeFileSync(file, JSON.stringify({ ...jsonOf(file), config_path: '/nowhere/at/all/x.trm.yaml' } satisfies Keys));
    expectRefusal(await trm(['rerun', 'parent'], copy), 2, /\/nowhere\/at\/all, which is not there/);
    expect(existsSync('/nowhere')).toBe(false);
  });
});
