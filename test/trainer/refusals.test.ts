/** What is wrong is named, with what to do about it; nothing is left half made, and no run is lost. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listCheckpoints, readCheckpoint } from '../../src/runs/checkpoints';
import { readRun } from '../../src/runs/read-run';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, documentOf, endless, eventsOf, expectRefusal, jsonOf, listening, ofKind, startResuming, startTraining, tiny, tinyArch, train, trm, until, writeConfig } from './programs';
import type { Ended, Keys } from './programs';

/** `trm train` of this text. */
async function trainText(text: string): Promise<{ folder: string; ended: Ended }> {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'bad.trm.yaml'), text);
  return { folder, ended: await trm(['train', 'bad.trm.yaml'], folder) };
}

/** `trm train` of these keys, which makes a run that fails: the run's folder. */
async function failedRun(folder: string, keys: Keys): Promise<{ dir: string; ended: Ended }> {
  writeConfig(folder, keys);
  const ended = await trm(['train', 'tiny.trm.yaml'], folder);
  const runs = path.join(folder, 'runs');
  const dir = path.join(runs, readdirSync(runs).at(-1)!);
  expect((await readRun(dir)).state).toBe('failed');
  return { dir, ended };
}

describe('a config', () => {
  it.each([
    ['an unknown key', 'arch:\n  name: trm\n  hiden_size: 16\ndata_paths: [d]\n', 'bad.trm.yaml:3:3: arch.hiden_size: unknown key', 'did you mean arch.hidden_size?'],
    ['a wrong type', 'arch: trm\ndata_paths: [d]\nepochs: many\n', 'bad.trm.yaml:3:9: epochs: ', 'expected an integer of at least 1; found "many"'],
    ['broken YAML', 'arch: trm\ndata_paths: [d\nepochs: 3\n', /bad\.trm\.yaml:\d+:\d+: /, /./],
    ['an unknown architecture', 'arch: trn\ndata_paths: [d]\n', 'bad.trm.yaml:1:7: ', 'trm'],
  ])('with %s is refused at its line and column, before anything is made', async (_, text, place, what) => {
    const { folder, ended } = await trainText(text);
    expectRefusal(ended, 2, place, what);
    expect(readdirSync(folder)).toEqual(['bad.trm.yaml']);
  });

  it('that is not there, and an override that does not fit, are refused too', async () => {
    const folder = temporaryFolder();
    expectRefusal(await trm(['train', 'none.trm.yaml'], folder), 2, 'none.trm.yaml');
    writeConfig(folder);
    expectRefusal(await trm(['train', 'tiny.trm.yaml', 'arch.L_cycles=x'], folder), 2, 'override "arch.L_cycles=x": arch.L_cycles: ');
    expectRefusal(await trm(['train', 'tiny.trm.yaml', '--engine', 'abacus'], folder), 2, 'abacus');
    expectRefusal(await trm(['train'], folder), 2, 'config');
    const { error } = documentOf(await trm(['train', 'none.trm.yaml', '--json'], folder), 2) as { error: Keys };
    expect(error['message']).toContain('none.trm.yaml');
    for (const [args, words] of [[['train'], 'missing required argument \'config\''], [['trace', 'x', '--puzzle', 'one'], 'expected a whole number'], [['queue', 'begin'], 'too many arguments']] as const) {
      const usage = documentOf(await trm([...args, '--json'], folder), 2) as { error: Keys };
      expect(usage.error['message']).toContain(words);
    }
    expect(readdirSync(folder)).toEqual(['tiny.trm.yaml']);
  });

  it('that was edited while the run runs changes neither the run nor its resume', async () => {
    const folder = temporaryFolder();
    const config = writeConfig(folder, { ...tiny, ...endless });
    const text = readFileSync(config);
    const { trainer, dir } = startTraining(folder, config, 'edited');
    const { manifest } = await listening(dir);
    writeConfig(folder, { ...tiny, lr: 5, global_batch_size: 4, arch: { ...tinyArch, hidden_size: 32 } });
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended).toBe(0);
    writeFileSync(config, 'not: [even, a config');
    const second = startResuming(dir);
    await until(async () => ofKind(await eventsOf(dir), 'train').some(e => e.attempt === 2 && e.step > 5));
    second.child.kill('SIGTERM');
    expect(await second.ended, second.stderr).toBe(0);
    const { manifest: after, state } = await readRun(dir);
    expect(state).toBe('stopped');
    expect(after.config).toEqual(manifest.config);
    expect(readFileSync(path.join(dir, 'config.trm.yaml'))).toEqual(text);
    expect(ofKind(await eventsOf(dir), 'train').at(-1)!.examples % 8).toBe(0);
    expect(ofKind(await eventsOf(dir), 'alert').map(e => e.message).join()).toContain(`${config} was edited; this run goes on with the copy it began with.`);
  });
});

