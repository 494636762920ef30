/** Published configs as they are: trained, kept whole in the run folder, and resumed when the originals are gone. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../../src/runs/read-run';
import { temporaryFolder } from '../unit/runs-fixture';
import { checkpointNames, documentOf, eventsOf, expectRefusal, ofKind, startResuming, startTraining, trm, until, writeConfig } from './programs';

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
