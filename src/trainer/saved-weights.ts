/**
 * Evaluation and tracing with saved weights: of a finished run, of one of its checkpoints, or of a published checkpoint with its
 * config. Nothing in the run's folder is changed.
 */
import path from 'node:path';
import { loadConfig } from '../config/load';
import { fitWeights } from '../published/fit-weights';
import { arcContext } from '../puzzles/arc-context';
import { copyBaseline } from '../puzzles/baseline';
import type { Baseline } from '../puzzles/baseline';
import { datasetFolders, ensureDataset } from '../puzzles/build-dataset';
import { EvaluationRows } from '../puzzles/evaluation-rows';
import { openSplit } from '../puzzles/read-dataset';
import type { DatasetMetadata, DatasetSplit } from '../puzzles/dataset';
import { readCheckpoint } from '../runs/checkpoints';
import type { Trace } from '../runs/schema';
import { Evaluator } from '../training/evaluation';
import type { Evaluation } from '../training/evaluation-tally';
import { PuzzleEmbeddings } from '../training/puzzle-embeddings';
import { inferenceWeightsOf } from '../training/training';
import type { InferenceWeights } from '../training/training';
import type { ResolvedConfig } from '../config/resolve';
import type { EngineName } from '../config/schema';
import { depthOf } from './depth';
import { UsageError } from './failure';
import { locateCheckpoint } from './locate-checkpoint';
import { weightsAt } from './stored-weights';
import { questionFromRow, questionFromTokens, tracePuzzle } from './trace-puzzle';
import { snapshotOf } from './train-main';
import { checkFits, configOfRun, openEngine, openModel } from './workshop';

