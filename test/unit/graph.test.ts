/** The compiled step on small functions: what goes into the graph, what stays in the session, what is refused. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/engine/engine';
import type { HostTensor, HostTensors, StepFunction } from '../../src/engine/engine';
import { EagerSession } from '../../src/engine/eager-session';
import { CompiledSession } from '../../src/engine/graph/compiled-session';
import { openTensorflow } from '../../src/engine/tensorflow';
import { findRuntime } from '../../src/runtime/find';

const runtime = await findRuntime();
const reason = runtime.state === 'ready' ? '' : ` (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`;

const floats = (...values: number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) });
const ints = (...values: number[]): HostTensor => ({ shape: [values.length], data: Int32Array.from(values) });
const values = (tensors: HostTensors): Record<string, number[]> => Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));

describe.skipIf(runtime.state !== 'ready')(`compiled steps${reason}`, () => {
  let backend: NodeJSKernelBackend;
  let open: CompiledSession[] = [];
  beforeAll(async () => {
    await openTensorflow();
    backend = tf.backend() as unknown as NodeJSKernelBackend;
  });
  afterEach(() => {
    for (const session of open) session.dispose();
    open = [];
  });
  const session = (step: StepFunction, state: HostTensors): CompiledSession => {
    const opened = new CompiledSession(backend, step, state);
    open.push(opened);
    return opened;
  };

  it('keeps state in the session from run to run, and leaves alone what is not returned', async () => {
    const counter = session((state, inputs) => ({ state: { sum: tf.add(state.sum!, inputs.x!) }, outputs: { before: state.sum!, scaled: tf.mul(state.sum!, state.scale!) } }), { sum: floats(1, 2), scale: floats(10, 10) });
    expect(values(await counter.run({ x: floats(5, 5) }))).toEqual({ before: [1, 2], scaled: [10, 20] });
    expect(values(await counter.run({ x: floats(1, 1) }))).toEqual({ before: [6, 7], scaled: [60, 70] });
    expect(values(await counter.read())).toEqual({ sum: [7, 8], scale: [10, 10] });
    expect(values(await counter.read(['scale']))).toEqual({ scale: [10, 10] });
  });

  it('reads every variable before it assigns any: two tensors change places', async () => {
    const swap = session(state => ({ state: { a: state.b!, b: state.a! }, outputs: {} }), { a: floats(1), b: floats(2) });
    for (const [a, b] of [[2, 1], [1, 2], [2, 1]]) {
      await swap.run({});
      expect(values(await swap.read())).toEqual({ a: [a], b: [b] });
    }
  });

  it('takes written state, before the first run and after', async () => {
    const doubling = session(state => ({ state: { w: tf.mul(state.w!, 2) }, outputs: { w: state.w! } }), { w: floats(1) });
    doubling.write({ w: floats(3) });
    expect(values(await doubling.run({}))).toEqual({ w: [3] });
    doubling.write({ w: floats(5) });
    expect(values(await doubling.run({}))).toEqual({ w: [5] });
    expect(values(await doubling.read())).toEqual({ w: [10] });
  });

  it('computes with whole numbers, truth values and constants of all kinds', async () => {
    const mixed: StepFunction = (_, inputs) => {
      const large = tf.greater(inputs.x!, tf.tensor1d([0.5, 1.5, 2.5]));
      return {
        state: {},
        outputs: {
          large: tf.cast(large, 'int32'),
          chosen: tf.where(large, inputs.x!, tf.zerosLike(inputs.x!)),
          hot: tf.oneHot(tf.cast(inputs.label!, 'int32'), 3),
          both: tf.cast(tf.logicalAnd(large, tf.notEqual(inputs.label!, tf.scalar(1, 'int32'))), 'float32'),
        },
      };
    };
    const inputs = { x: floats(1, 1, 3), label: ints(0, 1, 2) };
    const compiled = session(mixed, {});
    await compiled.run({ x: floats(0, 0, 0), label: ints(2, 2, 2) }); // the recording's own numbers must not stick
    const eager = new EagerSession('tensorflow', mixed, {});
    expect(values(await compiled.run(inputs))).toEqual(values(await eager.run(inputs)));
    eager.dispose();
  });

  it('takes gradients, also of operations with a gradient of their own', async () => {
    const cube = tf.customGrad(((x: tf.Tensor, save: (saved: tf.Tensor[]) => void) => {
      save([x]);
      return { value: tf.pow(x, 3), gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => tf.mul(dy, tf.mul(3, tf.square(x!))) };
    }) as Parameters<typeof tf.customGrad>[0]);
    const step: StepFunction = ({ w }, { x }) => {
      const [dw] = tf.grads((w: tf.Tensor) => tf.sum(cube(tf.mul(w, x!))))([w!]);
      return { state: { w: tf.sub(w!, tf.mul(dw!, 0.1)) }, outputs: { dw: dw! } };
    };
    const descent = session(step, { w: floats(1, 2) });
    expect(values(await descent.run({ x: floats(1, 2) }))).toEqual({ dw: [3, 96] }); // 3 w^2 x^3
    expect((await descent.read()).w!.data[1]).toBeCloseTo(2 - 9.6, 5);
  });

  it('hands back several outputs of one operation', async () => {
    const split = session((_, { x }) => {
      const [left, right] = tf.split(x!, 2);
      return { state: {}, outputs: { left: left!, right: right!, turned: tf.reverse(right!) } };
    }, {});
    expect(values(await split.run({ x: floats(1, 2, 3, 4) }))).toEqual({ left: [1, 2], right: [3, 4], turned: [4, 3] });
  });

  it('refuses a step that reads values, and names what depended on them', async () => {
    const peeking = session((_, { x }) => ({ state: {}, outputs: { y: tf.mul(x!, tf.scalar(x!.dataSync()[0]!)) } }), {});
    const error: unknown = await peeking.run({ x: floats(2, 3) }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).message).toMatch(/a constant float32 .*used by Mul.* changes with the data/);
  });

  it('refuses a step whose operations depend on values', async () => {
    const branching = session((_, { x }) => ({ state: {}, outputs: { y: x!.dataSync()[0]! > 2.005 ? tf.square(x!) : tf.neg(x!) } }), {});
    await expect(branching.run({ x: floats(2) })).rejects.toThrow(/with other data, operation \d+ is Square instead of Neg/);
  });

  it('refuses batches of another size, unknown state and other shapes, and goes on', async () => {
    const step = session(({ w }, { x }) => ({ state: { w: tf.add(w!, tf.sum(x!)) }, outputs: {} }), { w: floats(0) });
    await step.run({ x: floats(1, 2) });
    await expect(step.run({ x: floats(1, 2, 3) })).rejects.toThrow('Input "x" is float32 [3]; the step was compiled for float32 [2].');
    expect(() => step.write({ v: floats(1) })).toThrow('The session has no state called "v"; it has w.');
    expect(() => step.write({ w: floats(1, 2) })).toThrow('State "w" is float32 [1]; float32 [2] was given.');
    await step.run({ x: floats(4, 5) });
    expect(values(await step.read())).toEqual({ w: [12] });
  });

  it('frees all it took, and can be opened anew', async () => {
    const step: StepFunction = ({ w }, { x }) => ({ state: { w: tf.add(w!, x!) }, outputs: { w: w! } });
    const before = { tensors: tf.memory().numTensors, handles: backend.binding.getNumOfTensors(), models: backend.binding.getNumOfSavedModels() };
    for (let i = 0; i < 3; i++) {
      const one = new CompiledSession(backend, step, { w: floats(i) });
      for (let k = 0; k < 20; k++) await one.run({ x: floats(1) });
      expect(values(await one.read())).toEqual({ w: [i + 20] });
      one.dispose();
      await expect(one.run({ x: floats(1) })).rejects.toThrow('Cannot run a session that was disposed.');
    }
    expect({ tensors: tf.memory().numTensors, handles: backend.binding.getNumOfTensors(), models: backend.binding.getNumOfSavedModels() }).toEqual(before);
  });
});
