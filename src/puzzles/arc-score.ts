/**
 * Scoring ARC, as published: every prediction for an augmented test input is cropped and mapped back through its
 * augmentation, and votes for the answer to the test input it came from. A task scores the share of its test inputs that
 * are answered within K tries.
 */
import type { ArcAugmentation } from './arc-augment';
import { restoreGrid } from './arc-augment';
import { cropArc, gridKey, gridRows } from './arc-board';
import type { ArcTask } from './arc-tasks';
import { Ballot } from './ballot';
import type { Grid } from './dihedral';

/** Tries for which scores are given. */
export const passKs = [1, 2, 5, 10, 100, 1000] as const;

/** A score at K tries. */
export interface PassAt {
  readonly k: number;
  /** Mean over tasks of the share of their test inputs answered within K tries. */
  readonly score: number;
  /** Tasks with all, and test inputs with a right answer within K tries. */
  readonly tasks: number;
  readonly inputs: number;
}

/** Two attempts per test input of each task. */
export type Submission = Record<string, { attempt_1: number[][]; attempt_2: number[][] }[]>;

/** The cropped grid of a canvas, as it was before the augmentation. */
function restored(canvas: ArrayLike<number>, augmentation: ArcAugmentation | undefined): Grid {
  const crop = cropArc(canvas);
  return augmentation ? restoreGrid(augmentation, crop) : crop;
}

/** Collects predictions for the test inputs of tasks and scores them. */
export class ArcScore {
  private readonly ballots = new Map<string, Map<string, Ballot<Grid>>>();
  /** Predictions counted, and those that belong to no test input. */
  readonly counts = { votes: 0, stray: 0 };

  constructor(private readonly tasks: readonly ArcTask[]) {
    for (const { id, test } of tasks) this.ballots.set(id, new Map(test.map(({ input }) => [gridKey(input), new Ballot<Grid>()])));
  }

  /** A prediction for a copy of a task's test input: both canvases of tokens; `p` is the halting probability. */
  add(task: string, augmentation: ArcAugmentation | undefined, input: ArrayLike<number>, prediction: ArrayLike<number>, p: number): void {
    const ballot = this.ballots.get(task)?.get(gridKey(restored(input, augmentation)));
    if (!ballot) {
      this.counts.stray++;
      return;
    }
    const answer = restored(prediction, augmentation);
    ballot.cast(gridKey(answer), answer, p);
    this.counts.votes++;
  }

  private *ranked(task: ArcTask): Generator<{ truth: string; grids: readonly Grid[] }> {
    for (const { input, output } of task.test) yield { truth: gridKey(output), grids: this.ballots.get(task.id)!.get(gridKey(input))!.ranked().map(({ answer }) => answer) };
  }

  /** Scores at every K, and how many test inputs there are in all. */
  scores(): { passAt: PassAt[]; tasks: number; inputs: number } {
    const totals = passKs.map(k => ({ k, shares: 0, tasks: 0, inputs: 0 }));
    let inputs = 0;
    for (const task of this.tasks) {
      // The place of the right answer among each input's candidates, from 0; Infinity when it is not among them.
      const places = Array.from(this.ranked(task), ({ truth, grids }) => {
        const place = grids.findIndex(grid => gridKey(grid) === truth);
        return place < 0 ? Infinity : place;
      });
      inputs += places.length;
      for (const total of totals) {
        const right = places.filter(place => place < total.k).length;
        total.inputs += right;
        total.shares += right / places.length;
        total.tasks += Number(right === places.length);
      }
    }
    const passAt = totals.map(({ k, shares, tasks, inputs: right }) => ({ k, score: this.tasks.length === 0 ? 0 : shares / this.tasks.length, tasks, inputs: right }));
    return { passAt, tasks: this.tasks.length, inputs };
  }

  /** The best two answers to every test input; the second is the first again where there is no other, and an empty grid where there is none. */
  submission(): Submission {
    return Object.fromEntries(this.tasks.map(task => [task.id, Array.from(this.ranked(task), ({ grids }) => {
      const [first, second] = grids.map(gridRows);
      return { attempt_1: first ?? [], attempt_2: second ?? first ?? [] };
    })]));
  }
}
