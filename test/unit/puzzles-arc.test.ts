// ARC-AGI: grids on the canvas, augmentation and its inverse, reading the published files, building the published layout.
import { mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetSpecSchema } from '../../src/config/schema';
import { augmentedName, augmentGrid, augmentPairs, drawAugmentation, pairsHash, parseName, restoreGrid } from '../../src/puzzles/arc-augment';
import { arcSide, cropArc, encodeArc, gridKey, gridRows } from '../../src/puzzles/arc-board';
import { arcLeak } from '../../src/puzzles/arc-leak';
import { readArcTasks } from '../../src/puzzles/arc-tasks';
import { arcPlanText, buildArc, readArcBuild } from '../../src/puzzles/build-arc';
import { buildDataset } from '../../src/puzzles/build-dataset';
import { dihedrals } from '../../src/puzzles/dihedral';
import type { Grid } from '../../src/puzzles/dihedral';
import { openSplit } from '../../src/puzzles/read-dataset';
import { RandomStream } from '../../src/random/stream';
import { failureOf, rejectionOf, temporaryFolder } from './puzzles-fixture';
import { gridOf, writeArcFiles } from './arc-example';

const drawn = (stream: RandomStream): Grid => {
  const [rows, cols] = [stream.integer(1, 30), stream.integer(1, 30)];
  return { rows, cols, cells: Uint8Array.from({ length: rows * cols }, () => stream.integer(0, 9)) };
};

describe('the canvas', () => {
  test('a grid has a row of EOS under it and a column to its right, but no corner', () => {
    const tokens = encodeArc(gridOf(['12', '30', '99']));
    const row = (r: number) => [...tokens.subarray(r * arcSide, r * arcSide + 4)];
    expect([0, 1, 2, 3, 4].map(row)).toEqual([[3, 4, 1, 0], [5, 2, 1, 0], [11, 11, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]);
    const moved = encodeArc(gridOf(['12', '30', '99']), 27, 28); // at the lower right: no room for EOS
    expect([...moved.subarray(27 * arcSide + 27, 27 * arcSide + 30)]).toEqual([0, 3, 4]);
    expect(moved.includes(1)).toBe(false);
    expect(() => encodeArc(gridOf(['12']), 0, 29)).toThrow(RangeError);
  });

  test('crop(encode(grid)) = grid, for grids of every side', () => {
    const stream = RandomStream.named(0, 'crop');
    for (let i = 0; i < 300; i++) {
      const grid = drawn(stream);
      expect(gridKey(cropArc(encodeArc(grid)))).toBe(gridKey(grid));
    }
    for (let side = 1; side <= arcSide; side++) {
      const full: Grid = { rows: side, cols: arcSide, cells: new Uint8Array(side * arcSide).fill(side % 10) };
      expect(cropArc(encodeArc(full))).toEqual(full);
    }
  });

  test('cropping takes the largest rectangle of colours at the top left; PAD and EOS both end it', () => {
    const canvas = (lines: string[]) => {
      const tokens = new Uint8Array(900);
      lines.forEach((line, row) => Array.from(line).forEach((shown, column) => (tokens[row * arcSide + column] = shown === '.' ? 0 : shown === '|' ? 1 : Number(shown) + 2)));
      return gridRows(cropArc(tokens)).map(row => row.join(''));
    };
    expect(canvas(['111|', '11.1', '11|'])).toEqual(['11', '11', '11']);
    expect(canvas(['11111|', '1|'])).toEqual(['11111']);
    expect(canvas(['12', '3.'])).toEqual(['12']); // 1 x 2 and 2 x 1: the one found first
    expect(canvas(['.111', '1111'])).toEqual([]);
    expect(canvas(['|'])).toEqual([]);
  });
});

describe('augmentation', () => {
  test('what was augmented is restored, by every symmetry and through its name', () => {
    const stream = RandomStream.named(1, 'augment');
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const grid = drawn(stream);
      const augmentation = drawAugmentation(stream);
      seen.add(augmentation.symmetry);
      expect(augmentation.colours[0]).toBe(0);
      const parsed = parseName(augmentedName('00576224', augmentation))!;
      expect(parsed).toEqual({ task: '00576224', augmentation });
      expect(gridKey(restoreGrid(parsed.augmentation!, augmentGrid(augmentation, grid)))).toBe(gridKey(grid));
    }
    expect(seen.size).toBe(8);
    for (const symmetry of dihedrals) {
      const grid = gridOf(['12', '34', '56']);
      const augmentation = { symmetry, colours: Uint8Array.of(0, 3, 1, 2, 9, 5, 6, 7, 8, 4) };
      expect(restoreGrid(augmentation, augmentGrid(augmentation, grid))).toEqual(grid);
    }
  });

  test('names are the published ones, and others are not understood', () => {
    expect(augmentedName('a1', { symmetry: 3, colours: Uint8Array.of(0, 2, 1, 3, 4, 5, 6, 7, 8, 9) })).toBe('a1|||t3|||0213456789');
    expect(parseName('a1')).toEqual({ task: 'a1', augmentation: undefined });
    for (const name of ['a|||t8|||0123456789', 'a|||t1|||012345678', 'a|||t1|||0123456788', 'a|||b', 'a|||t1|||01234567x9']) expect(parseName(name)).toBeUndefined();
  });

  test('copies differ from each other and from the task, and are as many as there are', () => {
    const rich = [{ input: gridOf(['123', '456']), output: gridOf(['78']) }, { input: gridOf(['9']), output: gridOf(['10']) }];
    const copies = [...augmentPairs(rich, 40, RandomStream.named(0, 'x'))];
    expect(copies).toHaveLength(40);
    expect(new Set([pairsHash(rich), ...copies.map(({ pairs }) => pairsHash(pairs))]).size).toBe(41);
    const plain = [{ input: gridOf(['00', '00']), output: gridOf(['5']) }]; // eight colours are left, and no symmetry shows
    expect([...augmentPairs(plain, 40, RandomStream.named(0, 'x'))]).toHaveLength(8);
    expect(pairsHash([rich[1]!, rich[0]!])).toBe(pairsHash(rich));
  });
});

