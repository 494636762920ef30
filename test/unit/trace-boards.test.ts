// What boards beyond Sudoku show: tokens in words, the faces of cells in mazes and ARC, what counts as an ARC answer.
import { describe, expect, it } from 'vitest';
import { arcWindow } from '../../webview/trace/arc-window';
import { decodeTrace, type Trace } from '../../webview/trace/decode';
import { faceOf } from '../../webview/trace/faces';
import type { CellView } from '../../webview/trace/marks';
import { wayArrives, wayWords } from '../../webview/trace/maze-way';
import { showTraces } from '../../webview/trace/shown-trace';
import { arcCrop, glyph, tokenWord, type Kind } from '../../webview/trace/tokens';
import { base64, makeTrace } from './trace-example';

/** The faces of a board, for short: sides of a way as arrows, with its letter. */
function faces(kind: Kind, cols: number, tokens: readonly number[], prob: number | null = 1): string[] {
  const cells = tokens.map((token): CellView => ({ token, prob, mark: 'plain', given: false, changed: false, conflict: false }));
  return cells.map((_, cell) => {
    const face = faceOf(kind, cell, cells, cols);
    switch (face.shape) {
      case 'text': return `'${face.text}'`;
      case 'colour': return String(face.colour);
      case 'way': return `${face.letter}${(['up', 'down', 'left', 'right'] as const).filter(side => face.sides[side]).map(side => ({ up: '^', down: 'v', left: '<', right: '>' })[side]).join('')}`;
      case 'wall': case 'end': case 'nothing': return face.shape;
    }
  });
}

describe('tokens', () => {
  it('are glyphs and words by kind', () => {
    expect([0, 1, 2, 3, 4, 5].map(token => glyph('maze', token))).toEqual(['×', '', '', 'S', 'G', '']);
    expect([1, 2, 3, 4, 5].map(token => tokenWord('maze', token))).toEqual(['wall', 'free', 'start', 'goal', 'on the way']);
    expect([0, 1, 2, 11].map(token => glyph('arc', token))).toEqual(['', '', '0', '9']);
    expect([0, 1, 2, 11].map(token => tokenWord('arc', token))).toEqual(['padding', 'end of the grid', 'colour 0', 'colour 9']);
    expect([glyph('sudoku', 4), glyph('tokens', 4)]).toEqual(['3', '4']);
  });

  it('that count as an ARC answer are the largest rectangle of colours at the top left', () => {
    expect(arcCrop([2, 3, 1, 4, 5, 1, 1, 1, 0], 3, 3)).toEqual({ rows: 2, cols: 2 });
    expect(arcCrop([2, 3, 4, 5, 1, 0, 6, 0, 0], 3, 3)).toEqual({ rows: 1, cols: 3 });
    expect(arcCrop([0, 3, 4, 5], 2, 2)).toEqual({ rows: 0, cols: 0 });
  });
});

describe('faces', () => {
  it('of a maze: walls, ends with letters, and a way that goes on where its cells lie beside each other', () => {
    expect(faces('maze', 3, [3, 5, 4, 1, 2, 1])).toEqual(['S>', '<>', 'G<', 'wall', 'nothing', 'wall']);
    expect(faces('maze', 2, [3, 1, 5, 5, 1, 4])).toEqual(['Sv', 'wall', '^>', 'v<', 'wall', 'G^']);
    expect(faces('maze', 1, [0])).toEqual(["'×'"]);
  });

  it('of a maze do not join two ends that are merely beside each other, nor the ends of two rows', () => {
    expect(faces('maze', 2, [3, 4, 1, 1])).toEqual(['S', 'G', 'wall', 'wall']);
    expect(faces('maze', 2, [1, 5, 5, 1])).toEqual(['wall', '', '', 'wall']);
  });

  it('of ARC: colours, ends of the grid, and nothing for padding', () => {
    expect(faces('arc', 3, [2, 11, 1, 0, 5, 1])).toEqual(['0', '9', 'end', 'nothing', '3', 'end']);
  });

  it('of Sudoku and unknown tokens: text, with a dot for a blank that is predicted', () => {
    expect(faces('sudoku', 4, [1, 2, 5, 0])).toEqual(["'·'", "'1'", "'4'", "'×'"]);
    expect(faces('sudoku', 4, [1, 2, 5, 0], null)).toEqual(["''", "'1'", "'4'", "'×'"]);
    expect(faces('tokens', 2, [0, 7])).toEqual(["'0'", "'7'"]);
  });
});

