/** A training of random data on an engine: what `step`, `start` and `leak` take steps of. */
import { chooseEngine } from '../src/engine/choose';
import type { Engine } from '../src/engine/engine';
import { buildModel } from '../src/model/architectures';
import type { Batch } from '../src/puzzles/dataset';
import { RandomStream } from '../src/random/stream';
import { Training } from '../src/training/training';
import { inDtype, randomTokens } from './shapes';
import type { Dtype, Shape } from './shapes';
import { Absent } from './task';

/** The engine, opened for steps of this shape. Throws Absent when it has not the dtype, EngineError when it does not work here. */
export async function openEngine(name: Engine['name'], shape: Shape, dtype: Dtype): Promise<Engine> {
  const { engine } = await chooseEngine(name, { rows: shape.config.global_batch_size, forwardDtype: dtype });
  if (!engine.dtypes.includes(dtype)) throw new Absent(`the engine has no ${dtype}`);
  return engine;
}

/** A training with eight batches that it is offered in turn, so that no step sees the data of the one before. */
export function openTraining(engine: Engine, shape: Shape, dtype: Dtype): { training: Training; advance: () => Promise<unknown> } {
  const { data } = shape;
  const config = inDtype(shape, dtype);
  const training = Training.open({ engine, config, model: buildModel(config.arch, data), data, totalSteps: 1000, snapshot: null });
  const stream = RandomStream.named(0, 'bench');
  const batch = config.global_batch_size;
  const batches: Batch[] = Array.from({ length: 8 }, () => ({
    inputs: randomTokens(batch * data.seq_len, data.vocab_size, stream),
    labels: randomTokens(batch * data.seq_len, data.vocab_size, stream),
    puzzleIdentifiers: new Int32Array(batch),
  }));
  return { training, advance: () => training.advance(batches[training.step % batches.length]!) };
}