describe('data', () => {
  const folder = temporaryFolder();
  let good: string;
  beforeAll(async () => {
    writeConfig(folder, { ...tiny, data_paths: ['good'] });
    documentOf(await trm(['data', 'build', 'tiny.trm.yaml', '--json'], folder));
    good = path.join(folder, 'good');
  });
  /** A copy of the good data without what a generator would check. */
  const copy = (name: string): string => {
    cpSync(good, path.join(folder, name), { recursive: true });
    return path.join(folder, name);
  };

  it('that are missing', async () => {
    const { dataset, ...keys } = tiny;
    expect(dataset).toBeDefined();
    const { dir, ended } = await failedRun(folder, { ...keys, data_paths: ['nowhere'] });
    expectRefusal(ended, 1, `No train dataset: there is no folder ${path.join(folder, 'nowhere')}.`, 'Check data_paths, or say under `dataset:` how to make it.');
    expect((await readRun(dir)).manifest.failure).toMatchObject({ cause: 'bad_data' });
    expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
    expect(documentOf(await trm(['runs', '--json'], folder))).toMatchObject({ broken: [] });
  });

  it('whose array is cut short', async () => {
    const file = path.join(copy('short'), 'train/all__inputs.npy');
    truncateSync(file, 1000);
    const { ended } = await failedRun(folder, { ...tiny, data_paths: ['short'] });
    expectRefusal(ended, 1, `${file}: truncated: its header says (60, 16) of 1-byte numbers, expected 960 bytes of data, found 872`, 'The file is cut short: copy or build the dataset again.');
  });

  it('with a token that the model does not know', async () => {
    const file = path.join(copy('token'), 'train/all__inputs.npy');
    const bytes = readFileSync(file);
    bytes[bytes.length - 3] = 77;
    writeFileSync(file, bytes);
    const { ended } = await failedRun(folder, { ...tiny, data_paths: ['token'] });
    expectRefusal(ended, 1, `${file}: row 59, position 13: token 77, expected 0 to 5`);
  });

  it('from a CSV with a row of 80 cells', async () => {
    const fixture = path.resolve(import.meta.dirname, '../fixtures/sudoku-csv');
    const csv = path.join(folder, 'csv');
    cpSync(fixture, csv, { recursive: true });
    const lines = readFileSync(path.join(csv, 'train.csv'), 'utf8').split('\n');
    lines[4] = lines[4]!.replace(/^(\w+),./, '$1,');
    writeFileSync(path.join(csv, 'train.csv'), lines.join('\n'));
    const what = `${path.join(csv, 'train.csv')}, line 5: question has 80 cells, expected 81`;
    const { ended } = await failedRun(folder, { ...tiny, data_paths: ['nine'], dataset: { kind: 'sudoku', csv: 'csv', train: 39, test: 10 } });
    expectRefusal(ended, 1, what, 'Mend that line', 'or leave such rows out: `skip_bad_rows: true` under `dataset:`, or --skip-bad-rows of `trm data`.');
    expectRefusal(await trm(['data', 'sudoku', '--csv', 'csv', '--out', 'nine'], folder), 1, what);
    expect(readdirSync(folder).filter(name => name.includes('nine'))).toEqual([]);
    const left = await trm(['data', 'sudoku', '--csv', 'csv', '--out', 'nine', '--skip-bad-rows'], folder);
    expect(left.code, left.stderr).toBe(0);
    expect(left.stderr).toContain(`left out: ${what}`);
    expect(left.stdout).toMatch(/, 1 damaged row left out$/m);
  });

  it('that changed since the run began: refused until they are back', async () => {
    const data = copy('changing');
    const config = writeConfig(folder, { ...tiny, ...endless, data_paths: ['changing'] }, 'changing');
    const { trainer, dir } = startTraining(folder, config, 'changing');
    await until(async () => ofKind(await eventsOf(dir), 'train').length > 3);
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended).toBe(0);
    const file = path.join(data, 'test/all__labels.npy');
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.from(bytes).fill(3, bytes.length - 1));
    expectRefusal(await trm(['resume', 'changing'], folder), 1, `The test data in ${data} are not those the run began with (content hash `, 'Put the old data back, or start a new run.');
    writeFileSync(file, bytes);
    const again = startResuming(dir);
    await listening(dir, 3);
    again.child.kill('SIGTERM');
    expect(await again.ended, again.stderr).toBe(0);
    expect((await readRun(dir)).state).toBe('stopped');
  });
});

