/**
 * Peak memory of a training against its estimate (src/model/memory.ts), whose factors are fitted to these rows. After a
 * change of the step, run `npm run bench -- --only memory`: its last lines are the factors as these rows would have them. When
 * a layer's own gradient keeps something else, first correct `savedBytes`.
 */
import { chooseEngine } from '../src/engine/choose';
import type { Engine } from '../src/engine/engine';
import { savedBytes, stateBytes, trainingMemory } from '../src/model/memory';
import { buildModel } from '../src/model/architectures';
import { RandomStream } from '../src/random/stream';
import { Training } from '../src/training/training';
import { memoryShapes } from './memory-shapes';
import type { MemoryShape } from './memory-shapes';
import { randomTokens } from './shapes';
import { peakMemory, round } from './statistics';
import { Absent } from './task';
import type { Row } from './task';

/** Trains three steps and compares. Throws EngineError when the engine does not work here, Absent when it lacks the number format. */
export async function memory(shape: MemoryShape, engineName: Engine['name']): Promise<Row> {
  const { config, data } = memoryShapes[shape];
  const { forward_dtype } = config.arch;
  const { engine } = await chooseEngine(engineName, { rows: config.micro_batch_size, forwardDtype: forward_dtype });
  if (!engine.dtypes.includes(forward_dtype)) throw new Absent(`the engine has no ${forward_dtype}`);
  const batch = config.global_batch_size;
  const training = Training.open({ engine, config, model: buildModel(config.arch, data), data, totalSteps: 1000, snapshot: null });
  const stream = RandomStream.named(0, 'bench');
  for (let step = 0; step < 3; step++) {
    await training.advance({
      inputs: randomTokens(batch * data.seq_len, data.vocab_size, stream),
      labels: randomTokens(batch * data.seq_len, data.vocab_size, stream),
      puzzleIdentifiers: new Int32Array(batch),
    });
  }
  const measured = peakMemory();
  training.dispose();
  const { estimated, slots } = trainingMemory(config, data, { engine: engine.name, device: engine.gpu ? 'gpu' : 'cpu', forward_dtype, workers: engine.name === 'wasm' ? engine.threads : 1, lanes: engine.lanes });
  return {
    saved_mb: round(savedBytes(config.arch, data, slots, forward_dtype) / 1e6), state_mb: round(stateBytes(config, data) / 1e6),
    estimated_mb: round(estimated / 1e6), measured_mb: round(measured), ratio: round(estimated / 1e6 / measured),
  };
}
