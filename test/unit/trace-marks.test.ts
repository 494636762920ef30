// What is said about each cell: right, wrong, new, given, against the rules - and how many of each.
import { describe, expect, it } from 'vitest';
import { decodeTrace } from '../../webview/trace/decode';
import { countBoard, featureCells, questionCells, rightOverFrames, solutionCells } from '../../webview/trace/marks';
import { makeTrace } from './trace-example';

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

  it('knows no givens in boards that are no Sudoku', () => {
    const decoded = decodeTrace({ ...makeTrace(), kind: 'maze' });
    expect(featureCells(decoded, 'y', 2).map(c => [c.mark, c.conflict])).toEqual([['right', false], ['newly-right', false], ['right', false], ['newly-right', false]]);
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
