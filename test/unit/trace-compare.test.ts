// Two traces in step: which frames belong together, where they differ and in whose favour, and that all of it is also said in words.
import { describe, expect, it } from 'vitest';
import type { FramePosition, Trace } from '../../webview/trace/decode';
import { countDifference, differenceCells, differenceLabel, differenceWords } from '../../webview/trace/difference';
import { exportName } from '../../webview/trace/export-name';
import { keyCommand } from '../../webview/trace/keys';
import { sideCaptions } from '../../webview/trace/labels';
import { overviewScene, rightWords } from '../../webview/trace/overview-scene';
import { showTraces } from '../../webview/trace/shown-trace';
import { comparedStage, frameIn, hasEnded, isSameQuestion, isUpdated, panelNote, soloStage } from '../../webview/trace/stage';
import { stageSummary } from '../../webview/trace/summary';
import type { Ink } from '../../webview/trace/ink';
import { base64, makeTrace } from './trace-example';

/** The example's question taken further: `answers` are y at the end of every supervision step of `z z y`; z is as the example's. */
function deeper(answers: readonly (readonly number[])[], more: Partial<Trace> = {}): Trace {
  const one = makeTrace();
  const frames = answers.flatMap((_, m): FramePosition[] => one.frames.map(frame => ({ ...frame, m: m + 1 })));
  const y = answers.flatMap(answer => frames.slice(0, 3).flatMap(() => answer));
  const z = frames.flatMap(() => [2, 3, 2, 3]);
  return {
    ...one, frames, depth: answers.length, y_tokens: base64(Uint8Array.from(y)), z_tokens: base64(Uint8Array.from(z)),
    y_prob: base64(Float32Array.from(y, () => 0.5)), z_prob: base64(Float32Array.from(z, () => 0.5)), change: frames.map(() => 0.1),
    halting: answers.map((_, m) => ({ m: m + 1, q_halt: 0, p_halt: 0.5, would_halt: false, exact: false, accuracy: 0.5 })), ...more,
  };
}

const showTrace = (trace: Trace) => showTraces([trace])[0]!;
const sides = (a: Trace, b: Trace) => [{ shown: showTrace(a), caption: 'a' }, { shown: showTrace(b), caption: 'b' }] as const;
const ink = { text: '', muted: '', ground: '', line: '', right: '', wrong: '', conflict: '', halt: 'yellow', other: 'orange', focus: '', feature: { y: 'blue', z: 'purple' }, font: '', strong: false } satisfies Ink;

describe('two traces in step', () => {
  it('are led by the deeper one; the other stays at its last frame when it has ended', () => {
    const stage = comparedStage(...sides(deeper([[2, 3, 3, 3]]), deeper([[2, 3, 3, 3], [2, 3, 3, 2], [2, 3, 3, 2]])), 'y');
    const [first, second] = stage.panels;
    expect(stage.lead).toBe(second!.source);
    expect([0, 2, 3, 8].map(frame => frameIn(first!, frame))).toEqual([0, 2, 2, 2]);
    expect([0, 2, 3, 8].map(frame => frameIn(second!, frame))).toEqual([0, 2, 3, 8]);
    expect([2, 3].map(frame => hasEnded(first!, stage, frame))).toEqual([false, true]);
    expect([2, 5].map(frame => isUpdated(first!, stage, frame))).toEqual([true, false]);
    expect(panelNote(first!, stage, 8)).toBe('y · a · ended at step 1');
  });

  it('of other recursions meet at the last update that is not later', () => {
    const flat = deeper([[2, 2, 3, 3], [2, 3, 3, 2]]);
    const y = { m: 1, t: 1, i: 3, feature: 'y' } as const;
    const oneUpdate: Trace = { ...makeTrace(), frames: [y], y_tokens: base64(Uint8Array.of(2, 3, 3, 3)), z_tokens: null, y_prob: base64(new Float32Array(4)), z_prob: null, change: [1] };
    const stage = comparedStage(...sides(flat, oneUpdate), 'z');
    expect(stage.panels.map(panel => panel.feature)).toEqual(['y', 'y']); // the second has no z
    expect(stage.panels[1]!.frames).toEqual(Int32Array.from([0, 0, 0, 0, 0, 0]));
  });

  it('are of the same question', () => {
    expect(isSameQuestion(makeTrace(), deeper([[2, 2, 2, 2]]))).toBe(true);
    expect(isSameQuestion(makeTrace(), { ...makeTrace(), question: base64(Uint8Array.of(1, 1, 1, 1)) })).toBe(false);
  });

  it('have halting bars and lines of both, told apart by letter, colour and dash', () => {
    const stage = comparedStage(...sides(deeper([[2, 2, 2, 2]]), deeper([[2, 3, 3, 3], [2, 3, 3, 2]])), 'y');
    const scene = overviewScene(stage, 5, ink);
    expect(scene.bars.map(({ letter, colour, halting }) => [letter, colour, halting.length])).toEqual([['A', 'blue', 1], ['B', 'orange', 2]]);
    expect(scene.lines.map(({ letter, solid, counts }) => [letter, solid, [...counts]])).toEqual([['A', true, [2, 2, 2, 2, 2, 2]], ['B', false, [3, 3, 3, 4, 4, 4]]]);
    expect(rightWords(stage, 5)).toBe('A 2, B 4 of 4 cells right');
    const alone = overviewScene(soloStage(showTrace(makeTrace())), 0, ink);
    expect([alone.bars.map(bar => bar.letter), alone.lines.map(line => [line.letter, line.solid])]).toEqual([[''], [['y', true], ['z', false]]]);
  });
});

