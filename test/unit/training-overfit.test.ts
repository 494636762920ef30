/** A tiny model learns two puzzles by heart on the embedded engine: everything of a training step pulls the same way. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWasm } from '../../src/engine/wasm';
import type { Engine } from '../../src/engine/engine';
import { buildModel } from '../../src/model/architectures';
import { Training } from '../../src/training/training';
import { exampleBatch, exampleConfig, exampleData } from './training-example';

let engine: Engine;
beforeAll(async () => {
  engine = await openWasm();
});
afterAll(() => expect(engine.memory().tensors, 'tensors left behind').toBe(0));

describe.each([['TRM-MLP', 50, { mlp_t: true }], ['TRM-Att', 100, { mlp_t: false, pos_encodings: 'rope' }]] as const)('%s, %i steps', (_, steps, mixer) => {
  test('learns two puzzles by heart, and begins to know it', async () => {
    const config = exampleConfig({ ...mixer, hidden_size: 16, halt_max_steps: 2 }, { global_batch_size: 2, lr: 3e-3, weight_decay: 0, seed: 1 });
    const training = Training.open({ engine, config, model: buildModel(config.arch, exampleData), data: exampleData, totalSteps: steps, snapshot: null });
    const batch = exampleBatch(1, [0, 0]);
    const losses: number[] = [];
    let last = await training.advance(batch);
    losses.push(last.lm_loss);
    while (training.step < steps) losses.push((last = await training.advance(batch)).lm_loss);
    training.dispose();
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1), losses.map(loss => loss.toFixed(2)).join(' ')).toBeLessThan(0.4 * losses[0]!);
    expect([...last.outputs.exact!.data]).toEqual([1, 1]);
    expect(last.outputs.q_halt!.data.every((q: number) => q > -5), 'the halting head has moved towards "right"').toBe(true);
  });
});
