/**
 * Published configs as they are: trained, kept whole in the run folder, and resumed when the originals are gone. Published
 * checkpoints: looked at, trained on, imported, and exported again.
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWeightsFile } from '../../src/published/open-weights';
import type { WeightsFile } from '../../src/published/weights-file';
import { readRun } from '../../src/runs/read-run';
import { torchArch, torchCheckpoint, writeZip } from '../unit/published-fixture';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, documentOf, eventsOf, expectRefusal, ofKind, startResuming, startTraining, tiny, train, trm, until, writeConfig } from './programs';

const archYaml = `name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1
loss: {name: losses@ACTLossHead, loss_type: stablemax_cross_entropy}
halt_exploration_prob: 0.1
halt_max_steps: 3
H_cycles: 1
L_cycles: 1
H_layers: 0
L_layers: 1
hidden_size: 16
num_heads: 8
expansion: 1
puzzle_emb_ndim: \${.hidden_size}
pos_encodings: none
forward_dtype: float32
mlp_t: True
puzzle_emb_len: 1 # a comment of the user's
`;
const configYaml = `defaults:
  - arch: tiny
  - _self_
hydra:
  output_subdir: null
data_paths: ['data/tiny']
evaluators: []
global_batch_size: 8
epochs: 1000000
eval_interval: 1000000
lr: 1e-3
lr_warmup_steps: 5
ema: True
`;

it('trains a published config, keeps all of it, and goes on without the originals', async () => {
  const folder = temporaryFolder();
  writeConfig(folder);
  documentOf(await trm(['data', 'build', 'tiny.trm.yaml', '--json'], folder));
  mkdirSync(path.join(folder, 'config/arch'), { recursive: true });
  const config = path.join(folder, 'config/cfg_pretrain.yaml');
  writeFileSync(config, configYaml);
  writeFileSync(path.join(folder, 'config/arch/tiny.yaml'), archYaml);
  const checked = await trm(['validate', 'config/cfg_pretrain.yaml', '+project_name=x'], folder);
  expect(checked.code, checked.stderr).toBe(0);
  expect(checked.stdout).toContain('config/cfg_pretrain.yaml:4:1: warning: hydra: has no use here and is ignored');
  expect(checked.stdout).toContain('override "+project_name=x": warning: project_name: has no use here and is ignored');

  const { trainer, dir } = startTraining(folder, config, 'published');
  await until(async () => ofKind(await eventsOf(dir), 'train').length > 3);
  trainer.child.kill('SIGTERM');
  expect(await trainer.ended, trainer.stderr).toBe(0);
  expect(readFileSync(path.join(dir, 'config.trm.yaml'), 'utf8')).toBe(configYaml);
  expect(readFileSync(path.join(dir, 'arch/tiny.yaml'), 'utf8')).toBe(archYaml);
  const { manifest } = await readRun(dir);
  expect(manifest.config).toMatchObject({ arch: { name: 'trm', hidden_size: 16, puzzle_emb_ndim: 16 }, data_paths: [path.join('..', 'data/tiny')], ema: true });
  expect(ofKind(await eventsOf(dir), 'alert').map(event => event.message)).toContain('hydra: has no use here and is ignored');

  rmSync(path.join(folder, 'config'), { recursive: true });
  const second = startResuming(dir);
  await until(async () => ofKind(await eventsOf(dir), 'train').some(event => event.attempt === 2 && event.step > manifest.step + 3));
  second.child.kill('SIGTERM');
  expect(await second.ended, second.stderr).toBe(0);
  expect((await readRun(dir)).manifest.config).toEqual(manifest.config);
  expect(checkpointNames(dir)).not.toEqual([]);
});

it('refuses what an included file gets wrong, in that file, and makes nothing', async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'arch'));
  writeFileSync(path.join(folder, 'cfg_pretrain.yaml'), configYaml);
  writeFileSync(path.join(folder, 'arch/tiny.yaml'), archYaml.replace('hidden_size: 16', 'hidden_sise: 16'));
  const ended = await trm(['train', 'cfg_pretrain.yaml'], folder);
  expect(readdirSync(folder).sort()).toEqual(['arch', 'cfg_pretrain.yaml']);
  expectRefusal(ended, 2, /^arch\/tiny\.yaml:9:1: arch\.hidden_sise: unknown key; did you mean arch\.hidden_size\?$/m, /^arch\/tiny\.yaml:12:18: arch\.puzzle_emb_ndim: \$\{\.hidden_size\} refers to arch\.hidden_size, which the config does not have/m);
});

describe('a published checkpoint', () => {
  const folder = temporaryFolder();
  const keys = { ...tiny, arch: torchArch(), ema: false, watch: [], epochs: 2, eval_interval: 2 };
  const run = (...args: string[]) => trm(args, folder);
  let file: WeightsFile;
  beforeAll(async () => {
    cpSync(torchCheckpoint, path.join(folder, 'step_120'));
    file = await openWeightsFile(torchCheckpoint);
    writeConfig(folder, keys);
    documentOf(await run('data', 'build', 'tiny.trm.yaml', '--json'));
  });
  const table = 'inner.puzzle_emb.weights';

  it('is imported as a run, looked at, and exported with the same numbers', async () => {
    const ended = await run('import', 'step_120', '--config', 'tiny.trm.yaml', '--json');
    expect(ended.stderr).toContain('The checkpoint has embeddings of 3 puzzles, the data have 1: every puzzle begins with their mean.');
    const imported = documentOf(ended) as { run: string; dir: string; checkpoint: string; step: number };
    expect(imported).toMatchObject({ step: 120, checkpoint: 'step-120' });
    expect(documentOf(await run('runs', '--json'))).toMatchObject({ broken: [], runs: [{ run: imported.run, state: 'finished', step: 120 }] });
    expect((await readRun(imported.dir)).manifest).toMatchObject({ tags: ['imported'], finished_because: `imported from ${path.join(folder, 'step_120')}`, failure: null });
    expectRefusal(await run('resume', imported.run), 2, `Run ${imported.run} is complete`);

    // The same weights give the same numbers by either way.
    const direct = documentOf(await run('eval', 'step_120', '--config', 'tiny.trm.yaml', '--engine', 'wasm', '--json'));
    const { run: of, checkpoint, step, seconds, ...numbers } = documentOf(await run('eval', imported.run, '--engine', 'wasm', '--json'));
    expect([of, checkpoint, step, typeof seconds]).toEqual([imported.run, 'step-120', 120, 'number']);
    expect(direct).toMatchObject({ ...numbers, run: null, checkpoint: 'step_120', step: null });
    const traces = await Promise.all([['step_120', '--config', 'tiny.trm.yaml'], [imported.run]].map(async args => documentOf(await run('trace', ...args, '--puzzle', '1', '--engine', 'wasm', '--json'))));
    expect(traces[0]!.y_tokens).toEqual(traces[1]!.y_tokens);
    expect(traces[0]!.change).toEqual(traces[1]!.change);
    expect((traces[0]!.change as number[])).toHaveLength(3 * 2 * 3);

    for (const [out, ...more] of [['out.pt'], ['out.safetensors', '--prefix', '_orig_mod.model.'], ['plain', '--format', 'safetensors']]) {
      expect(documentOf(await run('export', imported.run, '--out', out!, ...more, '--json'))).toMatchObject({ out: path.join(folder, out!), weights: 'model', tensors: file.tensors.size });
      const back = await openWeightsFile(path.join(folder, out!));
      expect(new Set(back.tensors.keys())).toEqual(new Set(file.tensors.keys()));
      for (const name of file.tensors.keys()) if (name !== table) expect(back.read(name), name).toEqual(file.read(name));
    }
    expect(readFileSync(path.join(folder, 'out.safetensors')).toString('latin1')).toContain('"_orig_mod.model.inner.lm_head.weight"');
    expectRefusal(await run('export', imported.run, '--out', 'out.pt'), 1, 'out.pt is there already.', '--overwrite');
    expectRefusal(await run('export', imported.run, '--out', 'ema.pt', '--weights', 'ema'), 2, 'has no EMA weights');
    documentOf(await run('import', 'out.safetensors', '--config', 'tiny.trm.yaml', '--out', 'again', '--json'));
    expect((await readRun(path.join(folder, 'again'))).state).toBe('finished');
  });

  it('is where a training with load_checkpoint begins, and its resume does not need it', async () => {
    mkdirSync(path.join(folder, 'below'), { recursive: true });
    // Frozen weights stay what they were: those of the file.
    const config = writeConfig(folder, { ...keys, freeze_weights: true, load_checkpoint: 'step_120' }, 'frozen');
    const dir = await train(folder, config, 'frozen');
    const frozen = await openWeightsFile(path.join(dir, 'checkpoints', checkpointNames(dir).at(-1)!, 'model.safetensors'));
    for (const name of file.tensors.keys()) if (name !== table) expect(frozen.read(name), name).toEqual(file.read(name));
    const alerts = ofKind(await eventsOf(dir), 'alert').map(event => event.message).join();
    expect(alerts).toContain('every puzzle begins with their mean');
    expect(ofKind(await eventsOf(dir), 'marker')[0]).toMatchObject({ marker: 'start', text: 'from the weights of step_120' });
    // Trained weights are not; on the command line the file is named from where one is.
    const ended = documentOf(await trm(['train', '../tiny.trm.yaml', 'load_checkpoint=../step_120', '--json'], path.join(folder, 'below')));
    const trained = ended.dir as string;
    const moved = await openWeightsFile(path.join(trained, 'checkpoints', checkpointNames(trained).at(-1)!, 'model.safetensors'));
    const [before, after] = ['inner.lm_head.weight', 'inner.lm_head.weight'].map((name, i) => (i === 0 ? file : moved).read(name));
    const far = Math.max(...before!.map((value, i) => Math.abs(value - after![i]!)));
    expect(far).toBeGreaterThan(1e-4);
    expect(far).toBeLessThan(0.1); // 15 steps of at most lr
    // A run of ours is a place to begin, too.
    const next = documentOf(await run('train', 'tiny.trm.yaml', `load_checkpoint=${trained}`, 'freeze_weights=true', '--json'));
    const same = await openWeightsFile(path.join(next.dir as string, 'checkpoints', checkpointNames(next.dir as string).at(-1)!, 'model.safetensors'));
    expect(same.read('inner.lm_head.weight')).toEqual(after);

    writeConfig(folder, { ...keys, epochs: 1_000_000, eval_interval: 1_000_000, load_checkpoint: 'copy' }, 'long');
    cpSync(torchCheckpoint, path.join(folder, 'copy'));
    const first = startTraining(folder, path.join(folder, 'long.trm.yaml'), 'long');
    await until(async () => ofKind(await eventsOf(first.dir), 'train').length > 3);
    first.trainer.child.kill('SIGTERM');
    expect(await first.trainer.ended, first.trainer.stderr).toBe(0);
    rmSync(path.join(folder, 'copy'));
    const second = startResuming(first.dir);
    await until(async () => ofKind(await eventsOf(first.dir), 'train').some(event => event.attempt === 2));
    second.child.kill('SIGTERM');
    expect(await second.ended, second.stderr).toBe(0);
  });

  it('that does not fit, is hostile or is not there is refused, and nothing is made', async () => {
    const runs = readdirSync(path.join(folder, 'runs')).length;
    writeConfig(folder, { ...keys, arch: { ...torchArch(), hidden_size: 16, puzzle_emb_ndim: 8 } }, 'wide');
    const misfit = 'arch.hidden_size is 8 in the checkpoint and 16 in the config';
    expectRefusal(await run('import', 'step_120', '--config', 'wide.trm.yaml'), 1, misfit, 'Use the config and data it was trained with.');
    expectRefusal(await run('eval', 'step_120', '--config', 'wide.trm.yaml'), 1, misfit);
    expectRefusal(await run('trace', 'step_120', 'arch.L_layers=2', '--config', 'tiny.trm.yaml', '--puzzle', '0'), 1, 'inner.L_level.layers.1.self_attn.qkv_proj.weight [24, 8] is missing in the checkpoint');
    writeConfig(folder, { ...keys, data_paths: ['data/nine'], dataset: { kind: 'sudoku', size: 9, train: 2, test: 2 } }, 'nine');
    expectRefusal(await run('import', 'step_120', '--config', 'nine.trm.yaml'), 1, 'vocab_size is 6 in the checkpoint and 11 in the data');
    await writeZip(path.join(folder, 'hostile'), { 'x/data.pkl': Buffer.from('\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.', 'latin1') });
    expectRefusal(await run('import', 'hostile', '--config', 'tiny.trm.yaml'), 1, 'it asks for the Python name "posix.system", and only tensors are read', 'Do not open this file with Python');
    expectRefusal(await run('eval', 'none', '--config', 'tiny.trm.yaml'), 1, 'none');
    expectRefusal(await run('eval', 'step_120'), 2, 'step_120 is a file; the config it is of is not known.', '--config');
    expect(readdirSync(path.join(folder, 'runs'))).toHaveLength(runs);
    const { code, stderr } = await run('train', 'tiny.trm.yaml', 'load_checkpoint=hostile');
    expect([code, stderr]).toEqual([1, expect.stringContaining('posix.system')]);
  });
});
