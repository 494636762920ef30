/** Reading configs: what a good one resolves to, and the exact place and text of everything wrong with a bad one. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../src/config/errors';
import { loadConfig, parseConfig, resolveDataPath } from '../../src/config/load';
import { presets, presetFile, readPreset } from '../../src/config/presets';
import type { ResolvedConfig } from '../../src/config/resolve';
import { effectiveDepth, parameterCount } from '../../src/model/shapes';
import { sudokuFormat } from '../../src/puzzles/sudoku-board';
import { resolveConfig } from '../../src/config/resolve';

const examples = path.join(import.meta.dirname, '../../examples');
const start = 'arch: trm\ndata_paths: [d]\n';

/** Every problem as people see it, for the file `c`. */
function problems(text: string, ...overrides: string[]): string[] {
  const parsed = parseConfig(text, { overrides });
  expect(parsed.config === undefined).toBe(parsed.problems.some(problem => problem.severity === 'error'));
  return parsed.problems.map(problem => formatProblem('c', problem));
}

function good(text: string, ...overrides: string[]) {
  const { config, problems: found } = parseConfig(text, { overrides });
  if (!config) throw new Error(found.map(problem => problem.message).join('\n'));
  return config;
}

describe('a good config', () => {
  test('has the published defaults', () => {
    const config = good(start);
    expect(config).toMatchObject({
      global_batch_size: 768, epochs: 100000, eval_interval: 10000, lr: 1e-4, lr_min_ratio: 1, lr_warmup_steps: 2000, beta1: 0.9, beta2: 0.95,
      weight_decay: 0.1, puzzle_emb_lr: 1e-2, puzzle_emb_weight_decay: 0.1, seed: 0, ema: false, ema_rate: 0.999, freeze_weights: false, engine: 'auto',
    });
    expect(config.arch).toEqual({
      name: 'trm', loss: { name: 'losses@ACTLossHead', loss_type: 'stablemax_cross_entropy' }, halt_exploration_prob: 0.1, halt_max_steps: 16, H_cycles: 3, L_cycles: 6,
      H_layers: 0, L_layers: 2, hidden_size: 512, num_heads: 8, expansion: 4, puzzle_emb_ndim: 512, puzzle_emb_len: 16, pos_encodings: 'rope', rope_theta: 10000,
      rms_norm_eps: 1e-5, forward_dtype: 'bfloat16', mlp_t: false, no_ACT_continue: true, separate_networks: false, gradient: 'full',
    });
  });
  test('eval_interval: 10000 where that divides epochs, else epochs', () => {
    expect(good(`${start}epochs: 30000\n`).eval_interval).toBe(10000);
    expect(good(`${start}epochs: 15000\n`).eval_interval).toBe(15000);
    expect(good(`${start}epochs: 7\n`).eval_interval).toBe(7);
  });
  test('micro_batch_size: the whole batch unless written', () => {
    expect(good(`${start}global_batch_size: 12\n`).micro_batch_size).toBe(12);
    expect(good(`${start}global_batch_size: 12\nmicro_batch_size: 4\n`).micro_batch_size).toBe(4);
  });
  test('puzzle_emb_ndim follows hidden_size unless written', () => {
    expect(good('arch: {name: trm, hidden_size: 64}\ndata_paths: [d]').arch.puzzle_emb_ndim).toBe(64);
    expect(good('arch: {name: trm, puzzle_emb_ndim: 0, puzzle_emb_len: 0}\ndata_paths: [d]').arch.puzzle_emb_ndim).toBe(0);
  });
  test('numbers and booleans as published files write them', () => {
    expect(good(`${start}lr: 1e-4\npuzzle_emb_lr: 1E-2\nema: True\nfreeze_weights: False\n`)).toMatchObject({ lr: 1e-4, puzzle_emb_lr: 0.01, ema: true, freeze_weights: false });
  });
  test('the published class paths are architectures', () => {
    const named = (name: string): string => good(`arch: {name: ${name}}\ndata_paths: [d]`).arch.name;
    expect(['trm@TinyRecursiveReasoningModel_ACTV1', 'trm_singlez@TinyRecursiveReasoningModel_ACTV1', 'trm_hier6@TinyRecursiveReasoningModel_ACTV1', 'hrm@HierarchicalReasoningModel_ACTV1', 'transformers_baseline@Model_ACTV2'].map(path => named(`recursive_reasoning.${path}`)))
      .toEqual(['trm', 'trm_singlez', 'trm_hier6', 'hrm', 'transformers_baseline']);
  });
  test('every architecture has the defaults of its published file', () => {
    const recursive = { H_cycles: 3, L_cycles: 6, H_layers: 0, L_layers: 2, num_heads: 8, mlp_t: false, puzzle_emb_len: 16, no_ACT_continue: true };
    const published = { halt_exploration_prob: 0.1, halt_max_steps: 16, hidden_size: 512, expansion: 4, puzzle_emb_ndim: 512, pos_encodings: 'rope', forward_dtype: 'bfloat16', loss: { loss_type: 'stablemax_cross_entropy' } };
    const of = (name: string) => good(`arch: ${name}\ndata_paths: [d]`).arch;
    for (const name of ['trm', 'trm_singlez', 'trm_hier6']) expect(of(name)).toMatchObject({ ...published, ...recursive });
    expect(of('trm_hier6')).toMatchObject({ z_features: 6 });
    expect(of('trm')).toMatchObject({ separate_networks: false, gradient: 'full' });
    expect(of('hrm')).toMatchObject({ ...published, H_cycles: 2, L_cycles: 2, H_layers: 4, L_layers: 4, num_heads: 8, mlp_t: false });
    expect(of('transformers_baseline')).toMatchObject({ ...published, H_cycles: 1, H_layers: 8, num_heads: 12, act_enabled: true, act_inference: false });
    expect(of('direct')).toMatchObject({ halt_max_steps: 1, H_layers: 8, num_heads: 12 });
    expect(of('deq')).toMatchObject({ halt_max_steps: 1, L_layers: 2, solver: 'anderson' });
  });
  test('resolving twice changes nothing', () => {
    const config = good(start);
    expect(resolveConfig(config)).toEqual(config);
  });
  test('anchors work', () => {
    expect(good(`${start}lr: &rate 3e-4\npuzzle_emb_lr: *rate\n`).puzzle_emb_lr).toBe(3e-4);
  });
});

