// Voting: ranking of answers, ARC's pass@K and submission worked by hand, and copies of a puzzle brought back.
import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { augmentGrid, augmentedName, parseName } from '../../src/puzzles/arc-augment';
import type { ArcAugmentation } from '../../src/puzzles/arc-augment';
import { encodeArc } from '../../src/puzzles/arc-board';
import { ArcScore } from '../../src/puzzles/arc-score';
import { readArcTasks } from '../../src/puzzles/arc-tasks';
import type { ArcTask } from '../../src/puzzles/arc-tasks';
import { Ballot } from '../../src/puzzles/ballot';
import { baselineText, copyBaseline } from '../../src/puzzles/baseline';
import { buildArc, readArcBuild } from '../../src/puzzles/build-arc';
import { buildMaze } from '../../src/puzzles/build-maze';
import { buildSudoku } from '../../src/puzzles/build-sudoku';
import type { Grid } from '../../src/puzzles/dihedral';
import { EvaluationRows } from '../../src/puzzles/evaluation-rows';
import { gridShape, solvePuzzle } from '../../src/puzzles/grid';
import { readIdentifiers } from '../../src/puzzles/identifiers';
import { openSplit } from '../../src/puzzles/read-dataset';
import { copyOf, drawSymmetries, originalOf } from '../../src/puzzles/token-symmetry';
import { ArcVote, SymmetryVote } from '../../src/puzzles/vote-views';
import type { Vote } from '../../src/puzzles/vote-views';
import { RandomStream } from '../../src/random/stream';
import { gridOf, writeArcFiles } from './arc-example';
import { failureOf, temporaryFolder } from './puzzles-fixture';

describe('a ballot', () => {
  test('more votes come first, then the higher mean probability, then who was named first', () => {
    const ballot = new Ballot<string>();
    for (const [answer, p] of [['a', 0.9], ['b', 0.2], ['c', 0.5], ['b', 0.4], ['d', 0.5], ['c', 0.3], ['e', 0.99]] as const) ballot.cast(answer, answer, p);
    const ranked = ballot.ranked();
    // b: 2 votes, mean 0.3; c: 2 votes, mean 0.4; a, d, e: one vote each.
    expect(ranked.map(({ answer }) => answer)).toEqual(['c', 'b', 'e', 'a', 'd']);
    expect(ranked[0]).toEqual({ answer: 'c', votes: 2, meanP: 0.4 });
    ballot.cast('d', 'd', 0.1); // now 2 votes, mean 0.3, as b, which was named before
    expect(ballot.ranked().map(({ answer }) => answer)).toEqual(['c', 'b', 'd', 'e', 'a']);
    expect(new Ballot().ranked()).toEqual([]);
  });
});

describe('ARC scores', () => {
  const task = (id: string, test: [string[], string[]][]): ArcTask => ({ id, train: [], test: test.map(([input, output]) => ({ input: gridOf(input), output: gridOf(output) })) });
  // Three tasks: one test input; two test inputs; one that nothing is predicted for.
  const tasks = [task('a', [[['12'], ['21']]]), task('b', [[['3', '4'], ['43']], [['5'], ['55']]]), task('c', [[['6'], ['66']]])];
  const mirror: ArcAugmentation = { symmetry: 4, colours: Uint8Array.of(0, 2, 1, 3, 4, 5, 6, 7, 8, 9) };
  const scored = () => {
    const score = new ArcScore(tasks);
    const say = (id: string, input: Grid, answer: Grid, p: number, through?: ArcAugmentation) => {
      const seen = (grid: Grid) => encodeArc(through ? augmentGrid(through, grid) : grid);
      score.add(id, through, seen(input), seen(answer), p);
    };
    const [a, b0, b1] = [gridOf(['12']), gridOf(['3', '4']), gridOf(['5'])];
    // a: the wrong 99 has two votes, the right 21 one (through the mirror), so it is the second try.
    say('a', a, gridOf(['99']), 0.1);
    say('a', a, gridOf(['99']), 0.2);
    say('a', a, gridOf(['21']), 0.9, mirror);
    // b, first input: right at once, by two votes through different copies.
    say('b', b0, gridOf(['43']), 0.5);
    say('b', b0, gridOf(['43']), 0.5, mirror);
    say('b', b0, gridOf(['44']), 0.99);
    // b, second input: three wrong answers by one vote each, of higher probability than the right one, which is the fourth.
    for (const [wrong, p] of [['51', 0.9], ['52', 0.8], ['53', 0.7]] as const) say('b', b1, gridOf([wrong]), p);
    say('b', b1, gridOf(['55']), 0.6);
    return { score, say };
  };

  test('pass@K: a task scores the share of its test inputs within K tries, no predictions score 0', () => {
    const { passAt, tasks: count, inputs } = scored().score.scores();
    expect([count, inputs]).toEqual([3, 4]);
    const at = (k: number) => passAt.find(one => one.k === k)!;
    expect(passAt.map(({ k }) => k)).toEqual([1, 2, 5, 10, 100, 1000]);
    expect(at(1)).toEqual({ k: 1, score: (0 + 0.5 + 0) / 3, tasks: 0, inputs: 1 });
    expect(at(2)).toEqual({ k: 2, score: (1 + 0.5 + 0) / 3, tasks: 1, inputs: 2 });
    expect(at(5)).toEqual({ k: 5, score: (1 + 1 + 0) / 3, tasks: 2, inputs: 3 });
    expect(at(1000)).toEqual({ ...at(5), k: 1000 });
  });

  test('the submission has two attempts per test input, the second the first again where there is no other', () => {
    const { score, say } = scored();
    expect(score.submission()).toEqual({
      a: [{ attempt_1: [[9, 9]], attempt_2: [[2, 1]] }],
      b: [{ attempt_1: [[4, 3]], attempt_2: [[4, 4]] }, { attempt_1: [[5, 1]], attempt_2: [[5, 2]] }],
      c: [{ attempt_1: [], attempt_2: [] }],
    });
    say('c', gridOf(['6']), gridOf(['1', '2']), 0.5, mirror);
    expect(score.submission()['c']).toEqual([{ attempt_1: [[1], [2]], attempt_2: [[1], [2]] }]);
  });

  test('predictions for other tasks or inputs are counted, not voted', () => {
    const { score, say } = scored();
    say('nobody', gridOf(['1']), gridOf(['1']), 1);
    say('a', gridOf(['7']), gridOf(['1']), 1);
    expect(score.counts).toEqual({ votes: 10, stray: 2 });
  });
});

