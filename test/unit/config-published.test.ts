/** Published configs, as they are: several files put together, references, and what is wrong with either, in the right file. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../src/config/errors';
import { loadConfig, parseConfig } from '../../src/config/load';
import { temporaryFolder } from './runs-fixture';

/** The keys of the published `cfg_pretrain.yaml`. */
const pretrain = `# ARC training config

defaults:
  - arch: trm
  - _self_

hydra:
  output_subdir: null

data_paths: ['data/arc-aug-1000']
data_paths_test: []

evaluators:
  - name: arc@ARC

global_batch_size: 768
epochs: 100000
eval_interval: 10000
checkpoint_every_eval: True
lr: 1e-4
lr_min_ratio: 1.0
lr_warmup_steps: 2000
beta1: 0.9
beta2: 0.95
weight_decay: 0.1
puzzle_emb_weight_decay: 0.1
puzzle_emb_lr: 1e-2
seed: 0
min_eval_interval: 0 # when to start the eval
ema: False
ema_rate: 0.999
freeze_weights: False`;

/** The keys of the published `arch/trm.yaml`. */
const trm = `name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1
loss:
  name: losses@ACTLossHead
  loss_type: stablemax_cross_entropy

halt_exploration_prob: 0.1
halt_max_steps: 16
H_cycles: 3
L_cycles: 6
H_layers: 0
L_layers: 2
hidden_size: 512
num_heads: 8  # min(2, hidden_size // 64)
expansion: 4
puzzle_emb_ndim: \${.hidden_size}
pos_encodings: rope
forward_dtype: bfloat16
mlp_t: False
puzzle_emb_len: 16
no_ACT_continue: True`;

type Files = Record<string, string>;

