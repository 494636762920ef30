/**
 * Evaluation and tracing with saved weights: of a finished run, or of one of its checkpoints. Nothing in the run's folder
 * is changed.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { maxDepth } from '../protocol/control';
import { arcContext } from '../puzzles/arc-context';
import { copyBaseline } from '../puzzles/baseline';
import type { Baseline } from '../puzzles/baseline';
import { datasetFolders } from '../puzzles/build-dataset';
import { EvaluationRows } from '../puzzles/evaluation-rows';
import { openSplit } from '../puzzles/read-dataset';
import type { DatasetSplit } from '../puzzles/dataset';
import { checkpointDir, latestGoodCheckpoint, readBest, readCheckpoint } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import { parseJson, readSmallFileSync } from '../runs/read-json';
import { runManifestSchema } from '../runs/schema';
import type { RunManifest, Trace } from '../runs/schema';
import { Evaluator } from '../training/evaluation';
import type { Evaluation } from '../training/evaluation-tally';
import { inferenceWeightsOf } from '../training/training';
import type { InferenceWeights } from '../training/training';
import type { ResolvedConfig } from '../config/resolve';
import type { EngineName } from '../config/schema';
import { UsageError } from './failure';
import { questionFromRow, questionFromTokens, tracePuzzle } from './trace-puzzle';
import { snapshotOf } from './train-main';
import { checkFits, configOfRun, openEngine, openModel } from './workshop';

/** What both modes take. */
export interface SavedOptions {
  /** A run folder (its best checkpoint, else its newest), or a checkpoint folder inside one. */
  readonly target: string;
  readonly depth?: number | undefined;
  readonly weights?: 'ema' | 'model' | undefined;
  readonly engine?: ResolvedConfig['engine'] | undefined;
  readonly device?: string | undefined;
  /** What is being done, and the share of it that is done. */
  readonly onProgress?: (text: string, fraction: number) => void;
  readonly signal?: AbortSignal;
}

/** An evaluation and what it is of. */
export type SavedEvaluation = Evaluation & { readonly run: string; readonly checkpoint: string; readonly step: number; readonly engine: EngineName; readonly baseline: Baseline };

/** Saved weights, read. */
export interface Saved { readonly manifest: RunManifest; readonly config: ResolvedConfig; readonly checkpoint: string; readonly weights: InferenceWeights; readonly step: number; readonly state: ReturnType<typeof readCheckpoint>['state'] }

/** The run folder and checkpoint folder that a path means. */
function locate(target: string): { run: string; checkpoint: string } {
  const given = path.resolve(target);
  if (existsSync(path.join(given, 'state.json'))) return { run: path.resolve(given, '../..'), checkpoint: given };
  if (!existsSync(path.join(given, 'run.json'))) throw new RunFolderError('not_a_run', `${given} is neither a run nor a checkpoint: it has no run.json and no state.json.`, 'Give a run folder, or one of its checkpoints/step-N.');
  const name = readBest(given)?.checkpoint ?? latestGoodCheckpoint(given).checkpoint?.name;
  if (name === undefined) throw new RunFolderError('missing', `${given} has no checkpoint yet.`, 'Wait for the first evaluation, or ask the live run for a checkpoint.');
  return { run: given, checkpoint: checkpointDir(given, name) };
}

/** Reads the weights that a path means, with the run they are of. Throws RunFolderError. */
export function openSaved({ target, weights }: Pick<SavedOptions, 'target' | 'weights'>): Saved {
  const { run, checkpoint } = locate(target);
  const file = path.join(run, 'run.json');
  const manifest = parseJson(file, readSmallFileSync(file), runManifestSchema);
  const config = configOfRun(manifest);
  const stored = readCheckpoint(checkpoint);
  if (weights === 'ema' && !stored.ema) throw new UsageError(`${checkpoint} has no EMA weights.`, 'Leave --weights away, or train with ema: true.');
  const inference = inferenceWeightsOf(snapshotOf(stored), config.arch.puzzle_emb_ndim, weights);
  return { manifest, config, checkpoint, weights: inference, step: stored.state.step, state: stored.state };
}

/** The folders of the test data the run recorded, or of other data. */
export function testFolders({ manifest, config }: Saved, override?: string): readonly string[] {
  if (override !== undefined) return [path.resolve(override)];
  return manifest.dataset?.test.paths ?? datasetFolders(config, path.dirname(manifest.config_path)).test;
}

/** The test data of these folders. Nothing is built: a run folder from anywhere must not make us write. */
export function testData(saved: Saved, override?: string): DatasetSplit {
  const { config, state } = saved;
  const split = openSplit(testFolders(saved, override), 'test');
  checkFits(state, config, override === undefined ? split.metadata : { ...split.metadata, num_puzzle_identifiers: state.num_puzzle_identifiers });
  return split;
}

/** Throws UsageError for a depth that is not possible. */
export function checkDepth(depth: number): number {
  if (!Number.isInteger(depth) || depth < 1 || depth > maxDepth) throw new UsageError(`A depth of ${depth} supervision steps is not possible.`, `Choose 1 to ${maxDepth}.`);
  return depth;
}

/** Evaluates saved weights. Throws errors of this project, or the signal's reason. */
export async function evaluateSaved(options: SavedOptions & { data?: string | undefined; examples?: number | 'all' | undefined }): Promise<SavedEvaluation> {
  const saved = openSaved(options);
  const { config, manifest, weights } = saved;
  const depth = checkDepth(options.depth ?? config.arch.halt_max_steps);
  const split = testData(saved, options.data);
  const { engine, facts } = await openEngine(config, { name: options.engine, device: options.device });
  const model = openModel(config, split.metadata);
  const batch = Math.min(config.micro_batch_size, split.examples);
  const rows = new EvaluationRows(split, options.examples ?? config.eval_examples, config.seed, batch);
  const evaluator = new Evaluator(engine, model, config.arch, weights, batch, { runs: rows.batches * depth });
  const evaluation = await evaluator.evaluate({
    rows, total: rows.total, depth, seed: config.seed,
    onProgress: (done, count) => options.onProgress?.(`${done} of ${count} puzzles at depth ${depth}`, done / count),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  evaluator.dispose();
  return { run: manifest.id, checkpoint: path.basename(saved.checkpoint), step: saved.step, engine: facts.name, ...evaluation, baseline: copyBaseline(split, rows.examples) };
}

/** Traces a puzzle with saved weights. Throws errors of this project, or the signal's reason. */
export async function traceSaved(options: SavedOptions & { puzzle: { index: number } | { tokens: number[] } }): Promise<Trace> {
  const saved = openSaved(options);
  const { config, manifest, weights, step } = saved;
  const depth = checkDepth(options.depth ?? config.arch.halt_max_steps);
  const split = testData(saved);
  const { puzzle } = options;
  const question = 'index' in puzzle ? questionFromRow(split, puzzle.index, arcContext(split, testFolders(saved))) : questionFromTokens(split, puzzle.tokens);
  const { engine } = await openEngine(config, { name: options.engine, device: options.device });
  return tracePuzzle(engine, openModel(config, split.metadata), config, split, weights, question, depth, { run: manifest.id, step }, {
    onProgress: done => options.onProgress?.(`supervision step ${done} of ${depth}`, done / depth),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}
