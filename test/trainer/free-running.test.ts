/**
 * The compiled step left to itself: whole trainings on 4x4 Sudoku from the same beginnings, operation by operation and compiled,
 * in every number format. Their weights part within a few steps from rounding alone; what they learn must not. Compared is the
 * share of test puzzles solved in the middle of learning, when it changes fastest.
 */
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/resolve';
import type { ResolvedConfig } from '../../src/config/resolve';
import { configSchema } from '../../src/config/schema';
import type { Engine } from '../../src/engine/engine';
import { openTensorflow } from '../../src/engine/tensorflow';
import { buildModel } from '../../src/model/architectures';
import { buildDataset, rowAugmentation } from '../../src/puzzles/build-dataset';
import type { DatasetSplit } from '../../src/puzzles/dataset';
import { EvaluationRows } from '../../src/puzzles/evaluation-rows';
import { openSplit } from '../../src/puzzles/read-dataset';
import { BatchSampler } from '../../src/puzzles/sample-batches';
import { findRuntime } from '../../src/runtime/find';
import { Evaluator } from '../../src/training/evaluation';
import { wilsonInterval } from '../../src/statistics/intervals';
import { Training } from '../../src/training/training';
import { temporaryFolder } from '../unit/runs-fixture';

const runtime = await findRuntime();
const there = runtime.state === 'ready';
const reason = there ? '' : ` (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`;
const dtypes = there ? (await openTensorflow()).dtypes : (['float32'] as const);

const seeds = [0, 1, 2];
const steps = 60;

function configOf(seed: number, forward_dtype: 'float32' | 'bfloat16'): ResolvedConfig {
  return resolveConfig(configSchema.parse({
    arch: { name: 'trm', mlp_t: true, pos_encodings: 'none', hidden_size: 32, expansion: 1, L_layers: 1, H_cycles: 1, L_cycles: 2, halt_max_steps: 4, puzzle_emb_len: 1, forward_dtype },
    data_paths: ['unused'], dataset: { kind: 'sudoku', size: 4, train: 120, test: 300, holes: [4, 6], augment: 'on_the_fly' },
    global_batch_size: 32, epochs: 100, lr: 2e-3, lr_warmup_steps: 10, weight_decay: 0.1, ema: true, ema_rate: 0.95, seed,
  }));
}

interface Data { readonly train: DatasetSplit; readonly test: DatasetSplit }
/** Test puzzles that were solved, of how many. */
interface Solved { readonly solved: number; readonly of: number }

async function evaluate(engine: Engine, training: Training, config: ResolvedConfig, { test }: Data): Promise<Solved> {
  const batch = 100;
  const rows = new EvaluationRows(test, 'all', 0, batch);
  const evaluator = new Evaluator(engine, training.model, config.arch, await training.inferenceWeights(), batch, { runs: Infinity });
  try {
    const { exact_count, count } = await evaluator.evaluate({ rows, total: rows.examples.length, depth: config.arch.halt_max_steps, seed: 0 });
    return { solved: exact_count, of: count };
  } finally {
    evaluator.dispose();
  }
}

/** Trains to the end: what it solves then, and what it solved after three quarters of the steps. */
async function learn(engine: Engine, config: ResolvedConfig, data: Data): Promise<{ before: Solved; after: Solved }> {
  const { metadata } = data.train;
  const training = Training.open({ engine, config, model: buildModel(config.arch, metadata), data: metadata, totalSteps: steps, snapshot: null });
  const sampler = new BatchSampler(data.train, config, rowAugmentation(config.dataset, metadata));
  const advanceTo = async (step: number): Promise<void> => {
    while (training.step < step) await training.advance(sampler.next()!);
  };
  try {
    await advanceTo(0.75 * steps);
    const before = await evaluate(engine, training, config, data);
    await advanceTo(steps);
    return { before, after: await evaluate(engine, training, config, data) };
  } finally {
    training.dispose();
  }
}

/** The same over all seeds, their puzzles pooled: shares with their 95 % intervals. */
async function learnAll(engine: Engine, dtype: 'float32' | 'bfloat16', data: Data) {
  const runs: Awaited<ReturnType<typeof learn>>[] = [];
  for (const seed of seeds) runs.push(await learn(engine, configOf(seed, dtype), data));
  const pooled = (which: 'before' | 'after') => {
    const solved = runs.reduce((sum, run) => sum + run[which].solved, 0);
    const of = runs.reduce((sum, run) => sum + run[which].of, 0);
    return { share: solved / of, interval: wilsonInterval(solved, of), text: `${runs.map(run => run[which].solved).join(' + ')} of ${of}` };
  };
  return { before: pooled('before'), after: pooled('after') };
}

const overlap = (a: readonly [number, number], b: readonly [number, number]): boolean => a[0] <= b[1] && b[0] <= a[1];

describe.skipIf(!there)(`trained freely, three seeds${reason}`, () => {
  const folder = path.join(temporaryFolder(), 'data');
  let data: Data;
  let eager: Awaited<ReturnType<typeof learnAll>>;

  beforeAll(async () => {
    await buildDataset(configOf(0, 'float32').dataset!, folder, { configFolder: path.dirname(folder) });
    data = { train: openSplit([folder], 'train'), test: openSplit([folder], 'test') };
    eager = await learnAll(await openTensorflow({ compiled: false }), 'float32', data);
  }, 180_000);

  test('operation by operation, it is in the middle of learning, and the interval tells a quarter of the training apart', () => {
    expect(eager.after.share, eager.after.text).toBeGreaterThan(0.2);
    expect(eager.after.share, eager.after.text).toBeLessThan(0.8);
    expect(overlap(eager.before.interval, eager.after.interval), `${eager.before.text}; ${eager.after.text}`).toBe(false);
  });

  test.each(dtypes)('compiled in %s, it solves as many puzzles, within the 95 %% intervals', async dtype => {
    const compiled = await learnAll(await openTensorflow(), dtype, data);
    const text = `compiled ${compiled.after.text}; operation by operation ${eager.after.text}`;
    expect(overlap(compiled.after.interval, eager.after.interval), text).toBe(true);
  });
});
