/**
 * How a batch is run: in one piece, in micro-batches one after another, or split over the engine's worker threads. Decided
 * here from the config, the engine and the size of the model, the same way every time: results depend on it in the last bits.
 */
import type { ResolvedArch, ResolvedConfig } from '../config/resolve';
import type { Engine, HostTensors, StepSession } from '../engine/engine';
import type { Model } from '../model/model';
import { evaluationStep } from './evaluation-step';
import { zerosLike } from './initial-state';
import { RowShards, shardPlan } from './row-shards';
import type { ShardPlan } from './row-shards';
import { shardStep } from './shard-work';
import type { ShardWork } from './shard-work';
import { ShardedSession } from './sharded-session';
import { trainStep } from './train-step';
import { updateStep } from './update-step';

/** The least a worker must get for the split to pay: numbers in one activation [rows, S, D]. */
const leastPerWorker = 8192;

/** Workers among which `rows` rows are split; 1: none, the engine does it alone. */
function workersFor(engine: Engine, model: Model, rows: number): number {
  const worthwhile = Math.floor((rows * model.sequence * model.width) / leastPerWorker);
  return Math.max(1, Math.min(engine.workers?.count ?? 1, worthwhile, rows));
}

/** Sessions of `work`, on the engine itself or on its workers, with the pieces of `plan`. */
function shardsOf(engine: Engine, plan: ShardPlan, batch: number, work: ShardWork, state: HostTensors, runs?: number): RowShards {
  const { workers } = engine;
  const sessions = plan.length > 1 && workers
    ? plan.map((_, i) => workers.session(i, work, state))
    : [engine.session(shardStep(work), state, runs === undefined ? {} : { runs })];
  return new RowShards(sessions, plan, batch);
}

const under = (state: HostTensors, ...prefixes: readonly string[]): HostTensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => prefixes.some(prefix => name.startsWith(`${prefix}.`))));

/** A session of the training step of `train-step.ts`, however it is run. With `inspect`, as there. */
export function openTrainingSession(engine: Engine, model: Model, config: ResolvedConfig, state: HostTensors, inspect: boolean): StepSession {
  const { global_batch_size: batch, micro_batch_size: atOnce } = config;
  const workers = workersFor(engine, model, atOnce);
  if (workers === 1 && atOnce === batch) return engine.session(trainStep(model, config, inspect), state);
  const { arch, freeze_weights, global_batch_size } = config;
  const work: ShardWork = { kind: 'gradient', model: model.origin, config: { arch, freeze_weights, global_batch_size }, inspect };
  const sums = freeze_weights ? {} : Object.fromEntries(Object.entries(zerosLike(under(state, 'model'))).map(([name, zeros]) => [`sum.${name.slice('model.'.length)}`, zeros]));
  const shards = shardsOf(engine, shardPlan(batch, atOnce, workers), batch, work, { ...under(state, 'model', 'buffer'), ...sums });
  const update = freeze_weights ? null : engine.session(updateStep(config), under(state, 'model', 'm', 'v', 'ema'));
  return new ShardedSession(shards, update, state);
}

/** A session of the evaluation step of `evaluation-step.ts` for batches of `rows` rows, however it is run. */
export function openEvaluationSession(engine: Engine, model: Model, arch: ResolvedArch, rows: number, state: HostTensors, options: { readonly inspect?: boolean; readonly runs?: number }): StepSession {
  const workers = workersFor(engine, model, rows);
  if (workers === 1) return engine.session(evaluationStep(model, arch, options.inspect), state, options);
  const work: ShardWork = { kind: 'evaluation', model: { ...model.origin, arch }, inspect: options.inspect ?? false };
  return new ShardedSession(shardsOf(engine, shardPlan(rows, rows, workers), rows, work, under(state, 'model', 'buffer'), options.runs), null, state);
}