describe('copies of a board', () => {
  test.each([{ vocab_size: 6, seq_len: 16 }, { vocab_size: 8, seq_len: 36 }, { vocab_size: 11, seq_len: 81 }, { vocab_size: 6, seq_len: 100 }])('a copy is brought back, whatever it holds: %j', metadata => {
    const shape = gridShape(metadata);
    const stream = RandomStream.named(4, 'test');
    const symmetries = drawSymmetries(shape, 7, stream);
    const board = Int32Array.from({ length: metadata.seq_len }, () => stream.integer(0, metadata.vocab_size - 1));
    for (const symmetry of symmetries) {
      const copy = copyOf(symmetry, board);
      expect(originalOf(symmetry, copy)).toEqual(board);
      expect([...copy].sort()).not.toEqual([...copy]);
    }
    expect(new Set(symmetries.map(symmetry => copyOf(symmetry, board).join())).size).toBe(7);
  });

  test('a maze has seven, other kinds none', () => {
    expect(failureOf(() => drawSymmetries(gridShape({ vocab_size: 6, seq_len: 100 }), 8, RandomStream.named(0, 'x'))).message).toBe('A maze has 7 symmetric copies, 8 asked for.');
    expect(failureOf(() => drawSymmetries(gridShape({ vocab_size: 12, seq_len: 900 }), 1, RandomStream.named(0, 'x'))).message).toContain('no symmetries');
  });
});

/** Answers every view of a vote. */
function answerAll(vote: Vote, answer: (inputs: Int32Array, index: number) => { prediction: ArrayLike<number>; p: number }): void {
  for (let index = 0; index < vote.views; index++) {
    const { prediction, p } = answer(vote.view(index).inputs, index);
    vote.add(index, prediction, p);
  }
}

describe('votes over symmetric copies', () => {
  const made = async (kind: 'sudoku' | 'maze') => {
    const folder = join(temporaryFolder(), 'data');
    if (kind === 'maze') await buildMaze({ size: 6, from: { generate: { train: 2, test: 12, minPath: 8 } }, copies: 0, seed: 0 }, folder);
    else await buildSudoku({ size: 4, from: { generate: { train: 2, test: 12 } }, copies: 0, seed: 0 }, folder);
    return openSplit([folder], 'test');
  };

  test.each(['sudoku', 'maze'] as const)('%s: copies answered right outvote a puzzle answered wrong', async kind => {
    const split = await made(kind);
    const shape = gridShape(split.metadata);
    const examples = Int32Array.of(0, 3, 4, 7, 9);
    const solve = (inputs: Int32Array) => solvePuzzle(shape, inputs)!.tokens!;
    const copies = new SymmetryVote(split, examples, 4, 0);
    expect(copies.views).toBe(25);
    answerAll(copies, (inputs, index) => ({ prediction: index % 5 === 0 ? inputs : solve(inputs), p: 0.5 }));
    expect(copies.result()).toEqual({ count: 5, voted: 5, alone: 0 });
    const single = new SymmetryVote(split, examples, 4, 0);
    answerAll(single, (inputs, index) => ({ prediction: index % 5 === 0 ? solve(inputs) : inputs, p: 0.5 }));
    expect(single.result()).toEqual({ count: 5, voted: 0, alone: 5 });
    split.close();
  });

  test('with as many votes for each, the halting probability decides; without copies the vote is the answer', async () => {
    const split = await made('sudoku');
    const shape = gridShape(split.metadata);
    const solve = (inputs: Int32Array) => solvePuzzle(shape, inputs)!.tokens!;
    const vote = new SymmetryVote(split, Int32Array.of(0, 1, 2), 1, 0);
    answerAll(vote, (inputs, index) => (index % 2 === 0 ? { prediction: inputs, p: 0.4 } : { prediction: solve(inputs), p: index === 1 ? 0.3 : 0.6 }));
    expect(vote.result()).toEqual({ count: 3, voted: 2, alone: 0 });
    const none = new SymmetryVote(split, Int32Array.of(0, 1, 2), 0, 0);
    answerAll(none, (inputs, index) => ({ prediction: index === 1 ? inputs : solve(inputs), p: 0.5 }));
    expect(none.result()).toEqual({ count: 3, voted: 2, alone: 2 });
    split.close();
  });
});

