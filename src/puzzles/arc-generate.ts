/**
 * Tasks in the manner of ARC-AGI's: a rule, three or four pairs that show it, and one or two inputs to be solved by it. No
 * input of a dataset is a turned, mirrored or recoloured copy of another one, so that what is asked was nowhere shown.
 */
import { RandomStream } from '../random/stream';
import { arcColours, gridKey } from './arc-board';
import { arcRuleFamilies } from './arc-rules';
import type { ArcRule } from './arc-rules';
import type { ArcPair, ArcTask } from './arc-tasks';
import { applyDihedral, dihedrals } from './dihedral';
import type { Grid } from './dihedral';
import { DatasetError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';

/** What to generate. */
export interface ArcLikeOptions {
  /** Most rows and columns of a grid. */
  readonly size: number;
  readonly train: number;
  readonly test: number;
  readonly seed: number;
}

/** Tasks of both kinds. */
export interface GeneratedTasks {
  readonly training: ArcTask[];
  readonly evaluation: ArcTask[];
}

const families = Object.keys(arcRuleFamilies) as (keyof typeof arcRuleFamilies)[];

/** Tries in a row without a new input after which there are taken to be no more. */
const patience = 1000;

/** How many pairs task `index` has to show its rule, and how many to be solved. */
export function pairCounts(index: number): { shown: number; asked: number } {
  const round = Math.floor(index / families.length);
  return { shown: 3 + (round % 2), asked: round % 4 === 3 ? 2 : 1 };
}

/** Pairs that are training data: all of the training tasks, and those that show the rules of the others. */
export function trainingPairs({ train, test }: Pick<ArcLikeOptions, 'train' | 'test'>): number {
  let pairs = 0;
  for (let index = 0; index < train + test; index++) {
    const { shown, asked } = pairCounts(index);
    pairs += shown + (index < train ? asked : 0);
  }
  return pairs;
}

/** A string equal for two grids exactly when one is a turned or mirrored copy of the other with its colours, black apart, exchanged. */
export function gridFingerprint(grid: Grid): string {
  return dihedrals.map(symmetry => {
    const seen = applyDihedral(symmetry, grid);
    const names = new Uint8Array(arcColours);
    let named = 0;
    return gridKey({ ...seen, cells: seen.cells.map(colour => (colour === 0 ? 0 : names[colour] ||= ++named)) });
  }).reduce((least, other) => (other < least ? other : least));
}

/** A pair with an input that is no copy of a known one, and that the rule changes; undefined when none is found. */
function drawPair(rule: ArcRule, stream: RandomStream, known: Set<string>): ArcPair | undefined {
  for (let tries = 0; tries < patience; tries++) {
    const input = rule.draw(stream);
    const output = rule.apply(input);
    const fingerprint = gridFingerprint(input);
    if (known.has(fingerprint) || gridKey(input) === gridKey(output)) continue;
    known.add(fingerprint);
    return { input, output };
  }
  return undefined;
}

/**
 * Generates `train` tasks for training and `test` for evaluation, of all families in turn. The same options always give the
 * same tasks. Throws DatasetError `not-enough` when there are not that many different inputs, or the signal's reason.
 */
export async function generateArcTasks(options: ArcLikeOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<GeneratedTasks> {
  const { size, train, test, seed } = options;
  const total = train + test;
  const known = new Set<string>();
  const tasks: ArcTask[] = [];
  const pacer = new Pacer(work, 'Generating tasks', ...share);
  for (let index = 0; index < total; index++) {
    const family = families[index % families.length]!;
    const stream = RandomStream.named(seed, `arc-like-${size}`, index);
    const rule = arcRuleFamilies[family](stream, size);
    const { shown, asked } = pairCounts(index);
    const pairs: ArcPair[] = [];
    while (pairs.length < shown + asked) {
      const pair = drawPair(rule, stream, known);
      if (!pair) {
        throw new DatasetError(
          'not-enough',
          `Found ${index} different tasks with grids of at most ${size} x ${size}, ${total} asked for (train ${train} + test ${test}): there are no further inputs for the rule ${family}.`,
          'Ask for fewer, or for a larger size: turned, mirrored and recoloured inputs count as one.',
        );
      }
      pairs.push(pair);
    }
    tasks.push({ id: `${family}-${Math.floor(index / families.length) + 1}`, train: pairs.slice(0, shown), test: pairs.slice(shown) });
    await pacer.tick(index + 1, total);
  }
  pacer.finish(total);
  return { training: tasks.slice(0, train), evaluation: tasks.slice(train) };
}
