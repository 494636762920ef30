// Mazes: generated with one shortest way, read from CSV in the published characters, with the published symmetries.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetSpecSchema } from '../../src/config/schema';
import { buildDataset, rowAugmentation } from '../../src/puzzles/build-dataset';
import { buildMaze } from '../../src/puzzles/build-maze';
import { applyDihedral, dihedrals, inverseDihedral } from '../../src/puzzles/dihedral';
import type { Grid } from '../../src/puzzles/dihedral';
import { formatGrid } from '../../src/puzzles/grid';
import { mazeFormat, mazeTokens, neighbours, solveMaze } from '../../src/puzzles/maze-board';
import { mazeRow } from '../../src/puzzles/maze-csv';
import { generateMazes } from '../../src/puzzles/maze-generate';
import { turnBoard, wallsFingerprint } from '../../src/puzzles/maze-symmetry';
import { BadRow } from '../../src/puzzles/puzzle-csv';
import { openSplit } from '../../src/puzzles/read-dataset';
import { RandomStream } from '../../src/random/stream';
import { rejectionOf, temporaryFolder } from './puzzles-fixture';

const text = (grid: Grid) => Array.from({ length: grid.rows }, (_, row) => [...grid.cells.subarray(row * grid.cols, (row + 1) * grid.cols)].join('')).join(' ');
const shown = (size: number, tokens: ArrayLike<number>) => formatGrid({ kind: 'maze', rows: size, cols: size }, tokens).replaceAll('\n', '');

