// What is said about each cell: right, wrong, new, given, against the rules - and how many of each.
import { describe, expect, it } from 'vitest';
import { decodeTrace } from '../../webview/trace/decode';
import { countBoard, featureCells, questionCells, rightOverFrames, solutionCells } from '../../webview/trace/marks';
import { base64, makeTrace } from './trace-example';

const marks = (feature: 'y' | 'z', frame: number, unknown = false): string[] =>
  featureCells(decodeTrace({ ...makeTrace(), ...(unknown && { solution: null }) }), feature, frame).map(cell => cell.mark);

describe('marks of cells', () => {
  it('marks the first frame without a before', () => {
    expect(marks('y', 0)).toEqual(['given', 'still-wrong', 'right', 'still-wrong']);
  });

  it('marks what a frame made right, and nothing as new in the frame after', () => {
    expect(marks('y', 1)).toEqual(['given', 'still-wrong', 'right', 'still-wrong']);
    expect(marks('y', 2)).toEqual(['given', 'newly-right', 'right', 'newly-right']);
  });

  it('marks what a frame spoilt, and a given the model at first overwrote', () => {
    expect(marks('z', 0)[0]).toBe('still-wrong');
    expect(marks('z', 1)).toEqual(['newly-right', 'right', 'newly-wrong', 'still-wrong']);
    expect(marks('z', 2)).toEqual(['given', 'right', 'still-wrong', 'still-wrong']);
  });

  it('without a solution judges givens only and marks changes', () => {
    expect(marks('y', 2, true)).toEqual(['given', 'changed', 'plain', 'changed']);
    expect(marks('z', 0, true)).toEqual(['still-wrong', 'plain', 'plain', 'plain']);
  });

  it('marks question and solution', () => {
    const decoded = decodeTrace(makeTrace());
    expect(questionCells(decoded).map(c => c.mark)).toEqual(['given', 'blank', 'blank', 'blank']);
    expect(solutionCells(decoded)?.map(c => c.mark)).toEqual(['given', 'plain', 'plain', 'plain']);
    expect(solutionCells(decodeTrace({ ...makeTrace(), solution: null }))).toBeNull();
  });

  it('knows no givens in boards of unknown tokens', () => {
    const decoded = decodeTrace({ ...makeTrace(), kind: 'tokens' });
    expect(featureCells(decoded, 'y', 2).map(c => [c.mark, c.conflict])).toEqual([['right', false], ['newly-right', false], ['right', false], ['newly-right', false]]);
  });

  it('takes walls, start and goal of a maze as given, and its free cells as open', () => {
    // Question # S / (free) G; solution # S / o G; the last y has them all, the first none of the way.
    const tokens = [1, 3, 2, 4, 1, 3, 2, 4, 1, 3, 5, 4];
    const decoded = decodeTrace({
      ...makeTrace(), kind: 'maze', vocab_size: 6, question: base64(Uint8Array.of(1, 3, 2, 4)), solution: base64(Uint8Array.of(1, 3, 5, 4)), y_tokens: base64(Uint8Array.from(tokens)),
    });
    expect(questionCells(decoded).map(c => c.mark)).toEqual(['given', 'given', 'plain', 'given']);
    expect(featureCells(decoded, 'y', 1).map(c => c.mark)).toEqual(['given', 'given', 'still-wrong', 'given']);
    expect(featureCells(decoded, 'y', 2).map(c => c.mark)).toEqual(['given', 'given', 'newly-right', 'given']);
  });

  it('judges no cell around an ARC solution', () => {
    // The solution is one cell of colour 0 and the EOS beside it; below is padding, whatever the model writes there.
    const decoded = decodeTrace({
      ...makeTrace(), kind: 'arc', vocab_size: 12, question: base64(Uint8Array.of(3, 1, 1, 0)), solution: base64(Uint8Array.of(2, 1, 0, 0)),
      y_tokens: base64(Uint8Array.of(3, 1, 7, 7, 3, 1, 7, 8, 2, 4, 7, 8)),
    });
    expect(decoded.asked).toBe(2);
    expect(featureCells(decoded, 'y', 1).map(c => c.mark)).toEqual(['still-wrong', 'right', 'plain', 'changed']);
    const last = featureCells(decoded, 'y', 2);
    expect(last.map(c => c.mark)).toEqual(['newly-right', 'newly-wrong', 'plain', 'plain']);
    expect(countBoard(last, true)).toMatchObject({ cells: 2, right: 1, newlyRight: 1, newlyWrong: 1 });
    expect([...rightOverFrames(decoded, 'y')!]).toEqual([1, 1, 1]);
  });

  it('counts, and gives no count of right cells when the solution is unknown', () => {
    const decoded = decodeTrace(makeTrace());
    expect(countBoard(featureCells(decoded, 'y', 2), true)).toEqual({ cells: 4, right: 4, newlyRight: 2, newlyWrong: 0, changed: 2, conflicts: 0 });
    expect(countBoard(featureCells(decoded, 'y', 0), true)).toMatchObject({ right: 2, conflicts: 4 });
    expect(countBoard(featureCells(decoded, 'y', 0), false).right).toBeNull();
    expect([...rightOverFrames(decoded, 'y')!]).toEqual([2, 2, 4]);
    expect([...rightOverFrames(decoded, 'z')!]).toEqual([2, 2, 2]);
  });
});
