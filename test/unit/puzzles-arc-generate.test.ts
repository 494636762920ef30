// Generated ARC-like tasks: the rules by hand-made cases, what holds for every task, and the dataset they become.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { configSchema, datasetSpecSchema } from '../../src/config/schema';
import { resolveConfig } from '../../src/config/resolve';
import { parseName, restoreGrid } from '../../src/puzzles/arc-augment';
import { arcSideOf, cropArc, encodeArc, gridKey, gridRows } from '../../src/puzzles/arc-board';
import { generateArcTasks, gridFingerprint, pairCounts } from '../../src/puzzles/arc-generate';
import { arcRuleFamilies } from '../../src/puzzles/arc-rules';
import { readArcTasks } from '../../src/puzzles/arc-tasks';
import { buildDataset } from '../../src/puzzles/build-dataset';
import { dataFacts } from '../../src/puzzles/data-facts';
import { applyDihedral, dihedrals } from '../../src/puzzles/dihedral';
import type { Grid } from '../../src/puzzles/dihedral';
import { gridShape } from '../../src/puzzles/grid';
import { openSplit } from '../../src/puzzles/read-dataset';
import { RandomStream } from '../../src/random/stream';
import { gridOf } from './arc-example';
import { rejectionOf, temporaryFolder } from './puzzles-fixture';

type FamilyName = keyof typeof arcRuleFamilies;
const lines = (grid: Grid): string[] => gridRows(grid).map(row => row.join(''));
const familyOf = (id: string): FamilyName => id.slice(0, id.lastIndexOf('-')) as FamilyName;

/** The different things that a family's rules make of a grid. */
const outcomes = (family: FamilyName, input: readonly string[]): string[] => {
  const made = Array.from({ length: 100 }, (_, i) => lines(arcRuleFamilies[family](RandomStream.named(i, 'rule'), 8).apply(gridOf(input))).join(' '));
  return [...new Set(made)].sort();
};

