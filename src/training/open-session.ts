/**
 * How a batch is run: in one piece, in micro-batches one after another, or split over the engine's worker threads. Decided
 * here from the config, the engine and the size of the model, the same way every time: results depend on it in the last bits.
 */
import type { ResolvedArch, ResolvedConfig } from '../config/resolve';
import type { Engine, HostTensors, StepSession, Workers } from '../engine/engine';
import type { RowPlan } from '../engine/row-parts';
import { rowsAtOnce } from '../model/memory';
import type { Model } from '../model/model';
import { evaluationStep } from './evaluation-step';
import { zerosLike } from './initial-state';
import { RowShards, shardPlan } from './row-shards';
import type { ShardPlan } from './row-shards';
import type { ShardWork } from './shard-work';
import { ShardedSession } from './sharded-session';
import { trainStep } from './train-step';
import { updateStep } from './update-step';

/** The least a worker must get for the split to pay: numbers in one activation [rows, S, D]. */
const leastPerWorker = 8192;

/** Workers among which `rows` rows are split, and how many of them; null: the engine does it alone. */
function workersFor({ workers }: Engine, model: Model, rows: number): { workers: Workers; count: number } | null {
  const worthwhile = Math.floor((rows * model.sequence * model.width) / leastPerWorker);
  const count = Math.min(workers?.count ?? 1, worthwhile, rows);
  return workers && count > 1 ? { workers, count } : null;
}

/**
 * How a step takes `batch` rows of which `atOnce` may be in memory at a time: as many lanes as the engine has, or the next fewer that
 * divide them; each lane a few rows at a time.
 */
export function planOf(engine: Pick<Engine, 'lanes'>, { origin: { arch, data } }: Pick<Model, 'origin'>, batch: number, atOnce: number): RowPlan {
  let { lanes } = engine;
  while (atOnce % lanes !== 0) lanes--;
  const part = lanes === 1 ? atOnce : rowsAtOnce(arch, data, atOnce / lanes);
  return { lanes, passes: batch / (lanes * part) };
}

/** Sessions of `work`, on the engine's workers, with the pieces of `plan`. */
function shardsOf(workers: Workers, plan: ShardPlan, batch: number, work: ShardWork, state: HostTensors): RowShards {
  return new RowShards(plan.map((_, i) => workers.session(i, work, state)), plan, batch);
}

const under = (state: HostTensors, ...prefixes: readonly string[]): HostTensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => prefixes.some(prefix => name.startsWith(`${prefix}.`))));

/** A session of the training step of `train-step.ts`, however it is run. With `inspect`, as there. */
export function openTrainingSession(engine: Engine, model: Model, config: ResolvedConfig, state: HostTensors, inspect: boolean): StepSession {
  const { global_batch_size: batch, micro_batch_size: atOnce } = config;
  const split = workersFor(engine, model, atOnce);
  if (!split) return engine.session(trainStep(model, config, { plan: planOf(engine, model, batch, atOnce), inspect }), state);
  const { arch, freeze_weights, global_batch_size } = config;
  const work: ShardWork = { kind: 'gradient', model: model.origin, config: { arch, freeze_weights, global_batch_size }, inspect };
  const sums = freeze_weights ? {} : Object.fromEntries(Object.entries(zerosLike(under(state, 'model'))).map(([name, zeros]) => [`sum.${name.slice('model.'.length)}`, zeros]));
  const shards = shardsOf(split.workers, shardPlan(batch, atOnce, split.count), batch, work, { ...under(state, 'model', 'buffer'), ...sums });
  const update = freeze_weights ? null : engine.session(updateStep(config), under(state, 'model', 'm', 'v', 'ema'));
  return new ShardedSession(shards, update, state);
}

/** A session of the evaluation step of `evaluation-step.ts` for batches of `rows` rows, however it is run. */
export function openEvaluationSession(engine: Engine, model: Model, arch: ResolvedArch, rows: number, state: HostTensors, options: { readonly inspect?: boolean; readonly runs?: number }): StepSession {
  const split = workersFor(engine, model, rows);
  if (!split) return engine.session(evaluationStep(model, arch, { plan: planOf(engine, model, rows, rows), inspect: options.inspect ?? false }), state, options);
  const work: ShardWork = { kind: 'evaluation', model: { ...model.origin, arch }, inspect: options.inspect ?? false };
  return new ShardedSession(shardsOf(split.workers, shardPlan(rows, rows, split.count), rows, work, under(state, 'model', 'buffer')), null, state);
}
