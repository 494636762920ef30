/**
 * What every engine promises: a training-like step gives the same numbers on each, the same bits when repeated, leaks
 * nothing, and is all or nothing when it fails. The tensorflow engine takes part where a compute runtime is set up.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/engine/choose';
import { openCpu } from '../../src/engine/cpu';
import { EngineError } from '../../src/engine/engine';
import type { Engine, HostTensor, HostTensors, StepFunction, TensorMap } from '../../src/engine/engine';
import { openTensorflow } from '../../src/engine/tensorflow';
import { openWasm } from '../../src/engine/wasm';
import { findRuntime } from '../../src/runtime/find';

const runtime = await findRuntime();
const reason = runtime.state === 'ready' ? '' : ` (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`;
const engines = [
  { name: 'cpu', open: openCpu, there: true },
  { name: 'wasm', open: () => openWasm(), there: true },
  { name: `tensorflow${reason}`, open: () => openTensorflow(), there: runtime.state === 'ready' },
  { name: `tensorflow, operation by operation${reason}`, open: () => openTensorflow({ compiled: false }), there: runtime.state === 'ready' },
];

/** Numbers in -scale..scale, the same in every process. */
function numbers(shape: number[], seed: number, scale = 1): HostTensor {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state / 2 ** 32) * 2 - 1) * scale;
  });
  return { shape, data };
}

const B = 4, S = 6, D = 8, I = 12, V = 5;
const initial: HostTensors = {
  emb: numbers([V, D], 1), gate: numbers([D, I], 2, 0.4), up: numbers([D, I], 3, 0.4), down: numbers([I, D], 4, 0.4), mix: numbers([S, S], 5, 0.4), head: numbers([D, V], 6, 0.4),
  m: numbers([D, I], 7, 0), carry: numbers([B, S, D], 8), steps: { shape: [B], data: new Int32Array(B) },
};
const parameters = ['emb', 'gate', 'up', 'down', 'mix', 'head'];

/** A small recursive step: embed, mix tokens, SwiGLU, RMS norm, cross-entropy, gradients, update, carried state. */
const step: StepFunction = (state, inputs) => {
  const tokens = inputs['tokens']!;
  let next: tf.Tensor | undefined;
  const lossOf = (weights: TensorMap): tf.Tensor => {
    const x = tf.reshape(tf.gather(weights['emb']!, tf.reshape(tokens, [B * S])), [B, S, D]);
    let h: tf.Tensor = tf.add(x, state['carry']!);
    const mixed = tf.reshape(tf.matMul(tf.reshape(tf.transpose(h, [0, 2, 1]), [B * D, S]), weights['mix']!, false, true), [B, D, S]);
    h = tf.add(h, tf.transpose(mixed, [0, 2, 1]));
    const flat = tf.reshape(h, [B * S, D]);
    const g = tf.matMul(flat, weights['gate']!);
    const y = tf.add(flat, tf.matMul(tf.mul(tf.mul(g, tf.sigmoid(g)), tf.matMul(flat, weights['up']!)), weights['down']!));
    const z = tf.mul(y, tf.rsqrt(tf.add(tf.mean(tf.square(y), -1, true), 1e-5)));
    next = tf.keep(tf.reshape(z, [B, S, D]));
    const logits = tf.matMul(z, weights['head']!);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(tf.reshape(tokens, [B * S]), V), tf.logSoftmax(logits)), -1)));
  };
  let loss: tf.Tensor | undefined;
  const gradients = tf.grads((...values: tf.Tensor[]) => (loss = tf.keep(lossOf(Object.fromEntries(parameters.map((name, i) => [name, values[i]!]))))))(parameters.map(name => state[name]!));
  const updated: TensorMap = {};
  parameters.forEach((name, i) => (updated[name] = tf.sub(state[name]!, tf.mul(tf.atan2(gradients[i]!, tf.add(tf.abs(gradients[i]!), 0.1)), inputs['lr']!))));
  const halted = tf.greater(tf.sum(tf.reshape(next!, [B, S * D]), 1), 0);
  updated['carry'] = next!;
  updated['steps'] = tf.where(halted, tf.zerosLike(state['steps']!), tf.add(state['steps']!, tf.scalar(1, 'int32')));
  return { state: updated, outputs: { loss: loss!, halted, same: state['m']! } };
};
const batch = (seed: number): HostTensors => ({
  tokens: { shape: [B, S], data: Int32Array.from(numbers([B, S], seed).data, v => Math.floor(((v + 1) / 2) * V * 0.9999)) },
  lr: { shape: [], data: Float32Array.of(0.01) },
});