describe('rules', () => {
  test.each<[FamilyName, string[], string[]]>([
    ['mirror', ['123', '456'], ['321 654', '456 123']],
    ['turn', ['123', '456'], ['36 25 14', '41 52 63', '654 321']],
    ['fall', ['102', '030', '000'], ['000 000 132', '132 000 000', '012 003 000', '120 300 000']],
    ['crop', ['0000', '0120', '0040', '0000'], ['12 04']],
    ['zoom', ['12', '03'], ['1122 1122 0033 0033']],
  ])('%s', (family, input, expected) => expect(outcomes(family, input)).toEqual([...expected].sort()));

  test('recolour exchanges one colour for one other, frame and fill put in one of the nine', () => {
    for (const after of outcomes('recolour', ['12', '34'])) expect(Array.from(after.replace(' ', ''), Number).filter((colour, cell) => colour !== cell + 1).length).toBeLessThanOrEqual(1);
    expect(outcomes('recolour', ['1']).length).toBeGreaterThan(4);
    expect(outcomes('frame', ['0000', '0120', '0340', '0000'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map(c => `${c}${c}${c}${c} ${c}12${c} ${c}34${c} ${c}${c}${c}${c}`));
    // The hole in the middle is enclosed; the one at the edge is not, nor what it leads to.
    expect(outcomes('fill', ['11111', '10110', '11010', '11110'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map(c => `11111 1${c}110 11${c}10 11110`));
  });
});

describe('tasks', () => {
  const size = 8;
  const count = { train: 56, test: 24 };
  const generate = (seed = 0) => generateArcTasks({ size, ...count, seed });

  test('every output is its input by one rule of the family, which is not the input itself', async () => {
    const { training, evaluation } = await generate();
    for (const { id, train, test: asked } of [...training, ...evaluation]) {
      // The rule drawn for a task is not kept: one that explains the pairs shown must answer what is asked.
      const rules = Array.from({ length: 300 }, (_, i) => arcRuleFamilies[familyOf(id)](RandomStream.named(i, 'rule'), size));
      const explaining = rules.filter(rule => train.every(({ input, output }) => gridKey(rule.apply(input)) === gridKey(output)));
      expect(explaining.length, id).toBeGreaterThan(0);
      for (const rule of explaining) for (const { input, output } of asked) expect(gridKey(rule.apply(input)), id).toBe(gridKey(output));
      for (const { input, output } of [...train, ...asked]) expect(gridKey(input)).not.toBe(gridKey(output));
    }
  });

  test('names, counts and sizes', async () => {
    const { training, evaluation } = await generate();
    const all = [...training, ...evaluation];
    expect([training.length, evaluation.length]).toEqual([56, 24]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(80);
    for (const tasks of [training, evaluation]) expect(new Set(tasks.map(({ id }) => familyOf(id)))).toEqual(new Set(Object.keys(arcRuleFamilies)));
    expect(all.map(({ train, test: asked }) => ({ shown: train.length, asked: asked.length }))).toEqual(all.map((_, index) => pairCounts(index)));
    expect(new Set(all.map(({ train }) => train.length))).toEqual(new Set([3, 4]));
    expect(new Set(all.map(({ test: asked }) => asked.length))).toEqual(new Set([1, 2]));
    for (const { train, test: asked } of all) {
      for (const { rows, cols, cells } of [...train, ...asked].flatMap(({ input, output }) => [input, output])) {
        expect(cells.length).toBe(rows * cols);
        expect(Math.min(rows, cols)).toBeGreaterThanOrEqual(1);
        expect(Math.max(rows, cols)).toBeLessThanOrEqual(size);
        expect(Math.max(...cells)).toBeLessThanOrEqual(9);
      }
    }
  });

  test('no input is a turned, mirrored or recoloured copy of another', async () => {
    const { training, evaluation } = await generate();
    const inputs = [...training, ...evaluation].flatMap(({ train, test: asked }) => [...train, ...asked].map(({ input }) => input));
    expect(new Set(inputs.map(gridFingerprint)).size).toBe(inputs.length);
    const grid = gridOf(['120', '003']);
    const copies = dihedrals.map(symmetry => gridFingerprint(applyDihedral(symmetry, gridOf(['940', '001']))));
    expect(new Set([gridFingerprint(grid), ...copies]).size).toBe(1);
    for (const other of [['120', '001'], ['120', '300'], ['102', '003']]) expect(gridFingerprint(gridOf(other))).not.toBe(gridFingerprint(grid));
  });

  test('the same seed gives the same tasks, another seed others', async () => {
    expect(await generate()).toEqual(await generate());
    expect(await generate(1)).not.toEqual(await generate());
  });

  test('more than there are is an error with both numbers; a build can be stopped', async () => {
    const failure = await rejectionOf(generateArcTasks({ size: 6, train: 12_000, test: 1, seed: 0 }));
    expect(failure.code).toBe('not-enough');
    expect(failure.message).toMatch(/^Found \d+ different tasks with grids of at most 6 x 6, 12001 asked for \(train 12000 \+ test 1\): there are no further inputs for the rule \w+\.$/);
    await expect(generateArcTasks({ size: 30, train: 5000, test: 1, seed: 0 }, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('the dataset', () => {
  test('is in the published layout on its own canvas, and every row restores to its pair', async () => {
    const folder = path.join(temporaryFolder(), 'data');
    const spec = datasetSpecSchema.parse({ kind: 'arc_like', size: 8, train: 16, test: 8, augment: 2 });
    const progress: number[] = [];
    const report = await buildDataset(spec, folder, { configFolder: '.', onProgress: ({ fraction }) => progress.push(fraction) });
    expect(report.train).toMatchObject({ groups: 24, puzzles: 72 });
    expect(report.test).toEqual({ groups: 8, puzzles: 24, examples: 24 });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));

    const config = resolveConfig(configSchema.parse({ arch: 'trm', data_paths: ['data'], dataset: spec }));
    const expected = { vocab_size: 12, seq_len: 64, num_puzzle_identifiers: 73, total_groups: 24, mean_puzzle_examples: report.train!.examples / 72 };
    expect(dataFacts(config, path.join(folder, 'not-built', 'c.trm.yaml'))).toMatchObject(expected);
    expect(dataFacts(config, path.join(folder, '..', 'c.trm.yaml'))).toEqual(expected);

    const { training, evaluation } = await generateArcTasks({ size: 8, train: 16, test: 8, seed: 0 });
    const names = JSON.parse(readFileSync(path.join(folder, 'identifiers.json'), 'utf8')) as string[];
    const written = readArcTasks(path.join(folder, 'test_puzzles.json'));
    expect(written).toEqual({ tasks: evaluation, solved: true });
    for (const split of ['train', 'test'] as const) {
      const rows = openSplit([folder], split);
      expect(arcSideOf(rows.metadata)).toBe(8);
      expect(gridShape(rows.metadata)).toEqual({ kind: 'arc', rows: 8, cols: 8 });
      const tokens = new Int32Array(64);
      rows.puzzleIdentifiers.forEach((identifier, puzzle) => {
        const { task, augmentation } = parseName(names[identifier]!)!;
        const { train, test: asked } = [...training, ...evaluation].find(({ id }) => id === task)!;
        const pairs = split === 'test' ? asked : evaluation.some(({ id }) => id === task) ? train : [...train, ...asked];
        pairs.forEach((pair, index) => {
          rows.readInputs(rows.puzzleIndices[puzzle]! + index, tokens);
          const first = tokens.findIndex(token => token > 1);
          const moved = { row: Math.floor(first / 8), column: first % 8 };
          if (split === 'test') expect(moved).toEqual({ row: 0, column: 0 });
          const still = Int32Array.from({ length: 64 }, (_, cell) => ((cell % 8) + moved.column < 8 ? tokens[cell + first] ?? 0 : 0));
          const grid = cropArc(still);
          expect(gridKey(augmentation ? restoreGrid(augmentation, grid) : grid)).toBe(gridKey(pair.input));
        });
        expect(rows.puzzleIndices[puzzle + 1]! - rows.puzzleIndices[puzzle]!).toBe(pairs.length);
      });
      rows.close();
    }
  });

  test('a canvas may be smaller than the published one, but not than 6', () => {
    expect([36, 64, 900, 25, 961, 63].map(seq_len => arcSideOf({ vocab_size: 12, seq_len }))).toEqual([6, 8, 30, undefined, undefined, undefined]);
    expect(arcSideOf({ vocab_size: 11, seq_len: 81 })).toBeUndefined();
    expect([...encodeArc(gridOf(['12', '34']), 1, 4, 6)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => encodeArc(gridOf(['12']), 0, 5, 6)).toThrow(RangeError);
  });
});
