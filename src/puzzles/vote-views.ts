/**
 * Test-time voting: each test puzzle is shown to the model as it is and in copies; the answers are brought back and vote.
 * For Sudoku and mazes the copies are symmetric ones drawn for the purpose; ARC has them in its dataset, with identifiers of
 * their own.
 */
import { RandomStream } from '../random/stream';
import { parseName } from './arc-augment';
import type { ArcAugmentation } from './arc-augment';
import { ArcScore } from './arc-score';
import type { ArcTask } from './arc-tasks';
import { Ballot } from './ballot';
import { IGNORE_LABEL_ID } from './dataset';
import type { DatasetSplit } from './dataset';
import { DatasetError } from './errors';
import { gridShape } from './grid';
import { copyOf, drawSymmetries, originalOf } from './token-symmetry';
import type { TokenSymmetry } from './token-symmetry';

/** What a model is shown. */
export interface View {
  readonly identifier: number;
  /** [L] */
  readonly inputs: Int32Array;
}

/** A vote to be held: views to show, and a place for the answers. */
export interface Vote {
  /** Views in all. */
  readonly views: number;
  /** View `index`. Throws DatasetError when its row cannot be read. */
  view(index: number): View;
  /** The model's answer to view `index`, [L], and the halting probability beside it. */
  add(index: number, prediction: ArrayLike<number>, p: number): void;
}

/** How many test puzzles were answered, out of `count`. */
export interface VotedCount {
  readonly count: number;
  /** By the vote. */
  readonly voted: number;
  /** By the puzzle as it is, without a vote; with several models, by the first one. */
  readonly alone: number;
}

/** A vote over symmetric copies of Sudoku boards or mazes. */
export class SymmetryVote implements Vote {
  readonly views: number;
  private readonly ballots: Ballot<Int32Array>[];
  private readonly alone: (boolean | undefined)[];
  private readonly symmetries: (TokenSymmetry | undefined)[][];

  /** `examples`: rows of the split, originals. The same seed draws the same copies. Throws DatasetError `bad-option`. */
  constructor(private readonly split: DatasetSplit, private readonly examples: Int32Array, private readonly copies: number, seed: number) {
    const shape = gridShape(split.metadata);
    this.symmetries = Array.from(examples, example => [undefined, ...drawSymmetries(shape, copies, RandomStream.named(seed, 'vote', example))]);
    this.ballots = Array.from(examples, () => new Ballot<Int32Array>());
    this.alone = Array.from(examples, () => undefined);
    this.views = examples.length * (copies + 1);
  }

  private locate(index: number): { at: number; symmetry: TokenSymmetry | undefined } {
    const at = Math.floor(index / (this.copies + 1));
    return { at, symmetry: this.symmetries[at]![index % (this.copies + 1)] };
  }

  view(index: number): View {
    const { at, symmetry } = this.locate(index);
    const example = this.examples[at]!;
    const inputs = new Int32Array(this.split.metadata.seq_len);
    this.split.readInputs(example, inputs);
    return { identifier: this.split.puzzleIdentifiers[this.split.puzzleOf(example)]!, inputs: symmetry ? copyOf(symmetry, inputs) : inputs };
  }

  add(index: number, prediction: ArrayLike<number>, p: number): void {
    const { at, symmetry } = this.locate(index);
    const answer = symmetry ? originalOf(symmetry, prediction) : Int32Array.from(prediction);
    this.ballots[at]!.cast(answer.join(), answer, p);
    if (!symmetry) this.alone[at] ??= this.isRight(at, answer);
  }

  /** Whether an answer equals the labels wherever they count. */
  private isRight(at: number, answer: Int32Array): boolean {
    const labels = new Int32Array(answer.length);
    this.split.readLabels(this.examples[at]!, labels);
    return labels.every((label, cell) => label === IGNORE_LABEL_ID || label === answer[cell]);
  }

  /** The count, once all answers are in. */
  result(): VotedCount {
    const voted = this.ballots.filter((ballot, at) => {
      const [best] = ballot.ranked();
      return best !== undefined && this.isRight(at, best.answer);
    }).length;
    return { count: this.examples.length, voted, alone: this.alone.filter(right => right === true).length };
  }
}

/** A vote over the stored copies of ARC tasks. */
export class ArcVote implements Vote {
  readonly score: ArcScore;
  private readonly rows: { example: number; task: string; augmentation: ArcAugmentation | undefined; identifier: number }[] = [];

  /**
   * Shows each task of the split as it is and in up to `copies` stored copies. `names`: the folder's identifiers. Throws
   * DatasetError when one of them is not understood.
   */
  constructor(private readonly split: DatasetSplit, names: readonly string[], tasks: readonly ArcTask[], copies: number) {
    this.score = new ArcScore(tasks);
    const { groupIndices, puzzleIndices, puzzleIdentifiers } = split;
    for (let group = 0; group + 1 < groupIndices.length; group++) {
      const last = Math.min(groupIndices[group + 1]!, groupIndices[group]! + copies + 1);
      for (let puzzle = groupIndices[group]!; puzzle < last; puzzle++) {
        const identifier = puzzleIdentifiers[puzzle]!;
        const name = parseName(names[identifier] ?? '|||');
        if (!name) throw new DatasetError('bad-metadata', `identifiers.json: identifier ${identifier} is ${names[identifier] === undefined ? 'missing' : JSON.stringify(names[identifier])}, which names no task and augmentation`, 'Build the dataset again.');
        for (let example = puzzleIndices[puzzle]!; example < puzzleIndices[puzzle + 1]!; example++) this.rows.push({ example, identifier, ...name });
      }
    }
  }

  get views(): number {
    return this.rows.length;
  }

  view(index: number): View {
    const { example, identifier } = this.rows[index]!;
    const inputs = new Int32Array(this.split.metadata.seq_len);
    this.split.readInputs(example, inputs);
    return { identifier, inputs };
  }

  add(index: number, prediction: ArrayLike<number>, p: number): void {
    const { task, augmentation } = this.rows[index]!;
    this.score.add(task, augmentation, this.view(index).inputs, prediction, p);
  }
}
