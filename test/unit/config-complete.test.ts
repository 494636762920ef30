/** Completion and hover: what can be written at a place of a config that is being typed. */
import { describe, expect, test } from 'vitest';
import { hoverMarkdown, suggestionsAt } from '../../src/config/complete';

/** Labels of the suggestions at the bar. */
function at(marked: string): string[] {
  const offset = marked.indexOf('|');
  return suggestionsAt(marked.replace('|', ''), offset).map(suggestion => suggestion.label);
}

/** The text after taking one suggestion. */
function taken(marked: string, label: string): string {
  const text = marked.replace('|', '');
  const { start, end, insertText } = suggestionsAt(text, marked.indexOf('|')).find(suggestion => suggestion.label === label)!;
  return text.slice(0, start) + insertText + text.slice(end);
}

describe('keys', () => {
  test('an empty file offers the keys of a config', () => {
    expect(at('|')).toEqual(expect.arrayContaining(['arch', 'data_paths', 'dataset', 'epochs', 'lr', 'stop_when']));
    expect(at('|')).not.toContain('L_cycles');
  });
  test('keys already written are not offered again', () => {
    expect(at('arch: trm\nepochs: 3\n|\nlr: 1')).not.toContain('epochs');
    expect(at('arch: trm\nepochs: 3\ne|\nlr: 1')).toContain('ema');
  });
  test('nested in a block', () => {
    expect(at('arch:\n  name: trm\n  L_|\nlr: 1e-3\n')).toContain('L_cycles');
    expect(at('arch:\n  name: trm\n  L_|\nlr: 1e-3\n')).not.toContain('epochs');
    expect(at('arch:\n  |\nlr: 1e-3\n')).toContain('mlp_t');
    expect(at('arch:\n  loss:\n    |\n')).toEqual(['name', 'loss_type']);
  });
  test('nested in braces', () => {
    expect(at('arch: {name: trm, |}')).toContain('hidden_size');
    expect(at('arch: {|}')).toContain('name');
    expect(at('arch:\n  {name: trm,\n   hid|}\n')).toContain('hidden_size');
    expect(at('stop_when: {|}')).toEqual(['eval/exact_accuracy', 'eval/accuracy']);
  });
  test('those of the architecture', () => {
    expect(at('arch:\n  name: hrm\n  |')).not.toContain('puzzle_emb_len');
    expect(at('arch:\n  name: hrm\n  |')).toContain('H_layers');
    expect(at('arch:\n  name: deq\n  |')).toContain('solver');
  });
  test('those of the dataset kind', () => {
    expect(at('dataset:\n  kind: folder\n  |')).toEqual(['augment']);
    expect(at('dataset:\n  kind: sudoku\n  |')).toContain('holes');
    expect(at('dataset:\n  |')).toContain('kind');
  });
  test('taking one replaces the word and writes the colon once', () => {
    expect(taken('arch: trm\nep|\n', 'epochs')).toBe('arch: trm\nepochs: \n');
    expect(taken('arch: trm\nep|o: 3\n', 'epochs')).toBe('arch: trm\nepochs: 3\n');
    expect(taken('arch:\n  L_c|', 'L_cycles')).toBe('arch:\n  L_cycles: ');
  });
});

describe('values', () => {
  test('of an enumeration, a boolean, a list of alternatives', () => {
    expect(at('engine: |')).toEqual(['auto', 'tensorflow', 'wasm', 'cpu']);
    expect(at('engine: w|\nlr: 1')).toContain('wasm');
    expect(at('ema: |')).toEqual(['true', 'false']);
    expect(at('dataset: {kind: sudoku, augment: |}')).toContain('on_the_fly');
    expect(at('dataset:\n  kind: |')).toEqual(['sudoku', 'maze', 'arc', 'arc_like', 'folder']);
    expect(at('arch: |')).toEqual(['trm', 'trm_singlez', 'trm_hier6', 'hrm', 'transformers_baseline', 'direct', 'deq']);
    expect(at('arch:\n  name: |')).toEqual(at('arch: |'));
    expect(at('arch:\n  name: deq\n  solver: |')).toEqual(['fixed_point', 'anderson', 'broyden']);
    expect(at('arch:\n  pos_encodings: |\n')).toEqual(['rope', 'learned', 'none']);
  });
  test('the default of a number', () => {
    expect(at('lr: |')).toEqual(['1e-4']);
  });
  test('taking one replaces the whole word', () => {
    expect(taken('engine: tens|xx\n', 'tensorflow')).toBe('engine: tensorflow\n');
  });
});

test('keys of a sweep are those of the config, by dotted name, and so are their values', () => {
  expect(at('arch: hrm\nsweep: {lr: [1e-3], |}')).toEqual(expect.arrayContaining(['arch.name', 'arch.H_layers', 'seed', 'dataset.size', 'global_batch_size']));
  for (const key of ['lr', 'arch.puzzle_emb_len', 'arch', 'sweep', 'arch.loss']) expect(at('arch: hrm\nsweep: {lr: [1e-3], |}')).not.toContain(key);
  expect(taken('arch: trm\nsweep:\n  arch.L_c|\n', 'arch.L_cycles')).toBe('arch: trm\nsweep:\n  arch.L_cycles: \n');
  expect(at('sweep: {arch.pos_encodings: [|]}')).toEqual(['rope', 'learned', 'none']);
  expect(at('sweep: {ema: [true, f|]}')).toEqual(['true', 'false']);
  expect(hoverMarkdown(['sweep', 'arch.L_cycles'], { arch: { name: 'hrm' } })).toContain('Default: `2`');
  expect(hoverMarkdown(['sweep', 'arch.L_cycles', 1], { arch: { name: 'hrm' } })).toContain('`arch.L_cycles`');
});

test('nothing in a comment, at an unknown key, in a list of paths', () => {
  expect(at('# e|')).toEqual([]);
  expect(at('lr: 1 # e|')).toEqual([]);
  expect(at('foo:\n  |')).toEqual([]);
  expect(at('data_paths: [a|]')).toEqual([]);
});

test('hover names the paper\'s symbol, the range, the default and what changes', () => {
  const text = hoverMarkdown(['arch', 'H_cycles'], {})!;
  expect(text).toContain('`arch.H_cycles`');
  expect(text).toContain('*T* in the paper');
  expect(text).toContain('an integer of at least 1');
  expect(text).toContain('Default: `3`');
  expect(text).toContain('memory does not');
  expect(hoverMarkdown(['watch', 1], {})).toContain('`watch`');
  expect(hoverMarkdown(['foo'], {})).toBeUndefined();
  expect(hoverMarkdown(['dataset', 'augment'], { dataset: { kind: 'folder' } })).toContain('on_the_fly or 0');
});
