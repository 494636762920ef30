/** What a trace choice means: checkpoints, puzzle numbers, pasted boards, saved state. */
import { describe, expect, it } from 'vitest';
import { asTraceChoice, checkpointChoices, firstCheckpoint, pasteHint, pastedTokens, puzzleNumberProblem, samePuzzle } from '../../src/host/trace-choice';

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
    expect(pasteHint({ vocab_size: 6, seq_len: 16 })).toMatch(/^4 rows of 4 digits; 0, \. or _ for a blank cell/);
    expect(pasteHint({ vocab_size: 6, seq_len: 100 })).toMatch(/^10 rows of 10 cells: # a wall, a space/);
    expect(pasteHint({ vocab_size: 12, seq_len: 900 })).toBeNull();
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
  it('keeps the step of a kept trace, which only a puzzle with a number has', () => {
    expect(asTraceChoice({ ...good, kept: 40 })).toEqual({ ...good, kept: 40 });
    expect(asTraceChoice({ ...good, kept: -1 })).toEqual(good);
    expect(asTraceChoice({ ...good, puzzle: { text: '12' }, kept: 40 })).toEqual({ ...good, puzzle: { text: '12' } });
  });
  it('keeps what it is compared with, if that is a choice', () => {
    const beside = { run: 'b', checkpoint: 'best', depth: 16 };
    expect(asTraceChoice({ ...good, beside })).toEqual({ ...good, beside });
    expect(asTraceChoice({ ...good, beside: { ...beside, depth: 129 } })).toEqual(good);
    expect(asTraceChoice({ ...good, beside: { ...beside, checkpoint: '../x' } })).toEqual(good);
  });
  it.each([null, 'x', { ...good, checkpoint: '../../etc' }, { ...good, depth: 129 }, { ...good, depth: 0 }, { ...good, puzzle: { index: -1 } }, { ...good, run: 3 }, { ...good, puzzle: null }])('refuses %j', value => {
    expect(asTraceChoice(value)).toBeNull();
  });
});

describe('the same puzzle for another run', () => {
  const own = { seq_len: 4, vocab_size: 6, content_hash: 'a' };
  const trace = { puzzle: { index: 7, identifier: 0, label: '' }, question: Buffer.from([1, 2, 3, 5]).toString('base64'), vocab_size: 6, kind: 'sudoku' as const };
  it('is its number on the same data, else its tokens', () => {
    expect(samePuzzle(trace, own, own)).toEqual({ index: 7 });
    expect(samePuzzle(trace, own, { ...own, content_hash: 'b' })).toEqual({ tokens: [1, 2, 3, 5] });
    expect(samePuzzle({ ...trace, puzzle: { ...trace.puzzle, index: null } }, own, own)).toEqual({ tokens: [1, 2, 3, 5] });
  });
  it('is none on another board, nor in another set of ARC tasks', () => {
    expect(samePuzzle(trace, own, { ...own, seq_len: 16 })).toBeNull();
    expect(samePuzzle(trace, own, { ...own, vocab_size: 11 })).toBeNull();
    expect(samePuzzle({ ...trace, kind: 'arc' }, own, { ...own, content_hash: 'b' })).toBeNull();
    expect(samePuzzle({ ...trace, kind: 'arc' }, own, own)).toEqual({ index: 7 });
  });
  it('reads wide tokens', () => {
    expect(samePuzzle({ ...trace, vocab_size: 300, question: Buffer.from(Uint16Array.of(299, 1, 2, 3).buffer).toString('base64') }, { ...own, vocab_size: 300 }, { ...own, vocab_size: 300, content_hash: 'b' })).toEqual({ tokens: [299, 1, 2, 3] });
  });
});