describe('a checkpoint', () => {
  /** A run that was stopped after a few checkpoints, and the path of its newest. */
  async function stoppedRun(keys: Keys = tiny): Promise<{ folder: string; dir: string; newest: string }> {
    const folder = temporaryFolder();
    const { trainer, dir } = startTraining(folder, writeConfig(folder, { ...keys, ...endless, checkpoint_minutes: 0.001, keep_checkpoints: 3 }), 'stopped');
    await until(() => checkpointNames(dir).length === 3);
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended, trainer.stderr).toBe(0);
    return { folder, dir, newest: listCheckpoints(dir)[0]!.dir };
  }
  const stop = async (dir: string, attempt: number): Promise<string[]> => {
    const trainer = startResuming(dir);
    await listening(dir, attempt);
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended, trainer.stderr).toBe(0);
    return ofKind(await eventsOf(dir), 'alert').filter(e => e.attempt === attempt).map(e => `${e.level}: ${e.message} ${e.next}`);
  };

  it('of another shape is refused by name, and nothing is lost', async () => {
    const { folder, dir, newest } = await stoppedRun();
    const file = path.join(dir, 'run.json');
    const asWas = jsonOf(file);
    const { step } = readCheckpoint(newest).state;
    const config = asWas['config'] as { arch: Keys };
    const write = (changed: Keys): void => { writeFileSync(file, JSON.stringify({ ...asWas, config: { ...config, ...changed } })); };
    write({ arch: { ...config.arch, hidden_size: 32, L_layers: 2 } });
    expectRefusal(await trm(['resume', 'stopped'], folder), 1, `The checkpoint of step ${step} does not fit: arch.hidden_size is 16 in the checkpoint and 32 in the config; arch.L_layers is 1 in the checkpoint and 2 in the config.`, 'Use the config and data it was trained with.');
    expectRefusal(await trm(['eval', 'stopped'], folder), 1, 'arch.hidden_size is 16 in the checkpoint and 32 in the config');
    write({ global_batch_size: 4 });
    expectRefusal(await trm(['resume', 'stopped'], folder), 1, `The checkpoint of step ${step} does not fit: z_H in its carry is [8, 17, 16], the config and data need [4, 17, 16].`);
    write({ ema: false });
    expect(await stop(dir, 4)).toEqual([]); // weights without their average are enough
    write({});
    expect(readCheckpoint(newest).state.step).toBe(step);
  });

  it('of another run is refused in its place', async () => {
    const { folder, dir, newest } = await stoppedRun();
    const other = await train(folder, writeConfig(folder, { ...tiny, epochs: 2, watch: [], arch: { ...tinyArch, puzzle_emb_len: 3 } }, 'other'), 'other');
    rmSync(newest, { recursive: true });
    cpSync(path.join(other, 'checkpoints/step-15'), newest, { recursive: true });
    expectRefusal(await trm(['resume', 'stopped', '--checkpoint', path.basename(newest)], folder), 1, 'arch.puzzle_emb_len is 3 in the checkpoint and 1 in the config');
    expect((await readRun(dir)).manifest.failure).toMatchObject({ cause: 'bad_checkpoint' });
  });

  it('that is damaged is passed over with an alert, for an older one', async () => {
    const { dir, newest, folder } = await stoppedRun();
    const [, second, third] = listCheckpoints(dir);
    const file = path.join(newest, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    truncateSync(path.join(second!.dir, 'carry.safetensors'), 50);
    expectRefusal(await trm(['eval', newest], folder), 1, `${file} has another sha256 than state.json says`);
    const alerts = await stop(dir, 2);
    expect(alerts).toHaveLength(2);
    expect(alerts[0]).toContain(`warning: Skipped a damaged checkpoint: ${path.basename(newest)}: ${file} has another sha256 than state.json says: it was changed or damaged. An older one is used.`);
    expect(alerts[1]).toContain(second!.name);
    expect(ofKind(await eventsOf(dir), 'marker').find(e => e.marker === 'resume')).toMatchObject({ step: third!.step, supersedes: third!.step, text: `from ${third!.name}` });
  });

  it('is missed by nobody when all are damaged: the run says that it begins anew', async () => {
    const { dir } = await stoppedRun();
    for (const { dir: checkpoint } of listCheckpoints(dir)) writeFileSync(path.join(checkpoint, 'state.json'), '{"schema": 1');
    const alerts = await stop(dir, 2);
    expect(alerts).toHaveLength(3);
    expect(alerts.every(text => text.includes('There is no other: the run begins anew.'))).toBe(true);
    expect(ofKind(await eventsOf(dir), 'marker').find(e => e.marker === 'resume')).toMatchObject({ step: 0, supersedes: 0 });
  });
});