/** What both modes take. */
export interface SavedOptions {
  /** A run folder (its best checkpoint, else its newest), or a checkpoint folder inside one; with `config`, a published checkpoint. */
  readonly target: string;
  /** The config a published checkpoint is of, and its overrides. */
  readonly config?: { readonly file: string; readonly overrides: readonly string[] } | undefined;
  readonly depth?: number | undefined;
  readonly weights?: 'ema' | 'model' | undefined;
  readonly engine?: ResolvedConfig['engine'] | undefined;
  readonly device?: string | undefined;
  /** What is being done, and the share of it that is done. */
  readonly onProgress?: (text: string, fraction: number) => void;
  /** Something about the weights that the user should know. */
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** An evaluation and what it is of. */
export type SavedEvaluation = Evaluation & { /** null for a published checkpoint. */ readonly run: string | null; readonly checkpoint: string; readonly step: number | null; readonly engine: EngineName; readonly baseline: Baseline };

/** Saved weights, found. */
export interface Saved {
  readonly run: string | null;
  /** Name of the checkpoint. */
  readonly checkpoint: string;
  /** The folder of the run; null for a published checkpoint. */
  readonly dir: string | null;
  readonly step: number | null;
  readonly config: ResolvedConfig;
  /** Folders of the test data it was trained for. */
  readonly folders: readonly string[];
  /** The weights for data of this shape; `other`: data it was not trained for. Throws RunFolderError when they do not fit. */
  readonly weightsFor: (data: DatasetMetadata, other: boolean) => InferenceWeights;
}

/** Finds the weights that a path means. Throws RunFolderError, UsageError, ConfigError. */
export async function openSaved(options: SavedOptions): Promise<Saved> {
  return options.config === undefined ? openCheckpoint(options) : openPublished(options, options.config);
}

function openCheckpoint({ target, weights }: SavedOptions): Saved {
  const { run: dir, checkpoint, manifest } = locateCheckpoint(target);
  const config = configOfRun(manifest);
  const stored = readCheckpoint(checkpoint);
  if (weights === 'ema' && !stored.ema) throw new UsageError(`${checkpoint} has no EMA weights.`, 'Leave --weights away, or train with ema: true.');
  const inference = inferenceWeightsOf(snapshotOf(stored), config.arch.puzzle_emb_ndim, weights);
  return {
    run: manifest.id, checkpoint: path.basename(checkpoint), dir, step: stored.state.step, config,
    // Nothing is built: a run folder from anywhere must not make us write.
    folders: manifest.dataset?.test.paths ?? datasetFolders(config, path.dirname(manifest.config_path)).test,
    weightsFor(data, other) {
      checkFits(stored.state, config, other ? { ...data, num_puzzle_identifiers: stored.state.num_puzzle_identifiers } : data);
      return inference;
    },
  };
}

async function openPublished({ target, weights, onNote }: SavedOptions, given: { file: string; overrides: readonly string[] }): Promise<Saved> {
  if (weights !== undefined) throw new UsageError('A published checkpoint has one set of weights.', 'Leave --weights away.');
  const { config } = loadConfig(given.file, given.overrides);
  const file = await weightsAt(path.resolve(target));
  const { folders } = await ensureDataset(config, path.dirname(path.resolve(given.file)), {});
  return {
    run: null, checkpoint: path.basename(target), dir: null, step: null, config, folders: folders.test,
    weightsFor(data) {
      const { model, buffers, puzzleEmb, notes } = fitWeights(file, config.arch, data);
      notes.forEach(note => onNote?.(note));
      return { which: 'model', model, buffers, puzzleEmb: puzzleEmb && new PuzzleEmbeddings(puzzleEmb, config.arch.puzzle_emb_ndim) };
    },
  };
}

/** The test data the weights were trained for, or other data, and the weights for them. Throws DatasetError, RunFolderError. */
export function withData(saved: Saved, other?: string): { split: DatasetSplit; folders: readonly string[]; weights: InferenceWeights } {
  const folders = other === undefined ? saved.folders : [path.resolve(other)];
  const split = openSplit(folders, 'test');
  return { split, folders, weights: saved.weightsFor(split.metadata, other !== undefined) };
}

/** What an evaluation is of, known before it is done; `wanted`: puzzles it will have. */
type EvaluationFacts = Pick<SavedEvaluation, 'checkpoint' | 'step' | 'engine'> & { readonly wanted: number };

/** Options of `evaluateSaved`. */
export interface EvaluateSavedOptions extends SavedOptions {
  readonly data?: string | undefined;
  readonly examples?: number | 'all' | undefined;
  /** Rows of a batch at most; default: those of a training step. */
  readonly batchRows?: number;
  /** What the puzzles done so far say, after each batch. */
  readonly onPartial?: (partial: Evaluation, facts: EvaluationFacts) => void;
}

/** Evaluates saved weights. Throws errors of this project, or the signal's reason. */
export async function evaluateSaved(options: EvaluateSavedOptions): Promise<SavedEvaluation> {
  const saved = await openSaved(options);
  const { config } = saved;
  const depth = depthOf(config.arch, options.depth);
  const { split, weights } = withData(saved, options.data);
  const batch = Math.min(config.micro_batch_size, split.examples, options.batchRows ?? Infinity);
  const rows = new EvaluationRows(split, options.examples ?? config.eval_examples, config.seed, batch);
  const runs = rows.batches * depth;
  const { engine, facts } = await openEngine(config, { name: options.engine, device: options.device, rows: batch, runs });
  const model = openModel(config, split.metadata);
  const evaluator = new Evaluator(engine, model, config.arch, weights, batch, { runs });
  const of = { checkpoint: saved.checkpoint, step: saved.step, engine: facts.name };
  const wanted = rows.examples.length;
  let done = 0;
  const evaluation = await evaluator.evaluate({
    rows, total: rows.total, depth, seed: config.seed,
    onProgress: count => { done = count; },
    onStep: share => options.onProgress?.(`${done} of ${wanted} puzzles at depth ${depth}`, share),
    onPartial: partial => options.onPartial?.(partial, { ...of, wanted }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  evaluator.dispose();
  return { run: saved.run, ...of, ...evaluation, baseline: copyBaseline(split, rows.examples) };
}

/** Traces a puzzle with saved weights. Throws errors of this project, or the signal's reason. */
export async function traceSaved(options: SavedOptions & { puzzle: { index: number } | { tokens: number[] } }): Promise<Trace> {
  const saved = await openSaved(options);
  const { config, run, step } = saved;
  const depth = depthOf(config.arch, options.depth);
  const { split, folders, weights } = withData(saved);
  const { puzzle } = options;
  const question = 'index' in puzzle ? questionFromRow(split, puzzle.index, arcContext(split, folders)) : questionFromTokens(split, puzzle.tokens);
  const { engine } = await openEngine(config, { name: options.engine, device: options.device });
  return tracePuzzle(engine, openModel(config, split.metadata), config, split, weights, question, depth, { run, step }, {
    onProgress: done => options.onProgress?.(`supervision step ${done} of ${depth}`, done / depth),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}
