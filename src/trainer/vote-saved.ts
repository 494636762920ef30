/**
 * Evaluation by vote with saved weights: every test puzzle is shown in copies, and the answers vote. For ARC, votes may also
 * be gathered over all checkpoints of a run, as the published code does over all its evaluations; the result says which.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { PassAt, Submission } from '../puzzles/arc-score';
import { readArcTasks } from '../puzzles/arc-tasks';
import type { DatasetSplit } from '../puzzles/dataset';
import { EvaluationRows } from '../puzzles/evaluation-rows';
import { arcSideOf } from '../puzzles/arc-board';
import { readIdentifiers } from '../puzzles/identifiers';
import { ArcVote, SymmetryVote } from '../puzzles/vote-views';
import { checkpointDir, listCheckpoints } from '../runs/checkpoints';
import { collectVotes } from '../training/collect-votes';
import { Evaluator } from '../training/evaluation';
import { wilsonInterval } from '../statistics/intervals';
import { depthOf } from './depth';
import { UsageError } from './failure';
import { openSaved, withData } from './saved-weights';
import type { Saved, SavedOptions } from './saved-weights';
import { openEngine, openModel } from './workshop';

/** Options of a vote. */
export interface VoteOptions extends SavedOptions {
  readonly data?: string | undefined;
  readonly examples?: number | 'all' | undefined;
  /** Copies shown of each puzzle, besides itself. */
  readonly copies: number;
  /** Gather the votes of all checkpoints of the run, oldest first. */
  readonly accumulate?: boolean | undefined;
}

/** A share of test puzzles with its 95 % Wilson interval; n is original puzzles. */
export interface VotedShare { readonly exact_count: number; readonly exact_accuracy: number; readonly exact_interval: [number, number] }

/** What was voted, by whom, and how it came out. */
export interface VotedEvaluation {
  /** null for a published checkpoint. */
  readonly run: string | null;
  /** Checkpoints whose votes count. */
  readonly checkpoints: string[];
  readonly accumulated: boolean;
  readonly weights: 'ema' | 'model';
  readonly engine: string;
  readonly depth: number;
  readonly copies: number;
  readonly views: number;
  readonly seconds: number;
  readonly result:
    | { readonly kind: 'symmetry'; readonly count: number; readonly total: number; readonly voted: VotedShare; readonly alone: VotedShare }
    | { readonly kind: 'arc'; readonly tasks: number; readonly inputs: number; readonly stray: number; readonly pass_at: (PassAt & { interval: [number, number] })[]; readonly submission: Submission };
}

/** The models whose votes count, oldest first. */
async function voters(options: VoteOptions): Promise<Saved[]> {
  const chosen = await openSaved(options);
  if (options.accumulate !== true) return [chosen];
  const { dir } = chosen;
  if (dir === null) throw new UsageError('A published checkpoint is one alone.', 'Leave --accumulate away.');
  const usable = listCheckpoints(dir).filter(({ problem, superseded }) => problem === null && !superseded).sort((a, b) => a.step - b.step);
  return Promise.all(usable.map(({ name }) => openSaved({ ...options, target: checkpointDir(dir, name) })));
}

function arcVote(split: DatasetSplit, folders: readonly string[], copies: number): ArcVote {
  const [folder] = folders;
  if (folder === undefined || folders.length !== 1) throw new UsageError('ARC is scored on one test folder.', 'Name one with --data.');
  const names = readIdentifiers(folder);
  const tasks = path.join(folder, 'test_puzzles.json');
  if (!names || !existsSync(tasks)) throw new UsageError(`${folder} has no ${names ? 'test_puzzles.json' : 'identifiers.json'}, which ARC scoring needs.`, 'Build the dataset with `trm data arc`.');
  return new ArcVote(split, names, readArcTasks(tasks).tasks, copies);
}

const share = (count: number, of: number): VotedShare => ({ exact_count: count, exact_accuracy: of ? count / of : 0, exact_interval: wilsonInterval(count, of) });

/** Holds the vote. Throws errors of this project, or the signal's reason. */
export async function voteSaved(options: VoteOptions): Promise<VotedEvaluation> {
  const started = performance.now();
  const saved = await voters(options);
  const newest = saved[saved.length - 1]!;
  const { config, run } = newest;
  const depth = depthOf(config.arch, options.depth);
  const { split, folders, weights: newestWeights } = withData(newest, options.data);
  const { metadata } = split;
  const rows = new EvaluationRows(split, options.examples ?? config.eval_examples, config.seed, config.micro_batch_size);
  const vote = arcSideOf(metadata) !== undefined ? arcVote(split, folders, options.copies) : new SymmetryVote(split, rows.examples, options.copies, config.seed);
  const { engine, facts } = await openEngine(config, { name: options.engine, device: options.device });
  const batch = Math.min(config.micro_batch_size, vote.views);
  const evaluator = new Evaluator(engine, openModel(config, metadata), config.arch, newestWeights, batch, { inspect: true });
  try {
    for (const [index, voter] of saved.entries()) {
      evaluator.use(voter === newest ? newestWeights : voter.weightsFor(metadata, options.data !== undefined));
      await collectVotes(evaluator, vote, {
        depth, seqLen: metadata.seq_len, blankIdentifier: metadata.blank_identifier_id,
        onProgress: (done, count) => options.onProgress?.(`${voter.checkpoint}: ${done} of ${count} views at depth ${depth}`, (index + done / count) / saved.length),
        ...(options.signal ? { signal: options.signal } : {}),
      });
    }
  } finally {
    evaluator.dispose();
  }
  return {
    run, checkpoints: saved.map(({ checkpoint }) => checkpoint), accumulated: options.accumulate === true, weights: newestWeights.which,
    engine: facts.name, depth, copies: options.copies, views: vote.views, result: outcome(vote, rows.total), seconds: (performance.now() - started) / 1000,
  };
}

function outcome(vote: ArcVote | SymmetryVote, total: number): VotedEvaluation['result'] {
  if (vote instanceof SymmetryVote) {
    const { count, voted, alone } = vote.result();
    return { kind: 'symmetry', count, total, voted: share(voted, count), alone: share(alone, count) };
  }
  const { passAt, tasks, inputs } = vote.score.scores();
  const pass_at = passAt.map(at => ({ ...at, interval: wilsonInterval(at.score * tasks, tasks) }));
  return { kind: 'arc', tasks, inputs, stray: vote.score.counts.stray, pass_at, submission: vote.score.submission() };
}