describe('what is no run', () => {
  it('is not resumed, evaluated or traced', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'mine'));
    for (const command of [['resume', 'mine'], ['eval', 'mine'], ['trace', 'mine', '--puzzle', '0'], ['stop', 'mine']]) {
      expectRefusal(await trm(command, folder), 2, 'There is no run mine, neither at that path nor in', 'See `trm runs`');
    }
    writeFileSync(path.join(folder, 'mine/run.json'), '{"schema": 99}');
    expectRefusal(await trm(['resume', 'mine'], folder), 1, 'was written by a newer version (schema 99', 'Update TRM Explorer');
    writeFileSync(path.join(folder, 'mine/run.json'), '{"schema": 1, "id": "x"');
    expectRefusal(await trm(['resume', 'mine'], folder), 1, 'run.json is not JSON', 'Restore it from a copy');
    expect(readdirSync(path.join(folder, 'mine'))).toEqual(['run.json']);
  });
});

it('a loss that is no number stops the run and names the step', async () => {
  const folder = temporaryFolder();
  writeConfig(folder, { ...tiny, ...endless, lr: 1e30, lr_warmup_steps: 0, watch: [] });
  const ended = await trm(['train', 'tiny.trm.yaml', '--json'], folder);
  const said = documentOf(ended, 1);
  expectRefusal(ended, 1, /the (loss|gradient norm) became (NaN|-?Infinity) at step \d+/, 'Train again with a lower lr');
  expect(said).toMatchObject({ state: 'failed', failure: { cause: 'non_finite_loss' } });
  expect(ended.stderr).not.toContain('checkpoint'); // there is none yet
});

it('a loss that is no number late in the run loses nothing before it, and names the last good checkpoint', async () => {
  const folder = temporaryFolder();
  // A decay of more than the whole weight triples it at every step: too large for float32 some ten steps after the first evaluation.
  const config = writeConfig(folder, { ...tiny, lr: 0.01, lr_warmup_steps: 0, weight_decay: 400, watch: [] });
  const { trainer, dir } = startTraining(folder, config, 'late');
  expect(await trainer.ended).toBe(1);
  const { manifest, state } = await readRun(dir);
  expect(state).toBe('failed');
  const step = Number(/at step (\d+)$/.exec(manifest.failure!.message)![1]);
  expect(ofKind(await eventsOf(dir), 'train').at(-1)!.step).toBe(step - 1);
  const alerts = ofKind(await eventsOf(dir), 'alert').filter(({ level }) => level === 'error');
  expect(alerts).toMatchObject([{ code: 'non_finite', step: step - 1, message: manifest.failure!.message, next: manifest.failure!.next }]);
  expect(manifest.failure!.next).toContain('The checkpoint of step 15 is from before: it can be evaluated and inspected.');
  expect(checkpointNames(dir)).toEqual(['step-15']);
  for (const { data } of Object.values(readCheckpoint(path.join(dir, 'checkpoints/step-15')).model)) expect([...data as Float32Array].every(Number.isFinite)).toBe(true);
  const again = startResuming(dir);
  expect(await again.ended).toBe(1); // it comes to the same end, from its last good checkpoint
  expect((await readRun(dir)).manifest.failure).toEqual(manifest.failure);
});
