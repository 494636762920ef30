/**
 * Time of a whole optimiser step, as the trainer does it: slots, the supervision step with its gradient, both optimisers,
 * EMA, metrics fetched. New random data are offered at every step; preparing them is not in the time.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../src/engine/engine';
import { chooseEngine } from '../src/engine/choose';
import { flopsPerStep } from '../src/model/shapes';
import { trm } from '../src/model/trm';
import { RandomStream } from '../src/random/stream';
import { Training } from '../src/training/training';
import { randomTokens, shapes } from './shapes';
import type { ShapeName } from './shapes';
import { median, peakMemory, repeated, round } from './statistics';
import type { Row } from './task';

/** Measures an engine's step. Throws EngineError when the engine does not work here. */
export async function stepTime(shapeName: ShapeName, engineName: Engine['name']): Promise<Row> {
  const { config, data } = shapes[shapeName];
  const { engine } = await chooseEngine(engineName);
  const batch = config.global_batch_size;
  const training = Training.open({ engine, config, model: trm(config.arch, data), data, totalSteps: 1000, snapshot: null });
  const stream = RandomStream.named(0, 'bench');
  const batches = Array.from({ length: 8 }, () => ({
    inputs: randomTokens(batch * data.seq_len, data.vocab_size, stream),
    labels: randomTokens(batch * data.seq_len, data.vocab_size, stream),
    puzzleIdentifiers: new Int32Array(batch),
  }));
  const times = await repeated(() => training.advance(batches[training.step % batches.length]!), engineName === 'cpu' ? { warmUp: 1, least: 3, most: 3, seconds: 0 } : { warmUp: 3, least: 10, most: 100, seconds: 20 });
  const peak = peakMemory();
  training.dispose();
  const rate = await matmulRate(engine);
  const seconds = median(times) / 1000;
  const gflops = flopsPerStep(config.arch, data, batch) / 1e9 / seconds;
  return {
    median_ms: round(seconds * 1000), fastest_ms: round(Math.min(...times)), steps_timed: times.length, examples_per_s: round(batch / seconds),
    gflops: round(gflops), matmul_gflops: round(rate), share_of_matmul: round(gflops / rate), peak_mb: round(peak),
  };
}

/** The engine's speed at one plain product of [1024, 512] and [512, 2048] (plain JavaScript: [256, 128] and [128, 512]), in GFLOP/s. */
async function matmulRate(engine: Engine): Promise<number> {
  const [m, k, n] = engine.name === 'cpu' ? [256, 128, 512] as const : [1024, 512, 2048] as const;
  const stream = RandomStream.named(0, 'matmul');
  const filled = (rows: number, columns: number): { shape: number[]; data: Float32Array } => ({ shape: [rows, columns], data: Float32Array.from({ length: rows * columns }, () => stream.uniform() - 0.5) });
  const session = engine.session(
    state => ({ state: {}, outputs: { corner: tf.slice(tf.matMul(state.a as tf.Tensor2D, state.b as tf.Tensor2D), [0, 0], [1, 1]) } }),
    { a: filled(m, k), b: filled(k, n) },
  );
  const times = await repeated(() => session.run({}), { warmUp: 3, least: 10, most: 100, seconds: 3 });
  session.dispose();
  return (2 * m * k * n) / 1e6 / median(times);
}