describe('reading tasks', () => {
  const write = (challenges: unknown, solutions?: unknown) => {
    const folder = temporaryFolder();
    const [path, solved] = [join(folder, 'c.json'), join(folder, 's.json')];
    writeFileSync(path, typeof challenges === 'string' ? challenges : JSON.stringify(challenges));
    if (solutions !== undefined) writeFileSync(solved, JSON.stringify(solutions));
    return { path, solved };
  };
  const pair = { input: [[1]], output: [[2]] };
  const task = { train: [pair], test: [{ input: [[3]] }] };

  test('solutions come from their file, from the task itself, or are unknown', () => {
    const split = write({ a: task }, { a: [[[4]]] });
    expect(readArcTasks(split.path, split.solved)).toMatchObject({ solved: true, tasks: [{ id: 'a', test: [{ output: { rows: 1, cols: 1, cells: Uint8Array.of(4) } }] }] });
    const whole = write({ a: { train: [pair], test: [pair] } });
    expect(readArcTasks(whole.path)).toMatchObject({ solved: true, tasks: [{ test: [{ output: { cells: Uint8Array.of(2) } }] }] });
    expect(readArcTasks(write({ a: task }).path)).toMatchObject({ solved: false, tasks: [{ test: [{ output: { cells: Uint8Array.of(0) } }] }] });
  });

  test.each([
    ['[1]', 'expected a mapping of tasks'],
    ['{', 'not JSON'],
    [{}, 'holds no tasks'],
    [{ a: [] }, 'task "a": expected a mapping'],
    [{ a: { ...task, train: [] } }, 'task "a", train pair: expected a list of at least one pair'],
    [{ a: { ...task, train: [{ input: [[1]] }] } }, 'task "a", train pair 1 output: expected rows of numbers, found nothing'],
    [{ a: { ...task, train: [pair, { input: [[1], [1, 2]], output: [[1]] }] } }, 'task "a", train pair 2 input: row 2 has 2 columns, expected 1 as in row 1'],
    [{ a: { ...task, train: [{ input: Array(31).fill([1]), output: [[1]] }] } }, 'train pair 1 input: 31 rows, expected 1 to 30'],
    [{ a: { ...task, train: [{ input: [Array(31).fill(1)], output: [[1]] }] } }, 'train pair 1 input: 31 columns, expected 1 to 30'],
    [{ a: { ...task, train: [{ input: [[1, 10]], output: [[1]] }] } }, 'row 1, column 2 is 10, expected a colour of 0 to 9'],
    [{ a: { ...task, train: [{ input: [['1']], output: [[1]] }] } }, 'row 1, column 1 is "1", expected a colour'],
    [{ 'a|||b': task }, "'|||' cannot be part of a name"],
  ])('%j is refused', (challenges, says) => {
    const { path } = write(challenges);
    const failure = failureOf(() => readArcTasks(path));
    expect(failure.message).toContain(path);
    expect(failure.message).toContain(says);
  });

  test('solutions must be one for each test pair', () => {
    const { path, solved } = write({ a: task }, { a: [[[4]], [[5]]] });
    expect(failureOf(() => readArcTasks(path, solved)).message).toBe(`${solved}: task "a": 2 solutions, expected one for each of its test pairs`);
    expect(failureOf(() => readArcTasks(join(temporaryFolder(), 'none.json'))).code).toBe('missing');
  });

  test('a grid of 10,000 x 10,000, or one of megabytes, is refused at once', () => {
    const { path } = write('{');
    truncateSync(path, 200_000_000); // as many bytes as such a grid has at least
    const before = process.memoryUsage().rss;
    const started = performance.now();
    expect(failureOf(() => readArcTasks(path)).message).toContain('has 200000000 bytes, expected at most');
    const wide = write(`{"a": {"train": [{"input": [${Array(2000).fill(`[${'1,'.repeat(1999)}1]`).join()}], "output": [[1]]}], "test": []}}`);
    expect(failureOf(() => readArcTasks(wide.path)).message).toContain('2000 rows, expected 1 to 30');
    const deep = write('{"a":'.repeat(100_000));
    expect(failureOf(() => readArcTasks(deep.path)).message).toContain('not JSON');
    expect(performance.now() - started).toBeLessThan(2000);
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
  });
});

