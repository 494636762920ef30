// The inspector in words: both vocabularies, honest probabilities, everything that colour says.
import { describe, expect, it } from 'vitest';
import { decodeTrace, type FramePosition, type Trace } from '../../webview/trace/decode';
import { letterOf, vocabularyOf, wordsAt } from '../../webview/trace/features';
import { cellLabel, conflictWords, frameLabel, frameSummary, haltingWords, probability } from '../../webview/trace/labels';
import { countBoard, featureCells } from '../../webview/trace/marks';
import { makeTrace } from './trace-example';

const trace = { ...makeTrace(), depth: 8, halt_max_steps: 4, H_cycles: 2, L_cycles: 2 };

describe('labels', () => {
  it('name a frame in the words of the paper and of the configs', () => {
    expect(frameLabel(trace, { m: 3, t: 2, i: 1, feature: 'z' })).toBe('supervision step 3 of 8 · latent recursion 2 of 2 (H_cycles) · z-update 1 of 2 (L_cycles)');
    expect(frameLabel(trace, { m: 3, t: 2, i: 3, feature: 'y' })).toBe('supervision step 3 of 8 · latent recursion 2 of 2 (H_cycles) · y-update (z_H)');
  });

  it.each<[string, FramePosition, string, string, string]>([
    ['hrm', { m: 1, t: 1, i: 1, feature: 'z' }, 'latent recursion 1 of 2 (H_cycles) · z-update 1 of 2 (L_cycles)', 'z ← f_L(z, y + x)', 'z'],
    ['trm_hier6', { m: 1, t: 1, i: 2, feature: 'z', name: 'z_L2' }, 'latent recursion 1 of 2 (H_cycles) · z-update 2 of 2 (L_cycles): z_L2', 'z2 ← net(z1 + z2 + …, y + x)', 'z2'],
    ['trm_singlez', { m: 1, t: 1, i: 3, feature: 'y', name: 'z_L' }, 'latent recursion 1 of 2 (H_cycles) · last update (z_L)', 'z ← net(z)', 'z'],
    ['transformers_baseline', { m: 1, t: 1, i: 1, feature: 'y', name: 'z_H' }, 'y-update (z_H)', 'y ← net(y, x)', 'y'],
    ['direct', { m: 1, t: 1, i: 1, feature: 'y', name: 'z_H' }, 'the one pass (z_H)', 'y ← net(x)', 'y'],
    ['deq', { m: 1, t: 1, i: 2, feature: 'y', name: 'z_L' }, 'iterate 2 of 2 (solver_iterations)', 'net(z, x), the solver chooses the next z', 'z'],
    ['deq', { m: 1, t: 1, i: 3, feature: 'y', name: 'z_L' }, 'answer (z_L)', 'z* = net(z*, x)', 'z'],
  ])('name the updates of %s', (arch, at, place, formula, letter) => {
    const own = { ...trace, arch };
    expect(frameLabel(own, at)).toBe(`supervision step 1 of 8 · ${place}`);
    expect(vocabularyOf(own).formula(own, at)).toBe(formula);
    expect(letterOf(own, at)).toBe(letter);
  });

  it('of several z name the one that is shown', () => {
    const several: Trace = { ...trace, arch: 'trm_hier6', frames: [{ m: 1, t: 1, i: 1, feature: 'z', name: 'z_L1' }, { m: 1, t: 1, i: 2, feature: 'z', name: 'z_L2' }, { m: 1, t: 1, i: 3, feature: 'y', name: 'z_H' }] };
    expect([0, 1, 2].map(frame => wordsAt(several, 'z', frame).config)).toEqual(['z_L1', 'z_L2', 'z_L2']);
    expect(wordsAt(several, 'y', 2)).toMatchObject({ letter: 'y', config: 'z_H' });
  });

  it('sum up a frame without z', () => {
    const decoded = decodeTrace({ ...makeTrace(), arch: 'deq', z_tokens: null, z_prob: null });
    const summary = frameSummary(decoded, 2, countBoard(featureCells(decoded, 'y', 2), true), null);
    expect(summary).toContain('answer (z_L). z was updated, by 100 % of its norm. z: 4 of 4 cells right, 2 newly right. After');
  });

  it('say what is beyond training depth', () => {
    expect(frameLabel(trace, { m: 5, t: 1, i: 1, feature: 'z' })).toContain('beyond training depth (halt_max_steps 4)');
    expect(frameLabel(trace, { m: 4, t: 1, i: 1, feature: 'z' })).not.toContain('beyond');
  });

  it('never round a probability to certainty', () => {
    expect([probability(0.9999), probability(0.0001), probability(1), probability(0), probability(0.1234)]).toEqual(['> 0.999', '< 0.001', '1.000', '0.000', '0.123']);
  });

  it('read a cell aloud', () => {
    const cells = featureCells(decodeTrace(makeTrace()), 'z', 1);
    expect(cellLabel(makeTrace(), 0, cells[0]!)).toBe('row 1, column 1, 1, probability 0.750, given, newly right, breaks a rule');
    expect(cellLabel(makeTrace(), 2, cells[2]!)).toContain('newly wrong');
  });

  it('name broken rules once per unit', () => {
    expect(conflictWords('7', [{ cell: 1, unit: 'row' }, { cell: 2, unit: 'row' }, { cell: 9, unit: 'box' }])).toBe('7 is also in its row and box');
    expect(conflictWords('7', [])).toBe('');
  });

  it('sum up halting and a frame', () => {
    expect(haltingWords(makeTrace(), 1)).toBe('supervision step 1: halting probability 0.731 - would halt here first, 100.0 % of cells right, whole puzzle right');
    const decoded = decodeTrace(makeTrace());
    const summary = frameSummary(decoded, 2, countBoard(featureCells(decoded, 'y', 2), true), countBoard(featureCells(decoded, 'z', 2), true));
    expect(summary).toContain('y was updated, by 100 % of its norm');
    expect(summary).toContain('y: 4 of 4 cells right, 2 newly right.');
  });
});
