/**
 * Time of a whole optimiser step, as the trainer does it: slots, the supervision step with its gradient, both optimisers,
 * EMA, metrics fetched. New random data are offered at every step; preparing them is not in the time.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../src/engine/engine';
import { overRows } from '../src/engine/row-parts';
import { flopsPerStep } from '../src/model/shapes';
import { RandomStream } from '../src/random/stream';
import { median } from '../src/statistics/median';
import { shapes } from './shapes';
import type { Dtype, ShapeName } from './shapes';
import { peakMemory, repeated, round, stepTiming } from './statistics';
import type { Row } from './task';
import { openEngine, openTraining } from './trainings';

/** Measures an engine's step. Throws EngineError when the engine does not work here, Absent when it has not the dtype. */
export async function stepTime(shapeName: ShapeName, engineName: Engine['name'], dtype: Dtype): Promise<Row> {
  const shape = shapes[shapeName];
  const engine = await openEngine(engineName, shape, dtype);
  const { training, advance } = openTraining(engine, shape, dtype);
  // wasm takes seconds for a step of the larger shapes, plain JavaScript for any.
  const timing = engineName === 'tensorflow' || (engineName === 'wasm' && (shapeName === '4x4' || shapeName === 'B')) ? stepTiming : { warmUp: 1, least: 3, most: 10, seconds: 15 };
  const times = await repeated(advance, timing);
  const peak = peakMemory();
  training.dispose();
  // Workers have an engine each: together they could do that many products at once.
  const rate = await matmulRate(engine, dtype) * (engine.workers?.count ?? 1);
  const seconds = median(times) / 1000;
  const batch = shape.config.global_batch_size;
  const gflop = flopsPerStep(shape.config.arch, shape.data, batch) / 1e9;
  return {
    threads: engine.threads, median_ms: round(seconds * 1000), fastest_ms: round(Math.min(...times)), steps_timed: times.length, examples_per_s: round(batch / seconds),
    gflop: round(gflop), gflops: round(gflop / seconds), matmul_gflops: round(rate), share_of_matmul: round(gflop / seconds / rate), peak_mb: round(peak),
  };
}

/**
 * The engine's speed at plain products of [1024, 512] and [512, 2048] (plain JavaScript: [256, 128] and [128, 512]), in GFLOP/s: as many at
 * once as it has lanes, each with a share of the threads, as a step has them.
 */
async function matmulRate(engine: Engine, dtype: Dtype): Promise<number> {
  const [m, k, n] = engine.name === 'cpu' ? [256, 128, 512] as const : [1024, 512, 2048] as const;
  const stream = RandomStream.named(0, 'matmul');
  const filled = (...shape: number[]): { shape: number[]; data: Float32Array } => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => stream.uniform() - 0.5) });
  const { lanes } = engine;
  // Engines that list bfloat16 have this kernel; the cast is in the time.
  const narrow = (x: tf.Tensor): tf.Tensor2D => (dtype === 'bfloat16' ? tf.engine().runKernel('ToBfloat16', { x }) : x) as tf.Tensor2D;
  const session = engine.session(
    state => ({ state: {}, outputs: overRows({ a: state.a! }, { lanes, passes: 1 }, ({ a }) => ({ rows: { corner: tf.slice(tf.matMul(narrow(tf.reshape(a!, [m, k])), narrow(state.b!)), [0, 0], [1, 1]) }, sums: {} })).rows }),
    { a: filled(lanes, m, k), b: filled(k, n) },
  );
  const times = await repeated(() => session.run({}), { warmUp: 3, least: 10, most: 100, seconds: 3 });
  session.dispose();
  return (2 * lanes * m * k * n) / 1e6 / median(times);
}
