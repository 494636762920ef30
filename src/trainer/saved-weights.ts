/**
 * Evaluation and tracing of a finished run or one of its checkpoints, by a trainer process of its own: nothing in the
 * run's folder is changed. The answer is one JSON document, written whole.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { maxDepth } from '../protocol/control';
import { ensureDataset } from '../puzzles/build-dataset';
import { EvaluationRows } from '../puzzles/evaluation-rows';
import { openSplit } from '../puzzles/read-dataset';
import type { DatasetSplit } from '../puzzles/dataset';
import { writeFileAtomic } from '../runs/atomic-write';
import { checkpointDir, latestGoodCheckpoint, readBest, readCheckpoint } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import { parseJson, readSmallFileSync } from '../runs/read-json';
import { runManifestSchema } from '../runs/schema';
import type { RunManifest } from '../runs/schema';
import { Evaluator } from '../training/evaluation';
import { inferenceWeightsOf } from '../training/training';
import type { InferenceWeights } from '../training/training';
import type { ResolvedConfig } from '../config/resolve';
import { UsageError } from './failure';
import { progressReporter } from './report';
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
  /** Where the JSON document goes. */
  readonly out: string;
}

interface Saved { readonly manifest: RunManifest; readonly config: ResolvedConfig; readonly checkpoint: string; readonly weights: InferenceWeights; readonly step: number; readonly state: ReturnType<typeof readCheckpoint>['state'] }

/** The run folder and checkpoint folder that a path means. */
function locate(target: string): { run: string; checkpoint: string } {
  const given = path.resolve(target);
  if (existsSync(path.join(given, 'state.json'))) return { run: path.resolve(given, '../..'), checkpoint: given };
  if (!existsSync(path.join(given, 'run.json'))) throw new RunFolderError('not_a_run', `${given} is neither a run nor a checkpoint: it has no run.json and no state.json.`, 'Give a run folder, or one of its checkpoints/step-N.');
  const name = readBest(given)?.checkpoint ?? latestGoodCheckpoint(given).checkpoint?.name;
  if (name === undefined) throw new RunFolderError('missing', `${given} has no checkpoint yet.`, 'Wait for the first evaluation, or ask the live run for a checkpoint.');
  return { run: given, checkpoint: checkpointDir(given, name) };
}

function open({ target, weights }: SavedOptions): Saved {
  const { run, checkpoint } = locate(target);
  const file = path.join(run, 'run.json');
  const manifest = parseJson(file, readSmallFileSync(file), runManifestSchema);
  const config = configOfRun(manifest);
  const stored = readCheckpoint(checkpoint);
  if (weights === 'ema' && !stored.ema) throw new UsageError(`${checkpoint} has no EMA weights.`, 'Leave --weights away, or train with ema: true.');
  const inference = inferenceWeightsOf(snapshotOf(stored), config.arch.puzzle_emb_ndim, weights);
  return { manifest, config, checkpoint, weights: inference, step: stored.state.step, state: stored.state };
}

async function testData({ manifest, config, state }: Saved, override?: string): Promise<DatasetSplit> {
  const folders = override === undefined ? (await ensureDataset(config, path.dirname(manifest.config_path))).folders.test : [path.resolve(override)];
  const split = openSplit(folders, 'test');
  checkFits(state, config, override === undefined ? split.metadata : { ...split.metadata, num_puzzle_identifiers: state.num_puzzle_identifiers });
  return split;
}

function checkDepth(depth: number): number {
  if (!Number.isInteger(depth) || depth < 1 || depth > maxDepth) throw new UsageError(`A depth of ${depth} supervision steps is not possible.`, `Choose 1 to ${maxDepth}.`);
  return depth;
}

/** Evaluates saved weights; writes `{run, checkpoint, ...evaluation}`. Throws errors of this project. */
export async function evaluateSaved(options: SavedOptions & { data?: string | undefined; examples?: number | 'all' | undefined }): Promise<void> {
  const saved = open(options);
  const { config, manifest, weights } = saved;
  const depth = checkDepth(options.depth ?? config.arch.halt_max_steps);
  const split = await testData(saved, options.data);
  const { engine, facts } = await openEngine(config, options.engine === undefined ? {} : { name: options.engine });
  const model = openModel(config, split.metadata);
  const batch = Math.min(config.global_batch_size, split.examples);
  const evaluator = new Evaluator(engine, model, config.arch, weights, batch);
  const progress = progressReporter();
  const rows = new EvaluationRows(split, options.examples ?? config.eval_examples, config.seed, batch);
  const evaluation = await evaluator.evaluate({
    rows, total: split.examples, depth, seed: config.seed,
    onProgress: (done, count) => progress(`${done} of ${count} puzzles at depth ${depth}`, done / count),
  });
  evaluator.dispose();
  writeFileAtomic(options.out, `${JSON.stringify({ run: manifest.id, checkpoint: path.basename(saved.checkpoint), step: saved.step, engine: facts.name, ...evaluation })}\n`);
}

/** Traces a puzzle with saved weights; writes a Trace document. Throws errors of this project. */
export async function traceSaved(options: SavedOptions & { puzzle: { index: number } | { tokens: number[] } }): Promise<void> {
  const saved = open(options);
  const { config, manifest, weights, step } = saved;
  const depth = checkDepth(options.depth ?? config.arch.halt_max_steps);
  const split = await testData(saved);
  const { puzzle } = options;
  const question = 'index' in puzzle ? questionFromRow(split, puzzle.index) : questionFromTokens(split, puzzle.tokens);
  const { engine } = await openEngine(config, options.engine === undefined ? {} : { name: options.engine });
  const progress = progressReporter();
  const trace = await tracePuzzle(engine, openModel(config, split.metadata), config, split, weights, question, depth, { run: manifest.id, step }, {
    onProgress: done => progress(`supervision step ${done} of ${depth}`, done / depth),
  });
  writeFileAtomic(options.out, JSON.stringify(trace));
}