async function train(engine: Engine, count: number): Promise<{ losses: number[]; state: HostTensors }> {
  const session = engine.session(step, initial);
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push((await session.run(batch(i)))['loss']!.data[0]!);
  const state = await session.read();
  session.dispose();
  return { losses, state };
}

let reference: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  reference = await train(await openCpu(), 5);
});

for (const { name, open, there } of engines)
  describe.skipIf(!there)(`engine ${name}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => expect(engine.memory().tensors, 'tensors left behind').toBe(0));

    it('shares one tfjs-core with its backend', () => {
      expect(tf.backend()).toBeInstanceOf(tf.KernelBackend);
    });

    it('trains as plain JavaScript does', async () => {
      const { losses, state } = await train(engine, 5);
      losses.forEach((loss, i) => expect(loss).toBeCloseTo(reference.losses[i]!, 4));
      expect(losses[4]).not.toBe(losses[0]);
      for (const [key, { shape, data }] of Object.entries(state)) {
        expect(shape).toEqual(initial[key]!.shape);
        expect(data.constructor, key).toBe(initial[key]!.data.constructor);
        data.forEach((value, i) => expect(Math.abs(value - reference.state[key]!.data[i]!), `${key}[${i}]`).toBeLessThan(1e-4));
      }
    });

    it('gives the same bits again', async () => {
      const first = await train(engine, 3);
      expect(await train(engine, 3)).toEqual(first);
    });

    it('goes on from a state that was written', async () => {
      const long = engine.session(step, initial);
      await long.run(batch(0));
      const middle = await long.read();
      const after = await long.run(batch(1));
      const other = engine.session(step, initial);
      other.write(middle);
      expect(await other.run(batch(1))).toEqual(after);
      expect(await other.read()).toEqual(await long.read());
      long.dispose();
      other.dispose();
    });

    it('leaks nothing in many steps', async () => {
      const session = engine.session(step, initial);
      await session.run(batch(0));
      const before = engine.memory();
      for (let i = 0; i < 100; i++) await session.run(batch(i));
      expect(engine.memory()).toEqual(before);
      session.dispose();
      expect(engine.memory().tensors).toBe(0);
    });

    it('does not share memory with the caller', async () => {
      const mine: HostTensor = { shape: [2], data: Float32Array.of(1, 2) };
      const session = engine.session(({ x }) => ({ state: {}, outputs: { x: x! } }), { x: mine });
      mine.data[0] = 99;
      const { x } = await session.run({});
      expect(Array.from(x!.data)).toEqual([1, 2]);
      x!.data[0] = 77;
      expect(Array.from((await session.read(['x']))['x']!.data)).toEqual([1, 2]);
      session.dispose();
    });

    it('keeps every name apart when a step hands operands back', async () => {
      const session = engine.session(({ a, b }, { c }) => ({ state: { a: b!, b: a! }, outputs: { a: a!, a2: a!, c: c! } }), { a: { shape: [1], data: Float32Array.of(1) }, b: { shape: [1], data: Float32Array.of(2) } });
      const c: HostTensor = { shape: [1], data: Float32Array.of(3) };
      for (const [a, b] of [[1, 2], [2, 1], [1, 2]]) {
        expect((await session.read())['a']!.data[0]).toBe(a);
        const outputs = await session.run({ c });
        expect([outputs['a']!.data[0], outputs['a2']!.data[0], outputs['c']!.data[0]]).toEqual([a, a, 3]);
        expect((await session.read())['b']!.data[0]).toBe(a);
        expect((await session.read())['a']!.data[0]).toBe(b);
      }
      session.dispose();
    });

    it('stays as it was when a step fails', async () => {
      const session = engine.session(({ x }, { bad }) => ({ state: { x: tf.add(x!, 1) }, outputs: { y: tf.matMul(x as tf.Tensor2D, bad as tf.Tensor2D) } }), { x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
      const failure = await session.run({ bad: { shape: [3, 3], data: new Float32Array(9) } }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(EngineError);
      expect((failure as EngineError).next).not.toBe('');
      expect(Array.from((await session.read())['x']!.data)).toEqual([1, 2, 3, 4]);
      await session.run({ bad: { shape: [2, 2], data: new Float32Array(4) } });
      expect(Array.from((await session.read())['x']!.data)).toEqual([2, 3, 4, 5]);
      session.dispose();
    });

    it('refuses state of another name, shape or type, and use after the end', async () => {
      const session = engine.session(({ x }) => ({ state: { x: tf.reshape(x!, [1, 2]) }, outputs: {} }), { x: { shape: [2], data: Float32Array.of(1, 2) } });
      expect(() => session.write({ y: { shape: [2], data: new Float32Array(2) } })).toThrow(/no state called "y"/);
      expect(() => session.write({ x: { shape: [3], data: new Float32Array(3) } })).toThrow(/\[2\].*\[3\]/);
      expect(() => session.write({ x: { shape: [2], data: new Int32Array(2) } })).toThrow(/float32.*int32/);
      expect(() => session.write({ x: { shape: [2], data: new Float32Array(5) } })).toThrow(/needs 2 values, 5/);
      await expect(session.run({})).rejects.toThrow(/\[2\].*\[1, 2\]/);
      const running = engine.session(state => ({ state: {}, outputs: state }), { x: { shape: [], data: Float32Array.of(1) } });
      const first = running.run({});
      await expect(running.run({})).rejects.toThrow(/while a step runs/);
      await first;
      session.dispose();
      running.dispose();
      await expect(session.read()).rejects.toMatchObject({ code: 'bad_state' });
    });
  });

describe('choosing an engine', () => {
  it('takes wasm where there is no runtime, and says why', async () => {
    const { engine, why, notes } = await chooseEngine('auto', { runtimeDir: '/nonexistent/runtime' });
    expect(engine.name).toBe('wasm');
    expect(why).toMatch(/no TensorFlow runtime at \/nonexistent\/runtime.*trm setup/);
    expect(notes).toEqual([]);
  });

  it.skipIf(runtime.state !== 'ready')('takes tensorflow where it works', async () => {
    const { engine, why } = await chooseEngine('auto');
    expect(engine.name).toBe('tensorflow');
    expect(why).toMatch(/^tensorflow: /);
  });

  it.skipIf(runtime.state !== 'ready')('gives all threads to every operation of a short job, and rows of its own to each thread of a long one', async () => {
    const open = async (options: { rows: number; runs?: number }): Promise<number> => (await openTensorflow({ ...options, threads: 2, device: 'cpu' })).lanes;
    expect(await open({ rows: 64 })).toBe(2);
    expect(await open({ rows: 64, runs: 128 })).toBe(2);
    expect(await open({ rows: 64, runs: 16 })).toBe(1);
  });

  it('does not replace an engine that was asked for', async () => {
    await expect(chooseEngine('tensorflow', { runtimeDir: '/nonexistent/runtime' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses bfloat16 where there is none, and says so when auto goes on without', async () => {
    await expect(chooseEngine('wasm', { forwardDtype: 'bfloat16' })).rejects.toThrow(/bfloat16/);
    const { forwardDtype, notes } = await chooseEngine('auto', { runtimeDir: '/nonexistent/runtime', forwardDtype: 'bfloat16' });
    expect(forwardDtype).toBe('float32');
    expect(notes.join()).toMatch(/bfloat16.*float32/);
  });
});

describe('wasm memory', () => {
  it('reports memory that ran out as such, and works on', async () => {
    const engine = await openWasm();
    const session = engine.session(({ x }, { size }) => ({ state: {}, outputs: { y: tf.add(x!, tf.sum(tf.fill([size!.shape[0], 1024, 1024], 1))) } }), { x: { shape: [], data: Float32Array.of(1) } });
    for (const gibiElements of [1024, 1100, 4096]) // of 4 bytes: at and above what an address can hold
      await expect(session.run({ size: { shape: [gibiElements], data: new Float32Array(gibiElements) } })).rejects.toMatchObject({ code: 'out_of_memory' });
    session.dispose();
    expect(engine.memory().tensors).toBe(0);
    const small = engine.session(({ x }) => ({ state: {}, outputs: { y: tf.add(x!, 1) } }), { x: { shape: [], data: Float32Array.of(1) } });
    expect((await small.run({}))['y']!.data[0]).toBe(2);
    small.dispose();
  });
});