describe('their difference', () => {
  // Solution 2 3 / 3 2.
  const stage = comparedStage(...sides(deeper([[2, 2, 1, 1]]), deeper([[2, 3, 2, 1]])), 'y');
  const cells = differenceCells(stage, 2);

  it('says per cell who is right', () => {
    expect(cells.map(cell => cell.agreement)).toEqual(['same', 'second-right', 'both-wrong', 'same']);
    expect(differenceCells(comparedStage(...sides(deeper([[2, 3, 3, 2]]), deeper([[2, 3, 3, 3]])), 'y'), 2)[3]!.agreement).toBe('first-right');
    const unknown = { solution: null };
    expect(differenceCells(comparedStage(...sides(deeper([[2, 2, 1, 1]], unknown), deeper([[2, 3, 1, 1]], unknown)), 'y'), 0)[1]!.agreement).toBe('differ');
  });

  it('takes the solution of whichever knows it', () => {
    expect(differenceCells(comparedStage(...sides(deeper([[2, 2, 1, 1]], { solution: null }), deeper([[2, 3, 2, 1]])), 'y'), 0)[1]!.agreement).toBe('second-right');
  });

  it('is said in words: counts, cells, the whole frame', () => {
    expect(differenceWords(countDifference(cells))).toBe('A and B differ in 2 cells: B right in 1');
    expect(differenceWords({ differ: 0, firstRight: 0, secondRight: 0 })).toBe('A and B agree in every cell');
    expect(cells.map((cell, k) => differenceLabel('sudoku', 2, k, cell))).toEqual([
      'row 1, column 1, A and B: 1', 'row 1, column 2, A: 1, B: 2, B is right', 'row 2, column 1, A: blank, B: 1, both are wrong', 'row 2, column 2, A and B: blank',
    ]);
    expect(stageSummary(stage, 2)).toMatch(/y-update \(z_H\)\. A and B differ in 2 cells: B right in 1\. A, y of a: 1 of 4 cells right.*; after supervision step 1: halting probability 0\.500.* B, y of b: 2 of 4 cells right/);
  });
});

describe('names', () => {
  const trace = makeTrace();
  it('tell the two apart and say no more', () => {
    expect(sideCaptions([{ run: 'r', trace }, { run: 'r', trace: { ...trace, step: 80 } }])).toEqual(['EMA weights of step 40', 'EMA weights of step 80']);
    expect(sideCaptions([{ run: 'r', trace }, { run: 's', trace: { ...trace, depth: 8 } }])).toEqual(['r · EMA weights of step 40 · depth 1', 's · EMA weights of step 40 · depth 8']);
  });
  it('of files hold both', () => {
    expect(exportName([trace], 'trace.json')).toBe('demo-step-40-puzzle-5-trace.json');
    expect(exportName([trace, { ...trace, step: 80, depth: 8 }], 'trace.json')).toBe('demo-step-40-and-step-80-depth-8-puzzle-5-trace.json');
  });
  it('of keys: c shows both or one, f the other feature', () => {
    const press = (key: string) => keyCommand({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false });
    expect([press('c'), press('f')]).toEqual(['compare', 'feature']);
    expect(keyCommand({ key: 'c', shiftKey: false, altKey: false, ctrlKey: true, metaKey: false })).toBeNull();
  });
});