describe('building', () => {
  const folder = temporaryFolder();
  const files = writeArcFiles(join(folder, 'json'));
  const build = (over: object = {}) => readArcBuild({ files, subsets: ['training', 'evaluation', 'concept'], testSet: 'evaluation', copies: 10, seed: 0, ...over });

  test('every task with its copies, in the published layout', async () => {
    const read = build();
    expect(read.plan).toMatchObject({ tasks: 4, puzzles: 44, examples: (3 + 4 + 5 + 2) * 11 });
    expect(arcPlanText(read.plan)).toBe('4 tasks, at most 44 puzzles with their copies and 154 examples: 0 MB');
    const data = join(folder, 'data');
    const report = await buildArc(read, data);
    // Tasks: training 1 (2 train, 1 test pair), evaluation 2 (3 + 1, 3 + 2), concept 1 (1 + 1): of the evaluation tasks only the train pairs are training data.
    expect(report.train).toEqual({ groups: 4, puzzles: 44, examples: (3 + 3 + 3 + 2) * 11 });
    expect(report.test).toEqual({ groups: 2, puzzles: 22, examples: (1 + 2) * 11 });
    expect(report.notes).toEqual(['tasks: training 1, evaluation 2, concept 1; 45 identifiers, the blank one included']);
    expect(report.warnings).toEqual([]);

    const names = JSON.parse(readFileSync(join(data, 'identifiers.json'), 'utf8')) as string[];
    expect(names).toHaveLength(45);
    expect(names[0]).toBe('<blank>');
    expect(new Set(names).size).toBe(45);
    const [train, test] = [openSplit([data], 'train'), openSplit([data], 'test')];
    expect(test.metadata).toEqual({ pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size: 12, seq_len: 900, num_puzzle_identifiers: 45, total_groups: 2, total_puzzles: 22, mean_puzzle_examples: 1.5, sets: ['all'] });
    expect(train.metadata).toMatchObject({ num_puzzle_identifiers: 45, total_groups: 4, total_puzzles: 44, mean_puzzle_examples: 2.75 });

    // Each row, restored by the name of its puzzle, is the pair it came from.
    const tasks = new Map(read.read.flatMap(subset => subset.tasks).map(task => [task.id, task]));
    const tokens = new Int32Array(900);
    let moved = 0;
    for (const [split, isTest] of [[train, false], [test, true]] as const) {
      for (let puzzle = 0; puzzle < split.puzzleIdentifiers.length; puzzle++) {
        const { task, augmentation } = parseName(names[split.puzzleIdentifiers[puzzle]!]!)!;
        const { train: shown, test: asked } = tasks.get(task)!;
        const expected = isTest ? asked : task.startsWith('eval') ? shown : [...shown, ...asked];
        const first = split.puzzleIndices[puzzle]!;
        expect(split.puzzleIndices[puzzle + 1]! - first).toBe(expected.length);
        let still = 0;
        expected.forEach((pair, index) => {
          const [input, label] = (['readInputs', 'readLabels'] as const).map(read => {
            split[read](first + index, tokens);
            return tokens.map(token => Math.max(0, token)); // PAD is an ignored label
          });
          const at = input!.findIndex(token => token > 1);
          const corner = Math.floor(at / arcSide) * arcSide + Math.min(at % arcSide, label!.findIndex(token => token > 1) % arcSide);
          if (corner === 0) still++; else moved++;
          const back = (canvas: Int32Array) => {
            const crop = cropArc(Int32Array.from({ length: 900 }, (_, cell) => ((cell % arcSide) + (corner % arcSide) < arcSide ? canvas[cell + corner] ?? 0 : 0)));
            return gridKey(augmentation ? restoreGrid(augmentation, crop) : crop);
          };
          expect([back(input!), back(label!)]).toEqual([gridKey(pair.input), gridKey(pair.output)]);
        });
        expect(still).toBeGreaterThanOrEqual(isTest ? expected.length : 1);
      }
    }
    expect(moved).toBeGreaterThan(60); // of 77 training rows that may move
    expect(readArcTasks(join(data, 'test_puzzles.json')).tasks.map(({ id }) => id)).toEqual(['eval-one', 'eval-two']);
    train.close();
    test.close();
  });

  test('the same seed gives the same bytes; a config says where the files are', async () => {
    const spec = datasetSpecSchema.parse({ kind: 'arc', files: 'json', augment: 3 });
    for (const name of ['a', 'b']) await buildDataset(spec, join(folder, name), { configFolder: folder });
    for (const file of readdirSync(join(folder, 'a', 'train'))) expect(readFileSync(join(folder, 'a', 'train', file)).equals(readFileSync(join(folder, 'b', 'train', file)))).toBe(true);
  });

  test('unknown solutions, a test set that is no subset and missing files are told', async () => {
    const unsolved = writeArcFiles(join(temporaryFolder(), 'json'), { solutions: false });
    const report = await buildArc(build({ files: unsolved, copies: 0 }), join(folder, 'unsolved'));
    expect(report.warnings).toContain('the solutions of evaluation are unknown: one black cell stands for each');
    expect(failureOf(() => build({ testSet: 'evaluation2' })).message).toContain('test_set evaluation2 is none of the subsets training, evaluation, concept');
    expect(failureOf(() => build({ subsets: ['evaluation', 'training2'] })).message).toContain('arc-agi_training2_challenges.json');
  });

  test('a dataset larger than the disk is refused before anything is written', async () => {
    const at = join(temporaryFolder(), 'huge');
    const failure = await rejectionOf(buildArc({ ...build(), plan: { tasks: 4, puzzles: 4, examples: 4, bytes: 1e18 } }, at));
    expect(failure.message).toMatch(/the dataset takes up to 1000000000\.0 GB, and [\d.]+ [GM]B are free there/);
  });

  test('ARC-1 and ARC-2 together are warned of: in one build, and in two folders', async () => {
    mkdirSync(join(folder, 'both'));
    const both = writeArcFiles(join(folder, 'both'), { more: { training2: { 'eval-one': 'evaluation', other: 'training' } } });
    const report = await buildArc(build({ files: both, subsets: ['evaluation', 'training2'], copies: 0 }), join(folder, 'mixed'));
    expect(report.warnings[0]).toMatch(/^1 tasks are in two subsets, 1 of them in the test set evaluation, .*must not be trained together/);
    await buildArc(build({ copies: 1 }), join(folder, 'one'));
    await buildArc(build({ files: both, subsets: ['training2'], testSet: 'training2', copies: 1 }), join(folder, 'two'));
    const [one, two, concept] = ['one', 'two', 'concept'].map(name => join(folder, name)) as [string, string, string];
    expect(arcLeak([one, two], [one, two])).toMatch(/^1 of the 2 test tasks of .*one are also tasks of .*two/);
    await buildArc(build({ subsets: ['concept'], testSet: 'concept', copies: 1 }), concept);
    expect(arcLeak([two, concept], [concept])).toBeUndefined();
    expect(arcLeak([one], [one])).toBeUndefined();
  });
});