describe('ARC datasets under evaluation', () => {
  const arc = async () => {
    const home = temporaryFolder();
    const folder = join(home, 'data');
    await buildArc(readArcBuild({ files: writeArcFiles(join(home, 'json')), subsets: ['training', 'evaluation'], testSet: 'evaluation', copies: 6, seed: 0 }), folder);
    return { folder, split: openSplit([folder], 'test'), names: readIdentifiers(folder)!, tasks: readArcTasks(join(folder, 'test_puzzles.json')).tasks };
  };

  test('only original tasks are evaluated one by one', async () => {
    const { split, names } = await arc();
    const rows = new EvaluationRows(split, 'all', 0, 4);
    expect(rows.total).toBe(3);
    expect(Array.from(rows.examples, example => names[split.puzzleIdentifiers[split.puzzleOf(example)]!])).toEqual(['eval-one', 'eval-two', 'eval-two']);
    expect(new EvaluationRows(split, 2, 0, 4).examples).toHaveLength(2);
    expect(split.examples).toBe(3 * 7);
    split.close();
  });

  test('stored copies are shown and their answers brought back by their names', async () => {
    const { split, names, tasks } = await arc();
    const vote = new ArcVote(split, names, tasks, 4);
    expect(vote.views).toBe(3 * 5);
    const solution = new Map(tasks.flatMap(({ id, test }) => test.map(({ input, output }) => [`${id} ${input.cells.join()}`, output] as const)));
    answerAll(vote, (inputs, index) => {
      const { task, augmentation } = parseName(names[vote.view(index).identifier]!)!;
      const pair = tasks.find(({ id }) => id === task)!.test.find(({ input }) => encodeArc(augmentation ? augmentGrid(augmentation, input) : input).join() === inputs.join())!;
      const answer = solution.get(`${task} ${pair.input.cells.join()}`)!;
      return { prediction: encodeArc(augmentation ? augmentGrid(augmentation, answer) : answer), p: 0.5 };
    });
    expect(vote.score.counts).toEqual({ votes: 15, stray: 0 });
    expect(vote.score.scores().passAt[0]).toEqual({ k: 1, score: 1, tasks: 2, inputs: 3 });
    expect(failureOf(() => new ArcVote(split, ['<blank>', 'x|||y'], tasks, 4)).message).toContain('names no task and augmentation');
    expect(augmentedName('x', parseName(names[2]!)!.augmentation!)).toMatch(/^x\|\|\|t/);
    split.close();
  });

  test('a score of two evaluations together counts the votes of both', async () => {
    const { split, names, tasks } = await arc();
    const vote = new ArcVote(split, names, tasks, 0);
    const right = tasks.flatMap(({ test }) => test.map(({ output }) => encodeArc(output)));
    answerAll(vote, () => ({ prediction: encodeArc(gridOf(['0'])), p: 0.1 }));
    expect(vote.score.scores().passAt[0]!.score).toBe(0);
    for (let again = 0; again < 2; again++) answerAll(vote, (_, index) => ({ prediction: right[index]!, p: 0.05 }));
    expect(vote.score.scores().passAt[0]!.score).toBe(1);
    split.close();
  });
});

test('copying the question: what it gets right, in words', async () => {
  const folder = join(temporaryFolder(), 'data');
  await buildMaze({ size: 6, from: { generate: { train: 2, test: 4, minPath: 8 } }, copies: 0, seed: 0 }, folder);
  const split = openSplit([folder], 'test');
  const baseline = copyBaseline(split, Int32Array.of(0, 1, 2, 3));
  const tokens = new Int32Array(36);
  const ways = Array.from({ length: 4 }, (_, example) => {
    split.readLabels(example, tokens);
    return tokens.filter(token => token === 5).length;
  });
  expect(baseline.exact_count).toBe(0);
  expect(baseline.accuracy).toBeCloseTo(1 - ways.reduce((sum, way) => sum + way) / (4 * 36), 12);
  expect(baselineText(baseline)).toMatch(/^copying the question: 0 of 4 exact, [\d.]+ % of cells$/);
  split.close();
});