describe('one mistake', () => {
  test.each([
    ['unknown key', `${start}epochz: 3\n`, 'c:3:1: epochz: unknown key; did you mean epochs?'],
    ['unknown key with no near one', `${start}zzzzzz: 3\n`, 'c:3:1: zzzzzz: unknown key'],
    ['nested unknown key', 'arch:\n  name: trm\n  L_cycle: 3\ndata_paths: [d]\n', 'c:3:3: arch.L_cycle: unknown key; did you mean arch.L_cycles?'],
    ['a key of arch at the top', `${start}L_cycles: 3\n`, 'c:3:1: L_cycles: unknown key; did you mean arch.L_cycles?'],
    ['wrong type', `${start}lr: fast\n`, 'c:3:5: lr: wrong type; expected a number above 0; found "fast"'],
    ['a number with a fraction', `${start}epochs: 1.5\n`, 'c:3:9: epochs: wrong type; expected an integer of at least 1; found 1.5'],
    ['no value', `${start}lr:\n`, 'c:3:1: lr: wrong type; expected a number above 0; found nothing'],
    ['a YAML 1.1 boolean', `${start}ema: yes\n`, 'c:3:6: ema: wrong type; expected true or false (yes, no, on and off are texts in YAML 1.2); found "yes"'],
    ['a number in quotes', `${start}lr: "1e-3"\n`, 'c:3:5: lr: wrong type; expected a number above 0 (a number in quotes is a text); found "1e-3"'],
    ['infinity', `${start}lr: .inf\n`, 'c:3:5: lr: wrong type; expected a number above 0; found Infinity'],
    ['out of range', `${start}ema_rate: 1.5\n`, 'c:3:11: ema_rate: out of range; expected a number from 0 to 1; found 1.5'],
    ['out of range in a list', `${start}watch: [0, -1]\n`, 'c:3:12: watch.1: out of range; expected an integer of at least 0; found -1'],
    ['not a value', `${start}engine: tensrflow\n`, 'c:3:9: engine: not one of its values; expected auto, tensorflow, wasm or cpu; found "tensrflow"; did you mean tensorflow?'],
    ['a device nobody has', `${start}device: gpv\n`, 'c:3:9: device: not one of its values; expected auto, cpu, gpu or gpu:N; found "gpv"; did you mean gpu?'],
    ['alternatives', `${start}eval_examples: 0\n`, 'c:3:16: eval_examples: out of range; expected an integer of at least 1 or all; found 0'],
    ['missing', 'arch: trm\n', 'c:1:1: data_paths: missing; expected a list of at least 1, each a text'],
    ['missing inside', 'lr: 1\narch: {mlp_t: true}\ndata_paths: [d]\n', 'c:2:1: arch.name: missing; expected trm, trm_singlez, trm_hier6, hrm, transformers_baseline, direct or deq'],
    ['unknown metric', `${start}stop_when: {eval/exact: 0.9}\n`, 'c:3:13: stop_when.eval/exact: unknown key; did you mean stop_when.eval/exact_accuracy?'],
    ['a prototype key', `${start}__proto__: 1\n`, 'c:3:1: __proto__: unknown key'],
    ['duplicate key', `${start}lr: 1\nlr: 2\n`, 'c:4:1: lr: written twice; expected each key once'],
    ['tab', 'arch:\n\tname: trm\n', 'c:2:1: Tabs are not allowed as indentation'],
    ['syntax', 'arch: {name: trm\ndata_paths: [d]\n', 'c:2:1: Flow map in block collection must be sufficiently indented and end with a }'],
    ['open quote', `${start}csv: "x\n`, 'c:4:1: Missing closing "quote'],
    ['two documents', '--- {}\n--- {}\n', 'c:2:1: a config is one YAML document; found a second one'],
    ['a tag', `${start}lr: !!python/x 3\n`, 'c:3:5: Unresolved tag: tag:yaml.org,2002:python/x'],
    ['an unknown alias', `${start}lr: *rate\n`, 'c:3:5: alias (*) of an anchor (&) that is not set before it'],
    ['not a mapping', 'just words', 'c:1:1: a config is a mapping of keys to values; expected lines like `epochs: 100`'],
    ['a key of another architecture', 'arch: {name: hrm, puzzle_emb_len: 2}\ndata_paths: [d]\n', 'c:1:19: arch.puzzle_emb_len: not a key of hrm; it is one of trm, trm_singlez, trm_hier6, direct, deq'],
    ['a key of no architecture', 'arch: {name: recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1, H_layer: 4}\ndata_paths: [d]\n', 'c:1:72: arch.H_layer: unknown key; did you mean arch.H_layers?'],
    ['an architecture nobody knows', 'arch: trn\ndata_paths: [d]\n', 'c:1:7: arch.name: not one of its values; expected trm, trm_singlez, trm_hier6, hrm, transformers_baseline, direct or deq; found "trn"; did you mean trm?'],
    ['a published key without use', `${start}run_name: x\n`, 'c:3:1: warning: run_name: has no use here and is ignored'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });
  test('the span of a problem is the key, or the value', () => {
    expect(parseConfig(`${start}epochz: 3\n`).problems[0]).toMatchObject({ code: 'unknown_key', line: 3, column: 1, endLine: 3, endColumn: 7, nearest: 'epochs', replacement: 'epochs' });
    expect(parseConfig(`${start}lr: fast\n`).problems[0]).toMatchObject({ code: 'wrong_type', line: 3, column: 5, endLine: 3, endColumn: 9 });
    expect(parseConfig(`${start}L_cycles: 3\n`).problems[0]).not.toHaveProperty('replacement');
  });
  test('Windows line ends and a mistake after wide characters keep their place', () => {
    expect(problems('arch: trm\r\ndata_paths: [d]\r\nlr: fast\r\n')[0]).toMatch(/^c:3:5: /);
    expect(problems('{arch: trm, data_paths: [é漢], lr: x}')[0]).toMatch(/^c:1:35: /);
  });
});

describe('keys that do not go together', () => {
  test.each([
    ['arch: {name: trm, puzzle_emb_ndim: 0}\ndata_paths: [d]', /^c:1:36: arch\.puzzle_emb_ndim: .*puzzle_emb_ndim: 0.*puzzle_emb_len.*found puzzle_emb_len: 16$/],
    ['arch: {name: trm, puzzle_emb_ndim: 2000, puzzle_emb_len: 2}\ndata_paths: [d]', /puzzle_emb_ndim does not fit into puzzle_emb_len positions; expected at most puzzle_emb_len \* hidden_size = 1024; found 2000$/],
    ['arch: {name: trm, hidden_size: 4, num_heads: 6}\ndata_paths: [d]', /^c:1:46: arch\.num_heads: more attention heads than hidden_size/],
    ['arch: {name: trm, hidden_size: 30, num_heads: 6}\ndata_paths: [d]', /^c:1:47: arch\.num_heads: pos_encodings: rope needs an even head dimension; .*floor\(30 \/ 6\) = 5$/],
    ['arch: {name: trm, hidden_size: 4}\ndata_paths: [d]', /^c:1:32: arch\.hidden_size: more attention heads/],
    ['arch: {name: transformers_baseline, pos_encodings: none}\ndata_paths: [d]', /^c:1:52: arch\.pos_encodings: transformers_baseline without position encodings .*; expected rope or learned; found none$/],
    ['arch: {name: trm_hier6, L_cycles: 7}\ndata_paths: [d]', /^c:1:35: arch\.L_cycles: .*; expected at most z_features = 6; found 7$/],
    ['arch: {name: trm_hier6, z_features: 3}\ndata_paths: [d]', /^c:1:37: arch\.z_features: .*; expected at most z_features = 3; found 6$/],
    [`${start}global_batch_size: 12\nmicro_batch_size: 5\n`, /^c:4:19: micro_batch_size: must divide global_batch_size; expected a divisor of 12, e\.g\. 6; found 5$/],
    [`${start}micro_batch_size: 0\n`, /^c:3:19: micro_batch_size: .*expected an integer of at least 1; found 0$/],
    [`${start}threads: 0\n`, /^c:3:10: threads: .*expected an integer from 1 to 1024; found 0$/],
    [`${start}epochs: 100\neval_interval: 33\n`, /^c:4:16: eval_interval: must divide epochs; expected a divisor of 100, e\.g\. 25; found 33$/],
    [`${start}beta2: 1\n`, /^c:3:8: beta2: /],
    [`${start}dataset: {kind: sudoku, size: 4, holes: [9, 5]}\n`, /^c:3:41: dataset\.holes: .*expected \[5, 9\]/],
    [`${start}dataset: {kind: sudoku, size: 4, holes: [5, 16]}\n`, /^c:3:41: dataset\.holes: more empty cells/],
    [`${start}dataset: {kind: sudoku, csv: a, holes: [5, 16]}\n`, /^c:3:40: dataset\.holes: .*csv/],
    [`${start}dataset: {kind: maze, csv: a, loops: 2}\n`, /^c:3:38: dataset\.loops: .*does not go with csv/],
    [`${start}dataset: {kind: arc, files: a, subsets: [training]}\n`, /^c:3:41: dataset\.subsets: .*need a test_set/],
    [`${start}dataset: {kind: arc, files: a, subsets: [training], test_set: evaluation}\n`, /^c:3:\d+: dataset\.test_set: .*one of training; found evaluation/],
    [`${start}dataset: {kind: maze, min_rating: 2}\n`, /^c:3:35: dataset\.min_rating: .*needs csv/],
    [`${start}dataset: {kind: maze, size: 10, min_path: 51}\n`, /^c:3:43: dataset\.min_path: .*at most half the cells, 50; found 51/],
    [`${start}dataset: {kind: sudoku, min_rating: 5}\n`, /^c:3:37: dataset\.min_rating: .*csv/],
    ['arch: {name: direct, halt_max_steps: 4}\ndata_paths: [d]', /^c:1:38: arch\.halt_max_steps: .*expected 1; found 4$/],
  ])('%s', (text, expected) => {
    expect(problems(text)).toEqual([expect.stringMatching(expected)]);
  });
  test('options that are not used are not checked', () => {
    expect(problems('arch: {name: trm, mlp_t: true, hidden_size: 4}\ndata_paths: [d]')).toEqual([]);
    expect(problems('arch: {name: trm, pos_encodings: none, hidden_size: 30, num_heads: 6}\ndata_paths: [d]')).toEqual([]);
  });
});

test('several mistakes at once, in the order of the text', () => {
  const text = 'arch:\n  name: trm\n  mlpt: true\nepochs: 100\ndata_paths: d\nengine: gpu\nhydra: {x: 1}\nlr: -1\nlr: -2\n';
  expect(problems(text)).toEqual([
    'c:3:3: arch.mlpt: unknown key; did you mean arch.mlp_t?',
    'c:5:13: data_paths: wrong type; expected a list of at least 1, each a text; found "d"',
    'c:6:9: engine: not one of its values; expected auto, tensorflow, wasm or cpu; found "gpu"; did you mean cpu?',
    'c:7:1: warning: hydra: has no use here and is ignored',
    'c:9:1: lr: written twice; expected each key once',
    'c:9:5: lr: out of range; expected a number above 0; found -2',
  ]);
});

test('an unknown key does not hide keys that do not go together', () => {
  expect(problems(`${start}foo: 1\nepochs: 10\neval_interval: 3\n`)).toHaveLength(2);
});

describe('a sweep', () => {
  const swept = (text: string, overrides: string[] = []) => parseConfig(`arch: trm\ndata_paths: [d]\nsweep: ${text}\n`, { overrides });

  test('of keys and values that the config can have is valid', () => {
    for (const text of ['{arch.L_cycles: [2, 4], lr: [1e-3, 1e-4], seed: [0, 1]}', '{arch: [trm, hrm]}', '{arch.name: [trm_hier6], arch.z_features: [6, 7]}', '{data_paths: [[a], [b]], dataset.kind: [folder]}', '{stop_when: [{eval/accuracy: 0.5}, {}]}']) {
      expect([text, swept(text).problems]).toEqual([text, []]);
    }
  });

  test.each([
    ['{arch.L_cycels: [2, 4]}', 'sweep.arch.L_cycels: unknown key; did you mean arch.L_cycles?', 'arch.L_cycels', 'arch.L_cycles'],
    ['{arhc.L_cycles: [2]}', 'sweep.arhc.L_cycles: unknown key; did you mean arch.L_cycles?', 'arhc.L_cycles', 'arch.L_cycles'],
    ['{lr: [1e-3, yes]}', 'sweep.lr.1: wrong type; expected a number above 0; found "yes"', 'yes', undefined],
    ['{arch.L_cycles: [2, 0]}', 'sweep.arch.L_cycles.1: out of range; expected an integer of at least 1; found 0', '0', '1'],
    ['{arch.pos_encodings: [ropes]}', 'sweep.arch.pos_encodings.0: not one of its values; expected rope, learned or none; found "ropes"; did you mean rope?', 'ropes', 'rope'],
    ['{arch.z_features: [3]}', 'sweep.arch.z_features: not a key of trm; it is one of trm_hier6', 'arch.z_features', undefined],
    ['{arch: [trm, hmr]}', 'sweep.arch.1', 'hmr', 'hrm'],
    ['{epochs.x: [3]}', 'sweep.epochs.x: unknown key', 'epochs.x', undefined],
  ])('%s', (text, message, at, replacement) => {
    const { problems: [problem, ...others], config, document } = swept(text);
    expect(others).toEqual([]);
    expect(config).toBeUndefined();
    expect(problem!.message).toContain(message);
    expect(problem!.replacement).toBe(replacement);
    expect(document!.text.split('\n')[problem!.line - 1]!.slice(problem!.column - 1, problem!.endColumn - 1)).toBe(at);
  });

  test('means nothing to a run with overrides', () => {
    expect(swept('{arch.mlp_t: [true]}', ['arch=transformers_baseline']).problems).toEqual([]);
  });
});

describe('overrides', () => {
  test('as in Hydra', () => {
    const config = good(`${start}seed: 4\n`, 'arch.L_cycles=4', 'lr=3e-4', 'watch=[0,1]', '+ema=True', '++epochs=10', '~seed', 'stop_when.eval/exact_accuracy=0.5', 'dataset.kind=sudoku', 'dataset.size=4');
    expect(config).toMatchObject({ lr: 3e-4, watch: [0, 1], ema: true, epochs: 10, eval_interval: 10, seed: 0, stop_when: { 'eval/exact_accuracy': 0.5 }, dataset: { kind: 'sudoku', size: 4 } });
    expect(config.arch).toMatchObject({ L_cycles: 4 });
  });
  test('arch=NAME keeps the options', () => {
    expect(good('arch: {name: hrm, L_cycles: 2}\ndata_paths: [d]', 'arch=trm').arch).toMatchObject({ name: 'trm', L_cycles: 2, H_cycles: 3 });
  });
  test('an override mends the file, and a later one wins', () => {
    expect(good(`${start}lr: fast\n`, 'lr=1', 'lr=2').lr).toBe(2);
  });
  test('the text keeps its anchors apart', () => {
    expect(good('arch: &a {name: trm}\ndata_paths: &p [d]\ndata_paths_test: *p\n', 'data_paths_test=[e]').data_paths).toEqual(['d']);
  });
  test.each([
    ['lr', 'override "lr": lr: no value; expected key=value, e.g. arch.L_cycles=4'],
    ['=3', 'override "=3": not an override; expected key=value, e.g. arch.L_cycles=4'],
    ['lr=fast', 'override "lr=fast": lr: wrong type; expected a number above 0; found "fast"'],
    ['arch.L_cycle=4', 'override "arch.L_cycle=4": arch.L_cycle: unknown key; did you mean arch.L_cycles?'],
    ['watch=[0', 'override "watch=[0": watch: the value is not YAML: Flow sequence must end with a ]'],
    ['seed.x=3', 'override "seed.x=3": seed.x: seed is not a mapping'],
    ['~lr', 'override "~lr": lr: not in the config, so it cannot be taken away'],
    ['~data_paths', 'override "~data_paths": data_paths: missing; expected a list of at least 1, each a text'],
    ['dataset.size=4', 'override "dataset.size=4": dataset.kind: missing; expected sudoku, maze, arc, arc_like or folder'],
    ['arch.z_features=4', 'override "arch.z_features=4": arch.z_features: not a key of trm; it is one of trm_hier6'],
    ['__proto__.x=1', 'override "__proto__.x=1": __proto__.x: not a key; expected key=value, e.g. arch.L_cycles=4'],
    ['eval_interval=7', 'override "eval_interval=7": eval_interval: must divide epochs; expected a divisor of 100000, e.g. 8; found 7'],
    ['run_name=x', 'override "run_name=x": warning: run_name: has no use here and is ignored'],
  ])('%s', (override, expected) => {
    expect(problems(`${start}seed: 1\n`, override)).toEqual([expected]);
  });
  test('a mistake of the file stays a mistake of the file', () => {
    expect(problems(`${start}lr: fast\n`, 'epochs=x')).toEqual([
      'c:3:5: lr: wrong type; expected a number above 0; found "fast"',
      'override "epochs=x": epochs: wrong type; expected an integer of at least 1; found "x"',
    ]);
  });
});

describe('hostile texts end soon, with a problem', () => {
  const bomb = ['a: &a [1,1,1,1,1,1,1,1]', ...'bcdefg'.split('').map((name, i) => `${name}: &${name} [${Array<string>(8).fill(`*${'abcdef'[i]!}`).join(',')}]`)].join('\n');
  test.each([
    ['aliases', bomb, /too many aliases/],
    ['an alias of itself', 'a: &a {b: *a}', /nested too deeply/],
    ['depth', '['.repeat(100_000), /nested too deeply|must/],
    ['depth in a block', '- '.repeat(100_000), /nested too deeply/],
    ['size', `x: ${'a'.repeat(1_000_001)}`, /too large.*at most 1 MB/],
    ['many keys', Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n'), /missing/],
    ['one key many times', 'a: 1\n'.repeat(50_000), /missing/],
  ])('%s', (_, text, expected) => {
    const found = problems(text);
    expect(found[0]).toMatch(expected);
    expect(found.length).toBeLessThan(100);
    expect(found.join('\n')).not.toMatch(/ {4}at |RangeError|call stack/);
  }, 20_000);
});

describe('files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trm-config-'));
  const file = (name: string, content: string | Uint8Array) => { const at = path.join(folder, name); writeFileSync(at, content); return at; };
  const failure = (at: string, overrides: string[] = []): ConfigError => {
    try { loadConfig(at, overrides); } catch (error) { if (error instanceof ConfigError) return error; throw error; }
    throw new Error('loaded');
  };
  test('a bad one throws everything that is wrong, with its name, and a next step', () => {
    const at = file('bad.trm.yaml', `${start}epochz: 1\nlr: fast\nrun_name: x\n`);
    const error = failure(at, ['seed=-1']);
    expect(error.message.split('\n')).toEqual([
      `${at}:3:1: epochz: unknown key; did you mean epochs?`,
      `${at}:4:5: lr: wrong type; expected a number above 0; found "fast"`,
      'override "seed=-1": seed: out of range; expected an integer of at least 0; found -1',
    ]);
    expect(error.code).toBe('bad_config');
    expect(error.next).not.toBe('');
    expect(error.problems).toHaveLength(3);
  });
  test('a good one gives its text and warnings', () => {
    const text = `${start}run_name: x\n`;
    const loaded = loadConfig(file('good.trm.yaml', text), ['lr=1']);
    expect(loaded).toMatchObject({ config: { lr: 1 }, problems: [{ severity: 'warning', key: 'run_name' }], included: [] });
    expect(Buffer.from(loaded.bytes).toString()).toBe(text);
  });
  test('a byte order mark does not matter', () => {
    expect(loadConfig(file('bom.trm.yaml', `\uFEFF${start}`)).config.arch.name).toBe('trm');
  });
  test('no file, a folder, bytes that are no text, too large', () => {
    expect(failure(path.join(folder, 'none.trm.yaml')).message).toContain('there is no such file');
    expect(failure(folder).message).toContain('this is a folder');
    expect(failure(file('bytes.trm.yaml', Uint8Array.of(0x61, 0x3a, 0xff))).message).toContain('not UTF-8');
    expect(failure(file('large.trm.yaml', 'a'.repeat(1_000_001))).message).toContain('too large');
  });
  test.skipIf(process.getuid?.() === 0)(`a file that may not be read${process.getuid?.() === 0 ? ' (root may read everything)' : ''}`, () => {
    const at = file('secret.trm.yaml', start);
    chmodSync(at, 0);
    expect(failure(at).message).toContain('may not be read');
  });
  test('data paths are relative to the config', () => {
    expect(resolveDataPath('/a/b/c.trm.yaml', 'data/x')).toBe(path.resolve('/a/b/data/x'));
    expect(resolveDataPath('/a/b/c.trm.yaml', '/x')).toBe(path.resolve('/x'));
  });
});

