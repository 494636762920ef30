/**
 * ARC-AGI datasets, as published: every task with its augmented copies, each an identifier of its own; `train` pairs of all
 * tasks are training data, `test` pairs too unless the task belongs to the test set. Training grids are moved about the
 * canvas. 1,000 copies of ARC-AGI-1 are some 9 GB: what a build will take is known before it writes, and it streams. Tasks
 * are read from the published files or generated.
 */
import { existsSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RandomStream } from '../random/stream';
import { augmentedName, augmentPairs } from './arc-augment';
import { arcFormat, arcSide, encodeArc, gridRows } from './arc-board';
import { generateArcTasks } from './arc-generate';
import type { ArcLikeOptions } from './arc-generate';
import { readArcTasks } from './arc-tasks';
import type { ArcPair, ArcTask } from './arc-tasks';
import { DatasetError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';
import type { SplitName } from './read-dataset';
import { DatasetWriter } from './write-dataset';
import type { Example } from './write-dataset';
import type { BuildReport } from './write-splits';

/** The published subsets of each version, and the one whose test pairs are the test split; how many tasks they have in all, and how many pairs that are training data. */
export const arcVersions = {
  1: { subsets: ['training', 'evaluation', 'concept'], testSet: 'evaluation', tasks: 960, trainingPairs: 3988 },
  2: { subsets: ['training2', 'evaluation2', 'concept'], testSet: 'evaluation2', tasks: 1280, trainingPairs: 5573 },
} as const satisfies Record<number, { subsets: readonly string[]; testSet: string; tasks: number; trainingPairs: number }>;

/** How tasks become a dataset. */
interface ArcOptions {
  /** Augmented copies of each task. */
  readonly copies: number;
  readonly seed: number;
  /** Replace a dataset that is already there. */
  readonly overwrite?: boolean;
  /** Recorded beside the data in `built_from.json`. */
  readonly builtFrom?: unknown;
}

/** An ARC dataset to build from files. */
export interface ArcBuild extends ArcOptions {
  /** Folder with `arc-agi_<subset>_challenges.json` and `arc-agi_<subset>_solutions.json`. */
  readonly files: string;
  readonly subsets: readonly string[];
  readonly testSet: string;
}

/** What a build will write, at most: tasks that have fewer different copies than asked for take less. */
export interface ArcPlan {
  readonly tasks: number;
  readonly puzzles: number;
  readonly examples: number;
  readonly bytes: number;
}

/** The tasks of a subset. */
interface Subset {
  readonly name: string;
  readonly tasks: readonly ArcTask[];
  readonly solved: boolean;
}

/** A build whose tasks are there. */
export interface ReadArcBuild extends ArcOptions {
  readonly read: readonly Subset[];
  readonly testSet: string;
  /** Side of the canvas. */
  readonly side: number;
  readonly plan: ArcPlan;
}

function planned(build: Omit<ReadArcBuild, 'plan'>): ReadArcBuild {
  const all = build.read.flatMap(subset => subset.tasks);
  const puzzles = all.length * (build.copies + 1);
  const examples = all.reduce((sum, task) => sum + task.train.length + task.test.length, 0) * (build.copies + 1);
  return { ...build, plan: { tasks: all.length, puzzles, examples, bytes: examples * 2 * build.side ** 2 + puzzles * (2 * 4 + 40) } };
}

/** Reads the files of a build. Throws DatasetError. */
export function readArcBuild(build: ArcBuild): ReadArcBuild {
  if (!build.subsets.includes(build.testSet)) throw new DatasetError('bad-option', `test_set ${build.testSet} is none of the subsets ${build.subsets.join(', ')}.`, 'Name one of them.');
  const read = build.subsets.map(name => {
    const file = (what: string) => join(build.files, `arc-agi_${name}_${what}.json`);
    return { name, ...readArcTasks(file('challenges'), file('solutions')) };
  });
  return planned({ ...build, read, side: arcSide });
}

/** A build of generated tasks, on a canvas no larger than they need. Throws DatasetError, or the signal's reason. */
export async function generatedArcBuild({ size, train, test, ...build }: ArcOptions & ArcLikeOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<ReadArcBuild> {
  const tasks = await generateArcTasks({ size, train, test, seed: build.seed }, work, share);
  const read = (['training', 'evaluation'] as const).map(name => ({ name, tasks: tasks[name], solved: true }));
  return planned({ ...build, read, testSet: 'evaluation', side: size });
}

const gigabytes = (bytes: number): string => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

/** A plan in words. */
export function arcPlanText({ tasks, puzzles, examples, bytes }: ArcPlan): string {
  return `${tasks} tasks, at most ${puzzles} puzzles with their copies and ${examples} examples: ${gigabytes(bytes)}`;
}

/** Throws DatasetError `unwritable` when a plan does not fit the disk of `folder`. */
function checkRoom({ bytes }: ArcPlan, folder: string): void {
  let parent = dirname(folder);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize >= bytes) return;
  throw new DatasetError('unwritable', `${folder}: the dataset takes up to ${gigabytes(bytes)}, and ${gigabytes(bavail * bsize)} are free there.`, 'Ask for fewer copies, or choose a folder on another disk.');
}

/** A pair and where it goes. */
interface PlacedPair extends ArcPair {
  readonly split: SplitName;
}

/** Pairs as rows on a canvas of this side. With a stream all but one of them, chosen at random, are moved about it. */
function rowsOf(pairs: readonly ArcPair[], side: number, stream?: RandomStream): Example[] {
  const still = stream ? stream.integer(0, pairs.length - 1) : -1;
  return pairs.map(({ input, output }, index) => {
    const place = (along: 'rows' | 'cols'): number => (stream && index !== still ? stream.integer(0, side - Math.max(input[along], output[along])) : 0);
    const [row, column] = [place('rows'), place('cols')];
    return { inputs: encodeArc(input, row, column, side), labels: encodeArc(output, row, column, side) };
  });
}

const pairJson = ({ input, output }: ArcPair): unknown => ({ input: gridRows(input), output: gridRows(output) });

/** A build in words, besides its counts. */
function notesOf(build: ReadArcBuild, identifiers: number, fewer: readonly number[]): string[] {
  return [
    `tasks: ${build.read.map(({ name, tasks }) => `${name} ${tasks.length}`).join(', ')}; ${identifiers} identifiers, the blank one included`,
    ...(fewer.length ? [`${fewer.length} tasks have fewer than ${build.copies} different copies, the fewest ${Math.min(...fewer)}`] : []),
  ];
}

function warningsOf(build: ReadArcBuild): string[] {
  const subsetsOf = new Map<string, string[]>();
  for (const { name, tasks } of build.read) for (const { id } of tasks) subsetsOf.set(id, [...(subsetsOf.get(id) ?? []), name]);
  const shared = [...subsetsOf.values()].filter(names => names.length > 1);
  const leaked = shared.filter(names => names.includes(build.testSet));
  return [
    ...build.read.filter(({ solved }) => !solved).map(({ name }) => `the solutions of ${name} are unknown: one black cell stands for each`),
    ...(shared.length ? [`${shared.length} tasks are in two subsets, ${leaked.length} of them in the test set ${build.testSet}, so that their solutions are training data: ARC-AGI-1 and ARC-AGI-2 must not be trained together`] : []),
  ];
}

/** Builds an ARC dataset at `folder`: all of it or, on any failure or abort, nothing. Throws DatasetError, or the signal's reason. */
export async function buildArc(build: ReadArcBuild, folder: string, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<BuildReport> {
  const started = performance.now();
  checkRoom(build.plan, folder);
  const writer = new DatasetWriter(folder, build.overwrite);
  try {
    const splits = { train: writer.split('train', arcFormat(1, build.side)), test: writer.split('test', arcFormat(1, build.side)) };
    const pacer = new Pacer(work, `Writing ${arcPlanText(build.plan)}`, ...share);
    const identifiers = ['<blank>'];
    const testTasks: [string, unknown][] = [];
    const fewer: number[] = [];
    let done = 0;
    for (const [subset, { name, tasks }] of build.read.entries()) {
      for (const [index, task] of tasks.entries()) {
        const testSplit: SplitName = name === build.testSet ? 'test' : 'train';
        const pairs: PlacedPair[] = [...task.train.map(pair => ({ ...pair, split: 'train' as const })), ...task.test.map(pair => ({ ...pair, split: testSplit }))];
        const copies = [...augmentPairs(pairs, build.copies, RandomStream.named(build.seed, 'arc-augment', subset, index))];
        if (copies.length < build.copies) fewer.push(copies.length);
        const first = identifiers.length;
        identifiers.push(task.id, ...copies.map(({ augmentation }) => augmentedName(task.id, augmentation)));
        const stream = RandomStream.named(build.seed, 'arc-place', subset, index);
        for (const split of ['train', 'test'] as const) {
          if (split === 'test' && testSplit === 'train') continue;
          const group = [pairs, ...copies.map(copy => copy.pairs)].map(all => all.filter(pair => pair.split === split));
          splits[split].addGroup(group.map((own, copy) => ({ identifier: first + copy, examples: rowsOf(own, build.side, split === 'train' ? stream : undefined) })));
        }
        if (testSplit === 'test') testTasks.push([task.id, { train: task.train.map(pairJson), test: task.test.map(pairJson) }]);
        await pacer.tick(++done, build.plan.tasks);
      }
    }
    for (const split of Object.values(splits)) split.finish({ num_puzzle_identifiers: identifiers.length });
    writer.json('identifiers.json', identifiers);
    writer.json('test_puzzles.json', Object.fromEntries(testTasks));
    if (build.builtFrom !== undefined) writer.json('built_from.json', build.builtFrom);
    writer.finish();
    pacer.finish(build.plan.tasks);
    return {
      folder, train: splits.train.counts, test: splits.test.counts, skipped: { count: 0, first: [] },
      notes: notesOf(build, identifiers.length, fewer), warnings: warningsOf(build), seconds: (performance.now() - started) / 1000,
    };
  } catch (thrown) {
    writer.abort();
    throw thrown;
  }
}