/** A folder with these files, `config/cfg_pretrain.yaml` among them; the path of that one. */
function project(files: Files = {}): string {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries({ 'config/cfg_pretrain.yaml': pretrain, 'config/arch/trm.yaml': trm, ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return path.join(root, 'config/cfg_pretrain.yaml');
}

/** Everything wrong, with the folder of the config left out. */
function problems(file: string, ...overrides: string[]): string[] {
  try {
    return loadConfig(file, overrides).problems.map(problem => formatProblem(file, problem).replaceAll(`${path.dirname(file)}/`, ''));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(`${path.dirname(file)}/`, '').split('\n');
  }
}

const mini = 'data_paths: [d]\n';
/** Everything wrong with a config of this text beside these files. */
const wrong = (text: string, files: Files = {}): string[] => problems(project({ 'config/cfg_pretrain.yaml': text, ...files }));

describe('the published config', () => {
  test('means what the published code takes from it', () => {
    const { config, included } = loadConfig(project());
    expect(config).toMatchObject({ global_batch_size: 768, epochs: 100000, eval_interval: 10000, lr: 1e-4, puzzle_emb_lr: 0.01, ema: false, data_paths: ['data/arc-aug-1000'] });
    expect(config.arch).toMatchObject({ name: 'trm', hidden_size: 512, puzzle_emb_ndim: 512, H_cycles: 3, L_cycles: 6, mlp_t: false, forward_dtype: 'bfloat16', loss: { loss_type: 'stablemax_cross_entropy' } });
    expect(included.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([['arch/trm.yaml', trm]]);
  });
  test('names its keys without use here', () => {
    expect(problems(project())).toEqual(['7:1', '13:1', '19:1'].map((place, i) => `cfg_pretrain.yaml:${place}: warning: ${['hydra', 'evaluators', 'checkpoint_every_eval'][i]!}: has no use here and is ignored`));
  });
  test('takes the overrides of the published commands', () => {
    const { config } = loadConfig(project(), ['arch=trm', 'data_paths=[data/sudoku-extreme-1k-aug-1000]', 'evaluators=[]', 'epochs=50000', 'eval_interval=5000', 'lr=1e-4', 'puzzle_emb_lr=1e-4', 'weight_decay=1.0', 'puzzle_emb_weight_decay=1.0', 'arch.mlp_t=True', 'arch.pos_encodings=none', 'arch.L_layers=2', 'arch.H_cycles=3', 'arch.L_cycles=6', '+run_name=pretrain_mlp_t_sudoku', 'ema=True']);
    expect(config).toMatchObject({ data_paths: ['data/sudoku-extreme-1k-aug-1000'], epochs: 50000, ema: true, arch: { mlp_t: true, pos_encodings: 'none', L_cycles: 6 } });
  });
  test('finds its data where the published code is started: beside the config, else in the folder above', () => {
    const file = project({ 'data/arc-aug-1000/identifiers.json': '[]' });
    expect(loadConfig(file).config.data_paths).toEqual([path.join('..', 'data/arc-aug-1000')]);
    mkdirSync(path.join(path.dirname(file), 'data/arc-aug-1000'), { recursive: true });
    expect(loadConfig(file).config.data_paths).toEqual(['data/arc-aug-1000']);
    writeFileSync(path.join(path.dirname(file), 'own.trm.yaml'), 'arch: trm\ndata_paths: [data/other]\n');
    mkdirSync(path.join(path.dirname(file), '../data/other'));
    expect(loadConfig(path.join(path.dirname(file), 'own.trm.yaml')).config.data_paths).toEqual(['data/other']);
  });
});

describe('several files', () => {
  const order = { 'config/arch/trm.yaml': 'name: trm\nL_cycles: 2\nH_cycles: 2\n' };
  test.each([
    ['what comes later wins', 'defaults: [{arch: trm}, _self_]', 5],
    ['the config first', 'defaults: [_self_, {arch: trm}]', 2],
    ['without _self_ the config comes last', 'defaults: [{arch: trm}]', 5],
  ])('%s', (_, defaults, L_cycles) => {
    const { config } = loadConfig(project({ ...order, 'config/cfg_pretrain.yaml': `${defaults}\n${mini}arch: {L_cycles: 5}\n` }));
    expect(config.arch).toMatchObject({ L_cycles, H_cycles: 2 });
  });
  test('files include files, and a name alone is a file of the same folder', () => {
    const file = project({
      'config/cfg_pretrain.yaml': `defaults: [base, {arch: big}]\nepochs: 7\n`, 'config/base.yaml': `${mini}epochs: 3\nseed: 4\n`,
      'config/arch/big.yaml': 'defaults: [small, _self_]\nhidden_size: 64\n', 'config/arch/small.yaml': 'name: trm\nhidden_size: 32\nL_cycles: 3\n',
    });
    const { config, included } = loadConfig(file);
    expect(config).toMatchObject({ epochs: 7, seed: 4, arch: { hidden_size: 64, L_cycles: 3 } });
    expect(included.map(({ name }) => name)).toEqual(['base.yaml', 'arch/big.yaml', 'arch/small.yaml']);
  });
  test('optional files, none, and the settings of Hydra are no trouble', () => {
    expect(wrong(`defaults: [{optional arch: gone}, {override hydra/launcher: x}, {arch: null}, _self_]\n${mini}arch: trm\n`)).toEqual([]);
  });
  test('an override chooses another file, and takes it away', () => {
    const file = project({ 'config/arch/tiny.yaml': 'name: trm\nhidden_size: 16\nnum_heads: 2\npuzzle_emb_ndim: ${.hidden_size}\n' });
    expect(loadConfig(file, ['arch=tiny', 'arch.L_cycles=4']).config.arch).toMatchObject({ hidden_size: 16, puzzle_emb_ndim: 16, L_cycles: 4 });
    expect(loadConfig(file, ['arch.L_cycles=4', '+arch=tiny.yaml']).config.arch).toMatchObject({ hidden_size: 16, L_cycles: 4 });
    expect(problems(file, 'arch=tony').filter(text => !text.includes('warning'))).toEqual(['override "arch=tony": defaults.0: there is no arch/tony.yaml beside the config; expected one of tiny, trm; did you mean tiny?']);
    expect(problems(file, '~arch').filter(text => !text.includes('warning'))).toEqual(['cfg_pretrain.yaml:1:1: arch: missing; expected an architecture by name (trm, trm_singlez, trm_hier6, hrm, transformers_baseline, direct or deq), or a mapping of its options']);
  });
  test.each([
    ['a mistake is told where it stands', `defaults: [{arch: trm}]\n${mini}lr: fast\n`, { 'config/arch/trm.yaml': 'name: trm\n\nL_cycle: 3\nexpansion: wide\n' }, ['cfg_pretrain.yaml:3:5: lr: wrong type; expected a number above 0; found "fast"', 'arch/trm.yaml:3:1: arch.L_cycle: unknown key; did you mean arch.L_cycles?', 'arch/trm.yaml:4:12: arch.expansion: wrong type; expected a number above 0; found "wide"']],
    ['and so is what is broken', `defaults: [{arch: trm}]\n${mini}`, { 'config/arch/trm.yaml': 'name: [trm\n' }, [expect.stringMatching(/^arch\/trm\.yaml:\d:\d+: .*\]/)]],
    ['a key written twice', `defaults: [{arch: trm}]\n${mini}`, { 'config/arch/trm.yaml': 'name: trm\nname: trm\n' }, ['arch/trm.yaml:2:1: name: written twice; expected each key once']],
    ['no mapping', `defaults: [{arch: trm}]\n${mini}`, { 'config/arch/trm.yaml': '- name' }, ['arch/trm.yaml:1:1: a config is a mapping of keys to values; expected lines like `epochs: 100`']],
    ['what two files make together', `defaults:\n  - arch: trm\n${mini}arch: {puzzle_emb_ndim: 0}\n`, {}, ['cfg_pretrain.yaml:4:25: arch.puzzle_emb_ndim: puzzle_emb_ndim: 0 (no puzzle embedding) does not go with puzzle_emb_len above 0; expected puzzle_emb_len: 0, or puzzle_emb_ndim above 0; found puzzle_emb_len: 16']],
    ['a file that is not there', `defaults:\n  - arch: trn\n${mini}`, {}, ['cfg_pretrain.yaml:2:5: defaults.0: there is no arch/trn.yaml beside the config; expected one of trm; did you mean trm?']],
    ['a folder that is not there', `defaults:\n  - model: trm\n  - arch: trm\n${mini}`, {}, ['cfg_pretrain.yaml:2:5: defaults.0: there is no model/trm.yaml beside the config; expected a folder model with it']],
    ['a circle', `defaults: [{arch: a}]\n${mini}`, { 'config/arch/a.yaml': 'defaults: [b]\n', 'config/arch/b.yaml': 'name: trm\ndefaults:\n  - a\n' }, ['arch/b.yaml:3:5: defaults.0: files include one another in a circle: arch/a.yaml -> arch/b.yaml -> arch/a.yaml']],
    ['a way out of the folder', `defaults: [{arch: ../../x}]\n${mini}`, {}, [expect.stringMatching(/^cfg_pretrain\.yaml:1:12: defaults\.0: "arch\/\.\.\/\.\.\/x" does not name a file in the config's own folder/)]],
    ['an absolute path', `defaults: [/etc/passwd]\n${mini}`, {}, [expect.stringMatching(/does not name a file in the config's own folder/)]],
    ['an address', `defaults: ["https://x.org/a"]\n${mini}`, {}, [expect.stringMatching(/does not name a file in the config's own folder/)]],
    ['a package', `defaults: [{arch@model: trm}]\n${mini}`, {}, [expect.stringMatching(/^cfg_pretrain\.yaml:1:12: defaults\.0: packages \(@\) in a defaults list are not available/)]],
    ['a directive', `defaults: [{arch: trm}]\n${mini}`, { 'config/arch/trm.yaml': '# @package _global_\nname: trm\n' }, [expect.stringMatching(/^cfg_pretrain\.yaml:1:12: defaults\.0: arch\/trm\.yaml begins with "@package _global_", which is not available/)]],
    ['no list', `defaults: trm\n${mini}arch: trm\n`, {}, [expect.stringMatching(/^cfg_pretrain\.yaml:1:1: defaults: not a list; expected a list of /)]],
    ['an entry that is none', `defaults: [[1], {a: 1}, {arch: [trm]}]\n${mini}arch: trm\n`, {}, [expect.stringMatching(/defaults\.0: not an entry/), expect.stringMatching(/defaults\.1: not the name of a file/), expect.stringMatching(/defaults\.2: not the name of a file/)]],
  ])('%s', (_, text, files, expected) => {
    expect(wrong(text, files as Files)).toEqual(expected);
  });
  test('a link that leads out of the folder is not followed', () => {
    const file = project({ 'secret.yaml': 'name: trm\n' });
    symlinkSync('../../secret.yaml', path.join(path.dirname(file), 'arch/link.yaml'));
    expect(problems(file, 'arch=link').at(-1)).toBe('override "arch=link": defaults.0: arch/link.yaml is a link that leads out of the config\'s folder; expected the file itself');
  });
  test('many files end soon', () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`config/f${i}.yaml`, `defaults: [${Array.from({ length: 29 - i }, (__, j) => `f${i + j + 1}`).join(', ')}]\n`]));
    expect(wrong(`defaults: [f0]\n${mini}arch: trm\n`, files)[0]).toContain('more than 20 files');
  });
  test('a text without a file says that it has to be saved', () => {
    expect(parseConfig(`defaults:\n  - arch: trm\n${mini}`).problems).toMatchObject([{ line: 2, column: 5, code: 'bad_defaults', message: 'defaults.0: arch/trm.yaml is not known: the config is not saved yet and has no files beside it; expected to be saved first' }]);
  });
});

describe('references', () => {
  const start = `arch: {name: trm}\n${mini}`;
  const config = (text: string, ...overrides: string[]) => {
    const parsed = parseConfig(text, { overrides });
    if (!parsed.config) throw new Error(parsed.problems.map(problem => problem.message).join('\n'));
    return parsed.config;
  };
  test('from the root, beside, above, into lists, of lists and mappings, and through overrides', () => {
    expect(config(`${start}seed: 4\nepochs: \${seed}`).epochs).toBe(4);
    expect(config(`arch: {name: trm, hidden_size: 64, puzzle_emb_ndim: "\${.hidden_size}"}\n${mini}`).arch.puzzle_emb_ndim).toBe(64);
    expect(config(`arch: {name: trm, hidden_size: 64, puzzle_emb_ndim: "\${.hidden_size}"}\n${mini}`, 'arch.hidden_size=32').arch.puzzle_emb_ndim).toBe(32);
    expect(config(`seed: 3\narch: {name: trm, L_cycles: "\${..seed}"}\n${mini}`).arch).toMatchObject({ L_cycles: 3 });
    expect(config(`seed: 3\narch: {name: trm}\ndata_paths: ["\${..run_name}", d]\nrun_name: x`).data_paths).toEqual(['x', 'd']);
    expect(config(`arch: {name: trm}\ndata_paths: [d, e]\nlr: 1\nwatch: [1, 2]\nseed: \${watch.1}\nepochs: "\${watch[0]}"`)).toMatchObject({ seed: 2, epochs: 1 });
    expect(config(`${start}data_paths_test: \${data_paths}`).data_paths_test).toEqual(['d']);
    expect(config(`${start}seed: \${epochs}\nepochs: \${global_batch_size}\nglobal_batch_size: 6`).seed).toBe(6);
    expect(config(start, 'seed=${epochs}', 'epochs=5').seed).toBe(5);
  });
  test('inside a text, and not one', () => {
    expect(config(`arch: {name: trm}\nproject_name: p\ndata_paths: ["data/\${project_name}-\${seed}"]\nseed: 3`).data_paths).toEqual(['data/p-3']);
    expect(config('arch: {name: trm}\ndata_paths: ["a\\\\${b}"]').data_paths).toEqual(['a${b}']);
  });
  test('keys without use here may hold what is not understood', () => {
    expect(parseConfig(`${start}hydra: {run: {dir: "\${now:%Y}"}}\n`).problems.map(problem => problem.severity)).toEqual(['warning']);
  });
  test.each([
    ['unknown', `arch: {name: trm, hidden_size: 64, puzzle_emb_ndim: "\${.hiden_size}"}\n${mini}`, ['1:53: arch.puzzle_emb_ndim: ${.hiden_size} refers to arch.hiden_size, which the config does not have; did you mean arch.hidden_size?']],
    ['a circle', `${start}seed: \${epochs}\nepochs: \${lr}\nlr: \${epochs}\n`, ['3:7: seed: references in a circle: epochs -> lr -> epochs', '4:9: epochs: references in a circle: epochs -> lr -> epochs', '5:5: lr: references in a circle: lr -> epochs -> lr']],
    ['itself', `${start}seed: \${seed}\n`, ['3:7: seed: references in a circle: seed -> seed']],
    ['too high', `${start}seed: \${...x}\n`, ['3:7: seed: ${...x} begins above the config: it stands 1 deep and has 3 dots; expected at most 1 dots']],
    ['a resolver', `${start}data_paths_test: ["\${oc.env:HOME}"]\n`, ['3:19: data_paths_test.0: ${oc.env:HOME}: resolvers are not available; expected the value itself']],
    ['one in another', `${start}seed: \${a\${b}}\n`, [expect.stringContaining('a reference inside a reference is not available')]],
    ['not closed', `${start}seed: \${epochs\n`, ['3:7: seed: a reference (${...}) is not closed; expected } after its name']],
    ['a list in a text', `${start}data_paths_test: ["x\${data_paths}"]\n`, [expect.stringContaining('a mapping or a list cannot be part of a text')]],
    ['no name', `${start}seed: \${}\n`, [expect.stringContaining('${} is not a reference; expected ')]],
  ])('%s', (_, text, expected) => {
    expect(parseConfig(text).problems.map(problem => formatProblem('c', problem).slice(2))).toEqual(expected);
  });
  test('hostile ones end soon', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `k${i}: ["\${k${i + 1}}", "\${k${i + 1}}"]`).join('\n');
    const texts = Array.from({ length: 40 }, (_, i) => `k${i}: "\${k${i + 1}}\${k${i + 1}}"`).join('\n');
    const chain = Array.from({ length: 5000 }, (_, i) => `k${i}: "\${k${i + 1}}"`).join('\n');
    for (const text of [`${doubling}\nk40: 1`, `${texts}\nk40: x`, `${chain}\nk5000: 1`]) {
      expect(parseConfig(`${start}${text}\n`).problems.map(problem => problem.message).join('\n')).toMatch(/more than \d+/);
    }
  });
});
