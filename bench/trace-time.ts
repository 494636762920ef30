/** Time of one refinement trace, as the inspector asks for it: halt_max_steps supervision steps of one puzzle, every update decoded. */
import type { Engine } from '../src/engine/engine';
import { chooseEngine } from '../src/engine/choose';
import { buildModel } from '../src/model/architectures';
import type { DatasetSplit } from '../src/puzzles/dataset';
import { RandomStream } from '../src/random/stream';
import { tracePuzzle } from '../src/trainer/trace-puzzle';
import { initialWeights } from '../src/training/initial-state';
import { PuzzleEmbeddings } from '../src/training/puzzle-embeddings';
import { median } from '../src/statistics/median';
import type { InferenceWeights } from '../src/training/training';
import { randomTokens, shapes } from './shapes';
import type { ShapeName } from './shapes';
import { peakMemory, repeated, round, timed } from './statistics';
import type { Row } from './task';

/** Measures a trace on an engine. Throws EngineError when the engine does not work here. */
export async function traceTime(shapeName: ShapeName, engineName: Engine['name']): Promise<Row> {
  const { config, data } = shapes[shapeName];
  let engine: Engine | undefined;
  const opening = await timed(async () => (engine = (await chooseEngine(engineName)).engine));
  const stream = RandomStream.named(0, 'bench');
  const tokens = (): Int32Array => randomTokens(data.seq_len, data.vocab_size, stream);
  const initial = initialWeights(config.arch, data, 0);
  const weights: InferenceWeights = { which: 'model', ...initial, puzzleEmb: PuzzleEmbeddings.zeros(1, config.arch.puzzle_emb_ndim) };
  const question = { index: null, identifier: 0, label: 'bench', tokens: tokens(), solution: tokens() };
  const depth = config.arch.halt_max_steps;
  const once = () => tracePuzzle(engine!, buildModel(config.arch, data), config, onlyMetadata(data), weights, question, depth, { run: null, step: null });
  const first = await timed(once);
  const times = await repeated(once, { warmUp: 1, least: 5, most: 50, seconds: 10 });
  return { supervision_steps: depth, median_ms: round(median(times)), first_ms: round(first), engine_start_ms: round(opening), peak_mb: round(peakMemory()) };
}

/** A split of which nothing but the metadata can be used: all that a trace of given tokens needs. */
function onlyMetadata(metadata: DatasetSplit['metadata']): DatasetSplit {
  const none = (): never => {
    throw new Error('the benchmark has no rows');
  };
  const empty = new Int32Array(1);
  return { metadata, examples: 0, puzzleIndices: empty, groupIndices: empty, puzzleIdentifiers: empty, setGroups: empty, readInputs: none, readLabels: none, puzzleOf: none, close: () => undefined };
}