describe('the way through a maze', () => {
  // S . #
  // # . .
  // . # G
  const question = Uint8Array.of(3, 2, 1, 1, 2, 2, 2, 1, 4);
  const decoded = { question, trace: { ...makeTrace(), kind: 'maze' as const, rows: 3, cols: 3 } };
  const drawn = (cells: readonly number[]): number[] => Array.from(question, (token, cell) => (cells.includes(cell) ? 5 : token));
  it('arrives when marked cells join start and goal', () => {
    expect(wayArrives(decoded, drawn([1, 4, 5]))).toBe(true);
    expect(wayArrives(decoded, drawn([1, 4]))).toBe(false);
    expect(wayArrives(decoded, drawn([]))).toBe(false);
  });
  it('leads through no wall, over no corner and round no edge', () => {
    expect(wayArrives(decoded, drawn([3, 6, 7]))).toBe(false); // 3 and 7 are walls
    expect(wayArrives(decoded, drawn([1, 5]))).toBe(false);
    expect(wayArrives({ ...decoded, question: Uint8Array.of(2, 2, 3, 2, 2, 4, 2, 2, 2) }, [2, 2, 3, 5, 5, 4, 2, 2, 2])).toBe(true); // straight below
    expect(wayArrives({ ...decoded, question: Uint8Array.of(2, 2, 3, 2, 4, 2, 2, 2, 2) }, [2, 2, 3, 5, 4, 2, 2, 2, 2])).toBe(false); // 2 and 3 lie in different rows
  });
  it('is not asked for on other boards', () => {
    expect(wayArrives({ ...decoded, trace: makeTrace() }, question)).toBeNull();
    expect(wayArrives({ ...decoded, question: Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2, 2) }, question)).toBeNull();
    expect([true, false, null].map(wayWords)).toEqual(['the way leads from start to goal', 'the way does not lead from start to goal', '']);
  });
});

describe('the part of an ARC board that is shown', () => {
  /** A board of 4 x 5 with these tokens at the top left, the rest padding. */
  const board = (rows: readonly (readonly number[])[]): Uint8Array => Uint8Array.from({ length: 20 }, (_, cell) => rows[Math.floor(cell / 5)]?.[cell % 5] ?? 0);
  const question = board([[2, 3, 1], [4, 5, 1], [1, 1, 0]]), solution = board([[2, 1], [1]]);
  const arc = (answers: readonly Uint8Array[]): Trace => ({
    ...makeTrace(), kind: 'arc', rows: 4, cols: 5, vocab_size: 12, question: base64(question), solution: base64(solution), frames: answers.map((_, i) => ({ m: 1, t: 1, i: i + 1, feature: 'y' as const })), change: answers.map(() => 0),
    y_tokens: base64(Uint8Array.from(answers.flatMap(answer => [...answer]))), y_prob: base64(Float32Array.from({ length: 20 * answers.length }, (_, k) => k)), z_tokens: null, z_prob: null,
  });
  const small = arc([board([[3, 1], [1]]), board([[2, 1], [1]])]);

  it('holds question, solution and the last answer with their ends', () => {
    expect(arcWindow([decodeTrace(small)])).toEqual({ rows: 3, cols: 3 });
    expect(arcWindow([decodeTrace(small), decodeTrace(arc([board([[2, 2, 2, 2, 1]])]))])).toEqual({ rows: 3, cols: 5 });
    expect(arcWindow([decodeTrace(arc([board([[2, 2, 2, 2, 2], [2, 2, 2, 2, 2], [2, 2, 2, 2, 2]])]))])).toBeNull();
    expect(arcWindow([decodeTrace(makeTrace())])).toBeNull();
  });

  it('has the same tokens, probabilities and counts, and leaves what is exported whole', () => {
    const [shown] = showTraces([small]);
    expect(shown!.decoded.trace).toMatchObject({ rows: 3, cols: 3 });
    expect([...shown!.decoded.question]).toEqual([2, 3, 1, 4, 5, 1, 1, 1, 0]);
    expect([...shown!.decoded.y.tokens]).toEqual([3, 1, 0, 1, 0, 0, 0, 0, 0, 2, 1, 0, 1, 0, 0, 0, 0, 0]);
    expect([...shown!.decoded.y.prob.subarray(9)]).toEqual([20, 21, 22, 25, 26, 27, 30, 31, 32]);
    expect([...shown!.right.y!]).toEqual([2, 3]);
    expect(shown!.decoded.asked).toBe(3);
    expect(shown!.sent).toBe(small);
  });
});
