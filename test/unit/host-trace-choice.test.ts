/** What a trace choice means: checkpoints, puzzle numbers, pasted boards, saved state. */
import { describe, expect, it } from 'vitest';
import { asTraceChoice, checkpointChoices, firstCheckpoint, pastedTokens, puzzleNumberProblem } from '../../src/host/trace-choice';

const checkpoint = (step: number, best = false, pinned = false) => ({ name: `step-${step}`, step, best, pinned });

describe('checkpoints', () => {
  it('begins with live weights, then the best, then the newest', () => {
    const some = [checkpoint(10), checkpoint(30), checkpoint(20, true)];
    expect(firstCheckpoint(true, some)).toBe('live');
    expect(firstCheckpoint(false, some)).toBe('best');
    expect(firstCheckpoint(false, [checkpoint(10), checkpoint(30)])).toBe('step-30');
    expect(firstCheckpoint(false, [])).toBeNull();
  });
  it('lists live, best, then newest first', () => {
    expect(checkpointChoices(true, [checkpoint(10), checkpoint(30, false, true), checkpoint(20, true)]).map(c => c.label))
      .toEqual(['live weights', 'best (step 20)', 'step 30, pinned', 'step 20', 'step 10']);
  });
});

describe('puzzles', () => {
  it('accepts the numbers there are', () => {
    expect(puzzleNumberProblem('0', 200)).toBeNull();
    expect(puzzleNumberProblem(' 199 ', 200)).toBeNull();
    expect(puzzleNumberProblem('200', 200)).toBe('0 to 199');
    for (const text of ['', '-1', '1.5', 'x', '1e3', '9999999999']) expect(puzzleNumberProblem(text, 200)).toBe('a whole number');
  });
  it('takes a board of the model, and says what is wrong with another', () => {
    const board = '12.. | 34.. \n----\n 21.. | 43..';
    expect(pastedTokens(board, { vocab_size: 6, seq_len: 16 })).toEqual([2, 3, 1, 1, 4, 5, 1, 1, 3, 2, 1, 1, 5, 4, 1, 1]);
    expect(() => pastedTokens('123', { vocab_size: 6, seq_len: 16 })).toThrow(/3 cells, expected 16/);
    expect(() => pastedTokens(board, { vocab_size: 12, seq_len: 900 })).toThrow(/Only Sudoku/);
  });
});

describe('asTraceChoice', () => {
  const good = { run: 'a', checkpoint: 'step-12', puzzle: { index: 3 }, depth: 8 };
  it('keeps what is a choice', () => {
    expect(asTraceChoice({ ...good, more: 1 })).toEqual(good);
    expect(asTraceChoice({ ...good, puzzle: { text: '12' } })).toEqual({ ...good, puzzle: { text: '12' } });
  });
  it.each([null, 'x', { ...good, checkpoint: '../../etc' }, { ...good, depth: 129 }, { ...good, depth: 0 }, { ...good, puzzle: { index: -1 } }, { ...good, run: 3 }, { ...good, puzzle: null }])('refuses %j', value => {
    expect(asTraceChoice(value)).toBeNull();
  });
});