describe('examples', () => {
  const files = readdirSync(examples).filter(name => /\.trm\.ya?ml$/.test(name));
  test('every one is a preset and every preset is there', () => {
    expect(files.sort()).toEqual(presets.map(presetFile).sort());
  });
  test.each(files)('%s has no problems', name => {
    const { config, problems: found } = loadConfig(path.join(examples, name));
    expect(found).toEqual([]);
    expect(config.dataset).toBeDefined();
    expect(readFileSync(path.join(examples, name), 'utf8')).not.toMatch(/\t| $/m);
  });
  test('sudoku-extreme is the paper\'s', () => {
    const { config } = loadConfig(path.join(examples, 'sudoku-extreme.trm.yaml'));
    expect(config).toMatchObject({
      global_batch_size: 768, epochs: 50000, eval_interval: 5000, lr: 1e-4, puzzle_emb_lr: 1e-4, weight_decay: 1, puzzle_emb_weight_decay: 1, ema: true,
      arch: { hidden_size: 512, L_layers: 2, H_cycles: 3, L_cycles: 6, halt_max_steps: 16, mlp_t: true, pos_encodings: 'none', expansion: 4 },
    });
  });
  test.each([
    ['maze-hard', { epochs: 50000, eval_interval: 5000, weight_decay: 1, puzzle_emb_lr: 1e-4, puzzle_emb_weight_decay: 1, dataset: { kind: 'maze', size: 30, augment: 7 } }],
    ['arc-1', { epochs: 100000, eval_interval: 10000, weight_decay: 0.1, puzzle_emb_lr: 1e-2, puzzle_emb_weight_decay: 0.1, dataset: { kind: 'arc', version: 1, augment: 1000 } }],
    ['arc-2', { epochs: 100000, eval_interval: 10000, weight_decay: 0.1, puzzle_emb_lr: 1e-2, puzzle_emb_weight_decay: 0.1, dataset: { kind: 'arc', version: 2, augment: 1000 } }],
  ])('%s is the paper\'s', (name, keys) => {
    const { config } = loadConfig(path.join(examples, `${name}.trm.yaml`));
    expect(config).toMatchObject({
      ...keys, global_batch_size: 768, lr: 1e-4, lr_warmup_steps: 2000, ema: true,
      arch: { hidden_size: 512, num_heads: 8, L_layers: 2, H_cycles: 3, L_cycles: 4, halt_max_steps: 16, mlp_t: false, pos_encodings: 'rope', puzzle_emb_len: 16, expansion: 4 },
    });
  });
  test.each([
    ['act', { arch: { no_ACT_continue: false } }, 42, '5.0'],
    ['separate', { arch: { separate_networks: true } }, 42, '10.'],
    ['no-ema', { ema: false }, 42, '5.0'],
    ['4-layers', { arch: { L_layers: 4, L_cycles: 3 } }, 48, '10.'],
    ['attention', { arch: { mlp_t: false, pos_encodings: 'rope' } }, 42, '6.'],
    ['t2-n2', { arch: { H_cycles: 2, L_cycles: 2 } }, 12, '5.0'],
    ['one-step', { arch: { gradient: 'one_step' } }, 42, '5.0'],
    ['hrm', { arch: { name: 'hrm', H_layers: 4, L_layers: 4, H_cycles: 2, L_cycles: 2 }, ema: false }, 24, '27.'],
    ['multi-z', { arch: { name: 'trm_hier6', z_features: 6 } }, 42, '5.0'],
    ['single-z', { arch: { name: 'trm_singlez' } }, 42, '5.0'],
  ])('sudoku-extreme-%s differs from the paper\'s TRM in that alone, and has the paper\'s depth and size', (row, changes, depth, millions) => {
    const load = (name: string) => loadConfig(path.join(examples, `${name}.trm.yaml`)).config;
    const [base, ablation] = [load('sudoku-extreme'), load(`sudoku-extreme-${row}`)];
    const { arch: archChanges, ...others } = { arch: {}, ...changes };
    expect(ablation).toMatchObject(changes);
    const alike = (config: ResolvedConfig, without: object) => Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'arch' && !(key in without)));
    expect({ ...alike(ablation, { ...others, ema_rate: 0 }) }).toEqual(alike(base, { ...others, ema_rate: 0 }));
    if (!('name' in archChanges)) expect(ablation.arch).toEqual({ ...base.arch, ...archChanges });
    expect(effectiveDepth(ablation.arch)).toBe(depth);
    expect((parameterCount(ablation.arch, sudokuFormat(9)).dense / 1e6).toFixed(2).startsWith(millions)).toBe(true);
  });
  test('sudoku-4x4 takes a few hundred steps', () => {
    const preset = presets[0]!;
    expect(readPreset(examples, preset)).toContain('4x4');
    const { config } = loadConfig(path.join(examples, presetFile(preset)));
    expect(config.epochs * 500 / config.global_batch_size).toBeGreaterThan(400);
    expect(config.epochs * 500 / config.global_batch_size).toBeLessThan(500);
  });
});
