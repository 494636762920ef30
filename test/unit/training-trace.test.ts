/** The trace of a supervision step: one frame per update, and its last frame is what evaluation sees. */
import { describe, expect, test } from 'vitest';
import { openCpu } from '../../src/engine/cpu';
import type { HostTensors } from '../../src/engine/engine';
import { buildModel } from '../../src/model/architectures';
import type { Update } from '../../src/model/model';
import { Evaluator } from '../../src/training/evaluation';
import { emptyCarry, initialWeights, prefixed } from '../../src/training/initial-state';
import { PuzzleEmbeddings } from '../../src/training/puzzle-embeddings';
import { traceStep } from '../../src/training/trace-step';
import { exampleBatch, exampleConfig, exampleData, exampleTensor } from './training-example';

test('frames follow the updates; at every supervision step the last one is the evaluation\'s answer', async () => {
  const engine = await openCpu();
  const { arch } = exampleConfig({ H_cycles: 3, L_cycles: 2 });
  const model = buildModel(arch, exampleData);
  const drawn = initialWeights(arch, exampleData, 2);
  drawn.model['inner.q_head.weight'] = exampleTensor([2, 8], 5);
  const puzzleEmb = new PuzzleEmbeddings(exampleTensor([7, 8], 6).data as Float32Array, 8);
  const evaluator = new Evaluator(engine, model, arch, { which: 'model', model: drawn.model, buffers: drawn.buffers, puzzleEmb }, 1, { inspect: true });
  const updates: Update[] = [];
  const session = engine.session(traceStep(model, arch, updates), { ...prefixed('model', drawn.model), ...prefixed('buffer', drawn.buffers), ...prefixed('carry', emptyCarry(model, 1)) });
  const batch = exampleBatch(1, [3]);

  let before: HostTensors | null = null;
  for (let k = 0; k < 3; k++) {
    const evaluation = await evaluator.step(batch, k === 0);
    const frames: HostTensors = await session.run({
      inputs: { shape: [1, 6], data: batch.inputs }, reset: { shape: [1], data: Float32Array.of(k === 0 ? 1 : 0) }, puzzle_emb: { shape: [1, 8], data: puzzleEmb.rows(batch.puzzleIdentifiers) },
    });
    expect(updates).toEqual([1, 2, 3].flatMap(t => [{ t, i: 1, feature: 'z_L' }, { t, i: 2, feature: 'z_L' }, { t, i: 3, feature: 'z_H' }]));
    const row = (name: string, frame: number): number[] => [...frames[name]!.data.subarray(frame * 6, frame * 6 + 6)];
    expect(frames.y_tokens!.shape).toEqual([9, 6]);
    expect(row('y_tokens', 8)).toEqual([...evaluation.predictions!.data]);
    expect(frames.q_halt!.data[0]).toBeCloseTo(evaluation.q_halt!.data[0]!, 6);
    // y changes only at the updates of y, z only at those of z.
    updates.forEach(({ feature }, frame) => {
      if (frame === 0 && !before) return;
      const same = (name: string): boolean => String(row(name, frame)) === String(frame === 0 ? [...before![name]!.data.subarray(48)] : row(name, frame - 1));
      expect(same('y_prob'), `y at frame ${frame} of step ${k}`).toBe(feature !== 'z_H');
      expect(same('z_prob'), `z at frame ${frame} of step ${k}`).toBe(feature !== 'z_L');
    });
    expect([...frames.change!.data].every(change => change > 0 && Number.isFinite(change))).toBe(true);
    expect([...frames.y_prob!.data, ...frames.z_prob!.data].every(p => p > 1 / 5 - 1e-6 && p <= 1)).toBe(true);
    before = frames;
  }
  session.dispose();
  evaluator.dispose();
});

describe('every architecture has frames that say what it updated', () => {
  const times = (n: number, frames: (t: number) => Update[]): Update[] => Array.from({ length: n }, (_, t) => frames(t + 1)).flat();
  const z = (t: number, i: number, feature = 'z_L'): Update => ({ t, i, feature });
  const y = (t: number, i: number): Update => ({ t, i, feature: 'z_H' });

  test.each<[string, object, Update[]]>([
    ['trm, separate networks, one-step gradient', { separate_networks: true, gradient: 'one_step' }, times(2, t => [z(t, 1), z(t, 2), y(t, 3)])],
    ['trm_singlez', { name: 'trm_singlez' }, times(2, t => [z(t, 1), z(t, 2), z(t, 3)])],
    ['trm_hier6', { name: 'trm_hier6', z_features: 3 }, times(2, t => [z(t, 1, 'z_L1'), z(t, 2, 'z_L2'), y(t, 3)])],
    ['hrm', { name: 'hrm' }, times(2, t => [z(t, 1), z(t, 2), y(t, 3)])],
    ['transformers_baseline', { name: 'transformers_baseline', pos_encodings: 'rope' }, [y(1, 1)]],
    ['direct', { name: 'direct' }, [y(1, 1)]],
    ['deq, its iterates and the answer', { name: 'deq', solver_iterations: 4 }, [z(1, 1), z(1, 2), z(1, 3), z(1, 4), z(1, 5)]],
  ])('%s', async (_, options, expected) => {
    const engine = await openCpu();
    const { arch } = exampleConfig(options);
    const model = buildModel(arch, exampleData);
    const drawn = initialWeights(arch, exampleData, 2);
    const puzzleEmb = new PuzzleEmbeddings(exampleTensor([7, 8], 6).data as Float32Array, 8);
    const evaluator = new Evaluator(engine, model, arch, { which: 'model', model: drawn.model, buffers: drawn.buffers, puzzleEmb }, 1, { inspect: true });
    const updates: Update[] = [];
    const session = engine.session(traceStep(model, arch, updates), { ...prefixed('model', drawn.model), ...prefixed('buffer', drawn.buffers), ...prefixed('carry', emptyCarry(model, 1)) });
    const batch = exampleBatch(1, [3]);
    try {
      for (let k = 0; k < arch.halt_max_steps; k++) {
        const evaluation = await evaluator.step(batch, k === 0);
        const frames = await session.run({ inputs: { shape: [1, 6], data: batch.inputs }, reset: { shape: [1], data: Float32Array.of(k === 0 ? 1 : 0) }, puzzle_emb: { shape: [1, 8], data: puzzleEmb.rows(batch.puzzleIdentifiers) } });
        expect(updates).toEqual(expected);
        expect(frames.y_tokens!.shape).toEqual([expected.length, 6]);
        expect([...frames.y_tokens!.data.subarray(-6)]).toEqual([...evaluation.predictions!.data]);
        expect(frames.q_continue!.data[0]).toBeCloseTo(evaluation.q_continue!.data[0]!, 6);
        // There is a z where there is a feature besides the answer; of several, the one updated last.
        expect('z_tokens' in frames).toBe(model.features.length > 1);
        expect(frames.change!.data.every((change: number) => change >= 0 && Number.isFinite(change))).toBe(true);
        const shown = (frame: number): string => String([...frames.z_prob!.data.subarray(frame * 6, frame * 6 + 6)]);
        if (frames.z_prob) updates.forEach(({ feature }, frame) => { if (frame > 0) expect(shown(frame) !== shown(frame - 1), `z at frame ${frame}`).toBe(feature !== 'z_H'); });
      }
    } finally {
      session.dispose();
      evaluator.dispose();
    }
  });
});