describe('the eight symmetries', () => {
  // What numpy gives for [[1, 2, 3], [4, 5, 6]] by the published numbers: rot90 1, 2, 3 times, fliplr, flipud, T, fliplr of rot90.
  test.each([
    [0, '123 456'], [1, '36 25 14'], [2, '654 321'], [3, '41 52 63'], [4, '321 654'], [5, '456 123'], [6, '14 25 36'], [7, '63 52 41'],
  ] as const)('number %i', (symmetry, expected) => {
    const grid: Grid = { rows: 2, cols: 3, cells: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const turned = applyDihedral(symmetry, grid);
    expect(text(turned)).toBe(expected);
    expect(applyDihedral(inverseDihedral(symmetry), turned)).toEqual(grid);
  });
});

describe('generated mazes', () => {
  test.each([
    [10, 20, undefined, 'free'], [9, 12, 0, 'free'], [30, 110, undefined, 'free'], [10, 20, 0, 'lattice'], [11, 22, 4, 'lattice'], [30, 110, undefined, 'lattice'],
  ] as const)('%i a side: one shortest way of at least %i cells, with %s loops in a %s layout', async (size, minPath, loops, layout) => {
    const { train, test } = await generateMazes({ size, train: 12, test: 6, minPath, loops, layout, seed: 3 });
    expect([train.length, test.length]).toEqual([12, 6]);
    for (const { question, solution } of [...train, ...test]) {
      expect(solveMaze(size, question)).toEqual({ solutions: 1, tokens: solution });
      expect(solution.filter(token => token === mazeTokens.way).length + 2).toBeGreaterThanOrEqual(minPath);
    }
    expect(new Set([...train, ...test].map(({ question }) => wallsFingerprint(size, question))).size).toBe(18);
  });

  test('in a lattice every other cell of every other row is open, and no pillar between them', async () => {
    for (const { question } of (await generateMazes({ size: 10, train: 6, test: 0, layout: 'lattice', loops: 3, seed: 1 })).train) {
      const open = (row: number, column: number) => question[row * 10 + column] !== mazeTokens.wall;
      for (let row = 0; row < 10; row++) {
        for (let column = 0; column < 10; column++) {
          if (row % 2 === 0 && column % 2 === 0) expect(open(row, column)).toBe(true);
          if ((row % 2 === 1 && column % 2 === 1) || row === 9 || column === 9) expect(open(row, column)).toBe(false);
        }
      }
    }
  });

  test.each(['free', 'lattice'] as const)('%s: without loops passages are a tree, with loops they are not', async layout => {
    const surplus = async (loops: number) => {
      const { question } = (await generateMazes({ size: 12, train: 1, test: 0, loops, layout, seed: 0 })).train[0]!;
      const open = [...question].flatMap((token, cell) => (token === mazeTokens.wall ? [] : [cell]));
      const edges = open.reduce((sum, cell) => sum + neighbours(12, cell).filter(next => question[next] !== mazeTokens.wall).length, 0) / 2;
      return edges - (open.length - 1);
    };
    expect(await surplus(0)).toBe(0);
    expect(await surplus(4)).toBe(4);
  });

  test('the same seed gives the same mazes, another seed others', async () => {
    const [a, b, c] = await Promise.all([1, 1, 2].map(seed => generateMazes({ size: 8, train: 4, test: 2, seed })));
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });

  test('more than there are is an error with both numbers', async () => {
    const failure = await rejectionOf(generateMazes({ size: 5, train: 100_000, test: 0, minPath: 12, seed: 0 }));
    expect(failure.code).toBe('not-enough');
    expect(failure.message).toMatch(/Found \d+ different 5 x 5 mazes whose one shortest way has at least 12 cells, 100000 asked for/);
    expect((await rejectionOf(generateMazes({ size: 99, train: 1, test: 1, seed: 0 }))).message).toContain('size: 99: expected 5 to 40');
  });

  test('a fingerprint is equal for symmetric copies and for nothing else', async () => {
    const { train } = await generateMazes({ size: 7, train: 20, test: 0, seed: 5 });
    for (const { question } of train) for (const symmetry of dihedrals) expect(wallsFingerprint(7, turnBoard(7, question, symmetry))).toBe(wallsFingerprint(7, question));
    expect(new Set(train.map(({ question }) => wallsFingerprint(7, question))).size).toBe(20);
  });
});

const row = (asked: string, answered: string) => mazeRow(5)(asked.padEnd(25, '#'), answered.padEnd(25, '#'));

describe('mazes in CSV rows', () => {
  test('a good row', () => {
    const { solution } = row('#S   #### ##G  ', '#Sooo####o##Goo');
    expect(shown(5, solution)).toBe('#Sooo####o##Goo'.padEnd(25, '#'));
  });

  test.each([
    ['#S   #### ##GX ', '#Sooo####o##Goo', "question has 'X' at cell 14"],
    ['#S   #### ##   ', '#Sooo####o##   ', 'question has 0 times G'],
    ['#SS  #### ##G  ', '#SSoo####o##Goo', 'question has 2 times S'],
    ['#S   #### ##G  ', '#Sooo####o##oGo', "answer has 'o' at cell 13, where question has 'G'"],
    ['#S   #### ##G  ', '#Sooo#### ##Goo', "answer's 5 cells 'o' are no single way from S to G"],
    ['#S   #### ##G  ', '#S   #### ##G  ', "answer's 0 cells 'o' are no single way from S to G"],
  ])('%j, %j is refused', (asked, answered, says) => {
    expect(() => row(asked, answered)).toThrow(BadRow);
    expect(() => row(asked, answered)).toThrow(says);
  });

  test('another length is refused', () => {
    expect(() => mazeRow(5)('#'.repeat(25), '#'.repeat(24))).toThrow('answer has 24 cells, expected 25');
  });
});

describe('maze datasets', () => {
  test('all eight copies are stored in the published order, test mazes as they are', async () => {
    const home = temporaryFolder();
    const generated = await generateMazes({ size: 6, train: 3, test: 2, minPath: 8, seed: 0 });
    const csv = ({ question: asked, solution }: (typeof generated.train)[number]) => `maze,${shown(6, asked)},${shown(6, solution)},0`;
    for (const split of ['train', 'test'] as const) writeFileSync(join(home, `${split}.csv`), ['source,question,answer,rating', ...generated[split].map(csv), ''].join('\n'));
    const report = await buildMaze({ size: 6, from: { csv: { train: { path: join(home, 'train.csv') }, test: { path: join(home, 'test.csv') } } }, copies: 7, seed: 0 }, join(home, 'data'));
    expect(report).toMatchObject({ train: { groups: 3, puzzles: 24, examples: 24 }, test: { groups: 2, puzzles: 2 } });
    expect(report.notes[0]).toMatch(/^shortest ways of \d+ to \d+ cells, [\d.]+ on average$/);
    const train = openSplit([join(home, 'data')], 'train');
    expect(train.metadata).toEqual({ ...mazeFormat(6), total_groups: 3, total_puzzles: 3, mean_puzzle_examples: 1, sets: ['all'] });
    const tokens = new Int32Array(36);
    for (let example = 0; example < 24; example++) {
      train.readInputs(example, tokens);
      const original = generated.train[Math.floor(example / 8)]!;
      expect([...tokens]).toEqual([...applyDihedral(dihedrals[example % 8]!, { rows: 6, cols: 6, cells: original.question }).cells]);
      train.readLabels(example, tokens);
      expect([...tokens]).toEqual([...turnBoard(6, original.solution, dihedrals[example % 8]!)]);
    }
    train.close();
  });

  test('a config makes them, and draws symmetries on the fly', async () => {
    const home = temporaryFolder();
    const spec = datasetSpecSchema.parse({ kind: 'maze', size: 7, train: 5, test: 3, min_path: 9 });
    const report = await buildDataset(spec, join(home, 'data'), { configFolder: home });
    expect(report).toMatchObject({ train: { groups: 5, puzzles: 5 }, test: { groups: 3 } });
    const split = openSplit([join(home, 'data')], 'train');
    const augment = rowAugmentation(spec, split.metadata)!;
    const stream = RandomStream.named(0, 'test');
    const inputs = new Int32Array(49);
    const labels = new Int32Array(49);
    const seen = new Set<string>();
    for (let draw = 0; draw < 60; draw++) {
      split.readInputs(0, inputs);
      split.readLabels(0, labels);
      const before = wallsFingerprint(7, inputs);
      augment(inputs, labels, stream);
      expect(wallsFingerprint(7, inputs)).toBe(before);
      expect([...solveMaze(7, inputs).tokens!]).toEqual([...labels]);
      seen.add(inputs.join());
    }
    expect(seen.size).toBe(8);
    split.close();
  });
});
