/** The compiled step on small functions: what goes into the graph, what stays in the session, what is refused. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { FormatBackend } from '../../src/engine/bfloat16';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/engine/engine';
import type { HostTensor, HostTensors, StepFunction } from '../../src/engine/engine';
import { EagerSession } from '../../src/engine/eager-session';
import { CompiledSession, unshared } from '../../src/engine/graph/compiled-session';
import { record } from '../../src/engine/graph/record';
import type { CallNode } from '../../src/engine/graph/recording';
import { fused } from '../../src/engine/fused';
import { overRows } from '../../src/engine/row-parts';
import type { RowPlan } from '../../src/engine/row-parts';
import { openTensorflow } from '../../src/engine/tensorflow';
import { numberFormat } from '../../src/model/number-format';
import { findRuntime } from '../../src/runtime/find';

const runtime = await findRuntime();
const reason = runtime.state === 'ready' ? '' : ` (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`;

const floats = (...values: number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) });
const ints = (...values: number[]): HostTensor => ({ shape: [values.length], data: Int32Array.from(values) });
const values = (tensors: HostTensors): Record<string, number[]> => Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));

describe.skipIf(runtime.state !== 'ready')(`compiled steps${reason}`, () => {
  let backend: FormatBackend;
  let open: CompiledSession[] = [];
  beforeAll(async () => {
    await openTensorflow();
    backend = tf.backend() as unknown as FormatBackend;
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

  it('lends no memory of an array to TensorFlow, which would give it back in a thread that is not Node\'s', () => {
    const { binding } = backend;
    // As it is, memory is lent where it happens to lie on a boundary of 64 bytes: of many arrays, some do.
    const lent = (prepare: (data: Float32Array) => Float32Array): number => Array.from({ length: 200 }, (_, i) => {
      const data = prepare(new Float32Array(32 + (i % 16)).fill(1));
      const id = binding.createTensor([data.length], binding.TF_FLOAT, data);
      data.fill(2);
      const [first] = binding.tensorDataSync(id) as Float32Array;
      binding.deleteTensor(id);
      return first === 2 ? 1 : 0;
    }).reduce<number>((a, b) => a + b, 0);
    expect(lent(data => data), 'the check itself: arrays handed over as they are').toBeGreaterThan(0);
    expect(lent(unshared)).toBe(0);
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

  it('computes no product while it is recorded, only one term of it: its shape, and one operation in the graph', () => {
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R3>([2, 3, 4]);
      const { recording, results } = record(backend, { state: {}, inputs: { x } }, () => ({
        of_inputs: tf.matMul(x, x, false, true), transposed: tf.matMul(x, x, true), of_constants: tf.matMul(tf.ones([2, 5]), tf.ones([5, 1])),
      }));
      expect(Object.values(results).map(({ shape }) => shape)).toEqual([[2, 3, 3], [2, 4, 4], [2, 1]]);
      expect(Object.values(results).map(tensor => tensor.dataSync()[0])).toEqual([1, 1, 5]); // constants may be read
      expect(recording.nodes.flatMap(node => (node.kind === 'operation' && /MatMul|Slice/.test(node.op) ? [node.op] : []))).toEqual(['BatchMatMulV2', 'BatchMatMulV2', 'BatchMatMulV2']);
    });
  });

  it('hands back several outputs of one operation', async () => {
    const split = session((_, { x }) => {
      const [left, right] = tf.split(x!, 2);
      return { state: {}, outputs: { left: left!, right: right!, turned: tf.reverse(right!) } };
    }, {});
    expect(values(await split.run({ x: floats(1, 2, 3, 4) }))).toEqual({ left: [1, 2], right: [3, 4], turned: [4, 3] });
  });

  it('computes with every kind of operation as it does one by one', async () => {
    type Case = (x: tf.Tensor2D, y: tf.Tensor2D, i: tf.Tensor1D, j: tf.Tensor1D) => tf.Tensor | tf.Tensor[];
    const cases: Record<string, Case> = {
      'whole numbers': (_x, _y, i, j) => [tf.add(i, j), tf.floorDiv(j, tf.add(i, 1)), tf.mul(i, tf.scalar(3, 'int32')), tf.sum(i), tf.max(i), tf.matMul(tf.reshape(i, [2, 2]), tf.reshape(j, [2, 2]))],
      'mixed types': (x, _y, i) => [tf.add(tf.reshape(i, [4, 1]), x), tf.cast(tf.mul(x, 10), 'int32'), tf.cast(x, 'bool')],
      'truth values': (x, y) => [tf.all(tf.less(x, y), 1), tf.any(tf.less(x, y), 1), tf.logicalXor(tf.less(x, y), tf.greater(x, 0)), tf.logicalNot(tf.less(x, y)), tf.logicalOr(tf.less(x, y), tf.tensor2d(new Array<boolean>(24).fill(false), [4, 6], 'bool')), tf.sum(tf.less(x, y)), tf.isNaN(tf.div(x, tf.sub(x, x)))],
      'reductions': x => [tf.mean(x, 0, true), tf.prod(x, 1), tf.argMax(x, 1), tf.argMin(x, 0), tf.logSumExp(x, 1), tf.cumsum(x, 1), tf.min(x)],
      'several outputs': (x, _y, i) => { const best = tf.topk(x, 2); const largest = tf.topk(i, 2); const { mean, variance } = tf.moments(x, 1); return [best.values, best.indices, largest.values, largest.indices, ...tf.split(x, [1, 2, 3], 1), ...tf.unstack(x, 1), mean, variance, tf.unique(i).indices]; },
      'layout': (x, y) => [tf.transpose(x), tf.concat([x, y], 1), tf.stack([x, y], 2), tf.slice(x, [1, 2], [2, 3]), tf.stridedSlice(x, [0, 0], [4, 6], [2, 3]), tf.tile(x, [2, 1]), tf.pad(x, [[1, 0], [0, 2]], 3), tf.reverse(x, 1), tf.broadcastTo(tf.slice(x, [0, 0], [1, 6]), [5, 6]), tf.expandDims(x, 1)],
      'indices': (x, _y, i) => [tf.gather(x, i), tf.gather(x, i, 1), tf.gatherND(x, tf.reshape(i, [2, 2])), tf.scatterND(tf.reshape(i, [4, 1]), x, [4, 6]), tf.oneHot(i, 5), tf.unsortedSegmentSum(x, i, 4), tf.bincount(i, tf.tensor1d([]), 5)],
      'products': (x, y) => [tf.matMul(x, y, false, true), tf.matMul(tf.reshape(x, [2, 2, 6]), tf.reshape(y, [2, 2, 6]), true), tf.fused.matMul({ a: x, b: y, transposeB: true, activation: 'relu' }), tf.einsum('ij,kj->ik', x, y), tf.matMul(x, tf.eye(6)), tf.conv2d(tf.reshape<tf.Rank.R4>(x, [1, 4, 6, 1]), tf.reshape<tf.Rank.R4>(tf.slice(y, [0, 0], [2, 2]), [2, 2, 1, 1]), 1, 'same')],
      'constants': (x, _y, i) => [tf.tensor1d([1, 2]), tf.tensor1d([true, false], 'bool'), tf.scalar(5, 'int32'), tf.add(tf.fill([4], 3, 'int32'), i), tf.add(tf.range(0, 4, 1, 'int32'), i), tf.add(tf.linspace(0, 1, 6), x), tf.add(x, tf.tensor1d(new Float32Array(20).fill(2).subarray(3, 9)))],
      'nothing': x => [tf.slice(x, [0, 0], [0, 6]), tf.concat([x, tf.zeros([0, 6])]), tf.sum(tf.zeros([0]))],
      'what comes in': (x, _y, i) => [x, i, tf.clone(x), tf.reshape(x, [24]), ...((t: tf.Tensor) => [t, t])(tf.neg(x))],
      'gradients': (x, y, i) => [tf.grad(w => tf.sum(tf.mul(tf.gather(w, i), y)))(x), ...tf.grads((a, b) => tf.sum(tf.square(tf.concat([a, b], 1))))([x, y]), tf.grad(a => tf.sum(tf.max(a, 1)))(x), tf.grad(a => tf.sum(tf.square(tf.split(a, 2, 1)[0]!)))(x), tf.grad(a => tf.sum(tf.mul(tf.softmax(a), y)))(x)],
    };
    for (const [name, make] of Object.entries(cases)) {
      const step: StepFunction = (_, { x, y, i, j }) => {
        const made = make(x as tf.Tensor2D, y as tf.Tensor2D, i as tf.Tensor1D, j as tf.Tensor1D);
        return { state: {}, outputs: Object.fromEntries((Array.isArray(made) ? made : [made]).map((tensor, k) => [`${name} ${k}`, tensor])) };
      };
      const eager = new EagerSession('tensorflow', step, {});
      const compiled = session(step, {});
      for (const seed of [1, 2, 3]) {
        const wave = (by: number): HostTensor => ({ shape: [4, 6], data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(7.3 * (seed + by) + 1.7 * i) + 0.1) });
        const inputs = { x: wave(0), y: wave(10), i: ints(seed, 1, 3, 0), j: ints(1, seed, 2, 3) };
        const expected = await eager.run(inputs);
        const actual = await compiled.run(inputs);
        expect(Object.keys(actual)).toEqual(Object.keys(expected));
        for (const [output, { shape, data }] of Object.entries(expected)) {
          expect({ shape: actual[output]!.shape, type: actual[output]!.data.constructor.name }, output).toEqual({ shape, type: data.constructor.name });
          data.forEach((value: number, k: number) => {
            if (Number.isFinite(value)) expect(actual[output]!.data[k], `${output}[${k}]`).toBeCloseTo(value, 5);
            else expect(actual[output]!.data[k], `${output}[${k}]`).toBe(value);
          });
        }
      }
      eager.dispose();
    }
  });

  it('assigns what the function says: inputs, constants, one tensor twice, old and new values, whole numbers', async () => {
    const step: StepFunction = ({ a, b, n }, { x }) => {
      const sum = tf.add(a!, x!);
      return {
        state: { a: sum, b: sum, kept: x!, fixed: tf.tensor1d([7]), n: tf.add(n!, tf.scalar(1, 'int32')) },
        outputs: { old: b!, product: tf.mul(a!, sum), n: n! },
      };
    };
    const state = { a: floats(1), b: floats(2), kept: floats(0), fixed: floats(0), n: ints(5) };
    const compiled = session(step, state);
    const eager = new EagerSession('tensorflow', step, state);
    for (const x of [3, 4, 5]) {
      expect(values(await compiled.run({ x: floats(x) }))).toEqual(values(await eager.run({ x: floats(x) })));
      expect(values(await compiled.read())).toEqual(values(await eager.read()));
    }
    eager.dispose();
    expect(values(await compiled.read())).toEqual({ a: [13], b: [13], kept: [5], fixed: [7], n: [8] });
  });

  it('takes any names, also one name for a state tensor, an input and an output', async () => {
    const odd = 'a,b:0/^ü';
    const step = session((state, inputs) => ({ state: { x: tf.add(state.x!, inputs.x!), [odd]: inputs[odd]! }, outputs: { x: state.x!, 's:x': inputs.x!, [odd]: state[odd]! } }), { x: floats(1), [odd]: floats(2) });
    expect(values(await step.run({ x: floats(10), [odd]: floats(3) }))).toEqual({ x: [1], 's:x': [10], [odd]: [2] });
    expect(values(await step.run({ x: floats(20), [odd]: floats(4) }))).toEqual({ x: [11], 's:x': [20], [odd]: [3] });
    expect(values(await step.read())).toEqual({ x: [31], [odd]: [4] });
  });

  it('carries NaN and infinity, in state and outputs, and takes finite state again', async () => {
    const step = session(({ n }) => ({ state: { n: tf.add(n!, 1) }, outputs: { n: n! } }), { n: floats(NaN, Infinity, 1) });
    for (const last of [1, 2]) expect(values(await step.run({}))).toEqual({ n: [NaN, Infinity, last] });
    step.write({ n: floats(1, 2, NaN) });
    expect(values(await step.run({}))).toEqual({ n: [1, 2, NaN] });
    expect(values(await step.read())).toEqual({ n: [2, 3, NaN] });
  });

  describe('refuses a step that would not be the same as a graph', () => {
    const three = { x: floats(2, 3), i: ints(2, 2) };
    const refusals: readonly [what: string, step: () => StepFunction, said: RegExp][] = [
      ['a constant made from an input\'s values', () => (_, { x }) => ({ state: {}, outputs: { y: tf.mul(x!, tf.scalar(x!.dataSync()[0]!)) } }), /it reads the values of input "x"/],
      // With other data of the same kind the constant is the same: only reading it tells.
      ['one made from whole numbers that are all equal', () => (_, { i }) => ({ state: {}, outputs: { y: tf.mul(i!, tf.scalar(i!.dataSync()[0]!, 'int32')) } }), /it reads the values of input "i"/],
      ['a constant made from the state', () => ({ w }) => ({ state: {}, outputs: { y: tf.mul(w!, w!.arraySync()) } }), /it reads the values of state "w"/],
      ['a constant made from what was computed', () => (_, { x }) => ({ state: {}, outputs: { y: tf.mul(x!, tf.scalar(tf.max(x!).dataSync()[0]!)) } }), /it reads the values of an output of Max/],
      ['values read behind its back', () => (_, { x }) => {
        void tf.neg(x!).data().catch(() => undefined);
        return { state: {}, outputs: { y: x! } };
      }, /it reads the values of an output of Neg/],
      ['a branch on a value', () => (_, { x }) => ({ state: {}, outputs: { y: x!.dataSync()[0]! > 100 ? tf.square(x!) : tf.neg(x!) } }), /it reads the values of input "x"/],
      ['a shape that follows from a value', () => (_, { x }) => ({ state: {}, outputs: { y: tf.concat([x!, tf.zeros([Math.round(tf.sum(x!).dataSync()[0]!)])]) } }), /it reads the values of an output of Sum/],
      ['chance on the host', () => (_, { x }) => ({ state: {}, outputs: { y: tf.add(x!, tf.randomUniform([2])) } }), /a constant float32 \[2\], used by \w+, is another one when it is recorded again/],
      ['chance in the graph', () => (_, { x }) => ({ state: {}, outputs: { y: tf.multinomial(x as tf.Tensor1D, 2, 7) } }), /Multinomial draws random numbers/],
      ['operations that follow from earlier runs', () => {
        let runs = 0;
        return (_, { x }) => ({ state: {}, outputs: { y: runs++ % 2 ? tf.square(x!) : tf.neg(x!) } });
      }, /recorded again, operation \d+ is Square instead of Neg/],
      ['a number of operations that does', () => {
        let runs = 0;
        return (_, { x }) => ({ state: {}, outputs: { y: runs++ % 2 ? tf.neg(tf.neg(x!)) : tf.neg(x!) } });
      }, /recorded again, it takes \d+ operations and constants instead of \d+/],
      ['a choice of results that does', () => {
        let runs = 0;
        return (_, { x }) => {
          const both = [tf.neg(x!), tf.square(x!)] as const;
          return { state: {}, outputs: { y: both[runs++ % 2]! } };
        };
      }, /recorded again, it returns other results/],
    ];
    it.each(refusals)('%s', async (_, make, said) => {
      const step = session(make(), { w: floats(1, 2) });
      // What is not told by one recording is told before the second run; the first computes with what it was recorded with.
      if (/recorded again/.test(said.source)) await step.run(three);
      for (let i = 0; i < 2; i++) { // it does not wear off
        const error: unknown = await step.run(three).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(EngineError);
        expect((error as EngineError).message).toMatch(said);
      }
    });

    it('a variable of its own', async () => {
      const variable = tf.variable(tf.tensor1d([1, 2]), false, 'counter');
      const step = session((_, { x }) => ({ state: {}, outputs: { y: tf.mul(x!, variable) } }), {});
      await expect(step.run(three)).rejects.toThrow('it uses the variable counter');
      variable.dispose();
    });

    it('and leaves the engine as it was', async () => {
      const step = session((_, { x }) => ({ state: {}, outputs: { y: tf.scalar(x!.dataSync()[0]!) } }), {});
      await expect(step.run(three)).rejects.toThrow();
      const outside = tf.tensor1d([1, 2]);
      const doubled = tf.mul(outside, 2);
      expect([...doubled.dataSync()]).toEqual([2, 4]);
      expect([...await doubled.data()]).toEqual([2, 4]);
      tf.dispose([outside, doubled]);
    });
  });

  it('computes with constants that were worked out from constants, also by reading them', async () => {
    const step = session((_, { x }) => ({ state: {}, outputs: { y: tf.mul(x!, tf.scalar(tf.sum(tf.tensor1d([1, 2, 3])).dataSync()[0]!)) } }), {});
    expect(values(await step.run({ x: floats(1, 2) }))).toEqual({ y: [6, 12] });
  });

  it('names the operation that failed, when recording and when running, and goes on with the state it had', async () => {
    const crooked = session((_, { x, y }) => ({ state: {}, outputs: { z: tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D) } }), {});
    await expect(crooked.run({ x: { shape: [2, 3], data: new Float32Array(6) }, y: { shape: [2, 3], data: new Float32Array(6) } })).rejects.toThrow('BatchMatMulV2 of float32 [2, 3], float32 [2, 3]: ');
    const added = session((_, { x, y }) => ({ state: {}, outputs: { z: tf.add(x!, y!) } }), {});
    await expect(added.run({ x: floats(1, 2), y: floats(1, 2, 3) })).rejects.toThrow(/Add of float32 \[2\], float32 \[3\]: .*[Ii]ncompatible shapes: \[2\] vs. \[3\]/);

    const gathering = session(({ n }, { x, i }) => ({ state: { n: tf.add(n!, 1) }, outputs: { z: tf.gather(x!, i!) } }), { n: floats(0) });
    expect(values(await gathering.run({ x: floats(1, 2, 3), i: ints(1) }))).toEqual({ z: [2] });
    await expect(gathering.run({ x: floats(1, 2, 3), i: ints(9) })).rejects.toThrow(/GatherV2: .*9 is not in \[0, 3\)/);
    expect(values(await gathering.read())).toEqual({ n: [1] });
    expect(values(await gathering.run({ x: floats(1, 2, 3), i: ints(2) }))).toEqual({ z: [3] });
  });

  it('can be given the right inputs after a first run that failed', async () => {
    const step = session(({ w }, { x }) => ({ state: { w: tf.add(w!, x!) }, outputs: {} }), { w: floats(1, 2) });
    await expect(step.run({})).rejects.toMatchObject({ name: 'EngineError' });
    await step.run({ x: floats(1, 1) });
    expect(values(await step.read())).toEqual({ w: [2, 3] });
  });

  it('names an input that is missing, and one too many', async () => {
    const step = session((_, { x, y }) => ({ state: {}, outputs: { z: tf.add(x!, y!) } }), {});
    await step.run({ x: floats(1), y: floats(2), unused: floats(3, 4) });
    await expect(step.run({ x: floats(1), unused: floats(3, 4) })).rejects.toThrow('Input "y" is missing; the step was compiled with it.');
    await expect(step.run({ x: floats(1), y: floats(2), unused: floats(3, 4), q: floats(1) })).rejects.toThrow('Input "q" is float32 [1]; the step was compiled for no such input.');
    await expect(step.run({ x: ints(1), y: floats(2), unused: floats(3, 4) })).rejects.toThrow('Input "x" is int32 [1]; the step was compiled for float32 [1].');
    expect(values(await step.run({ x: floats(1), y: floats(5), unused: floats(3, 4) }))).toEqual({ z: [6] });
  });

  it('keeps two sessions of one function apart, also while both run', async () => {
    const step: StepFunction = ({ sum }, { x }) => ({ state: { sum: tf.add(sum!, x!) }, outputs: { sum: sum! } });
    const [one, other] = [session(step, { sum: floats(1) }), session(step, { sum: floats(100) })];
    for (let k = 0; k < 5; k++) await Promise.all([one.run({ x: floats(1) }), other.run({ x: floats(10) })]);
    expect(values(await one.read())).toEqual({ sum: [6] });
    one.dispose();
    await other.run({ x: floats(10) });
    expect(values(await other.read())).toEqual({ sum: [160] });
  });

  it('runs once at a time, and ends cleanly when it is disposed of meanwhile', async () => {
    const step = session(({ n }) => ({ state: { n: tf.add(n!, 1) }, outputs: { n: n! } }), { n: floats(0) });
    await step.run({});
    const running = step.run({});
    await expect(step.run({})).rejects.toThrow('Cannot run the session while a step runs.');
    await expect(step.read()).rejects.toThrow('Cannot read the session while a step runs.');
    expect(() => step.write({ n: floats(1) })).toThrow('Cannot write the session while a step runs.');
    expect(values(await running)).toEqual({ n: [1] });
    const cut = step.run({});
    step.dispose();
    await expect(cut).rejects.toThrow('Cannot finish a run of a session that was disposed.');
    step.dispose();
    await expect(step.read()).rejects.toMatchObject({ code: 'bad_state' });
  });

  it('takes inputs that are views into a larger array, and keeps none of them', async () => {
    const all = Float32Array.of(0, 1, 2, 3, 4, 5);
    const step = session((_, { x }) => ({ state: { last: x! }, outputs: { y: tf.neg(x!) } }), { last: floats(0, 0) });
    expect(values(await step.run({ x: { shape: [2], data: all.subarray(2, 4) } }))).toEqual({ y: [-2, -3] });
    all.fill(9);
    expect(values(await step.read())).toEqual({ last: [2, 3] });
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

  it('takes the rows of a batch in parts: a function that sees what is outside of it, its rows in order and its sums added up', async () => {
    const step = (plan: RowPlan): StepFunction => ({ w }, { x, scale }) => {
      const { rows, sums } = overRows({ x: x! }, plan, ({ x }) => ({ rows: { y: tf.mul(tf.add(x!, w!), scale!), count: tf.cast(x!, 'int32') }, sums: { total: tf.sum(x!), seen: tf.add(tf.scalar(1), tf.mul(tf.sum(x!), 0)) } }));
      return { state: { w: tf.add(w!, sums.total!) }, outputs: { ...rows, ...sums } };
    };
    const x = { shape: [6, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    for (const [plan, parts] of [[{ lanes: 1, passes: 1 }, 1], [{ lanes: 3, passes: 1 }, 3], [{ lanes: 1, passes: 2 }, 2], [{ lanes: 2, passes: 3 }, 6]] as const) {
      const expected = [
        { y: [1, 2, 3, 4, 5, 6].map(value => 2 * (value + 10)), count: [1, 2, 3, 4, 5, 6], total: [21], seen: [parts] },
        { y: [1, 2, 3, 4, 5, 6].map(value => -(value + 31)), count: [1, 2, 3, 4, 5, 6], total: [21], seen: [parts] },
      ];
      for (const one of [session(step(plan), { w: floats(10) }), new EagerSession('tensorflow', step(plan), { w: floats(10) })]) {
        expect(values(await one.run({ x, scale: floats(2) }))).toEqual(expected[0]);
        expect(values(await one.run({ x, scale: floats(-1) }))).toEqual(expected[1]);
        expect(values(await one.read())).toEqual({ w: [52] });
        one.dispose();
      }
    }
    await expect(session((_, { x }) => {
      const { rows } = overRows({ x: x! }, { lanes: 2, passes: 1 }, ({ x }) => ({ rows: { y: tf.add(x!, x!.dataSync()[0]!) }, sums: {} }));
      return { state: {}, outputs: rows };
    }, {}).run({ x })).rejects.toThrow(/reads the values of/);
  });

  it('computes in bfloat16 what is in bfloat16, in float32 what is mixed, and hands over float32', async () => {
    const { narrow, widen } = numberFormat('bfloat16');
    const step: StepFunction = (_, { a, b }) => {
      const [x, y] = [narrow(a!), narrow(b!)];
      return { state: {}, outputs: { rounded: widen(x), sum: widen(tf.add(x, y)), scaled: widen(tf.mul(x, 3)), mixed: tf.add(x, b!), product: widen(tf.matMul(tf.reshape(x, [1, 2]), tf.reshape(y, [2, 1]))) } };
    };
    // 1 + 2^-7 has eight significant bits, 1 + 2^-9 has ten: it becomes 1.
    const inputs = { a: floats(1 + 2 ** -9, 1 + 2 ** -7), b: floats(2 ** -9, 256) };
    const expected = { rounded: [1, 1 + 2 ** -7], sum: [1, 258], scaled: [3, 3.03125], mixed: [1 + 2 ** -9, 257 + 2 ** -7], product: [258] };
    expect(values(await session(step, {}).run(inputs))).toEqual(expected);
    expect(values(await new EagerSession('tensorflow', step, {}).run(inputs))).toEqual(expected);
    // The gradient comes back in the format of the operand.
    const gradient = tf.tidy(() => [...tf.grad((v: tf.Tensor) => tf.sum(widen(tf.mul(narrow(v), 1.5))))(tf.tensor1d([1, 2])).dataSync()]);
    expect(gradient).toEqual([1.5, 1.5]);
  });

  describe('fused', () => {
    /** silu(x) and x + bias from a scale and a bias outside of it, with a reduction. */
    const piece = (x: tf.Tensor, bias: tf.Tensor, by = 2): [tf.Tensor, tf.Tensor] =>
      fused([x], x => [tf.mul(x, tf.sigmoid(x)), tf.add(tf.mul(x, by), tf.mean(bias))]);

    it('computes what its operations compute, in the whole batch and in parts', async () => {
      const step = (plan: RowPlan): StepFunction => ({ w }, { x }) => {
        const { rows, sums } = overRows({ x: x! }, plan, ({ x }) => {
          const [silu, moved] = piece(x!, w!);
          return { rows: { moved, both: piece(silu, w!)[1] }, sums: { total: tf.sum(moved) } };
        });
        return { state: { w: tf.add(w!, sums.total!) }, outputs: { ...rows, ...sums } };
      };
      const x = { shape: [4, 1], data: Float32Array.of(1, -2, 3, 0.5) };
      for (const plan of [{ lanes: 1, passes: 1 }, { lanes: 2, passes: 1 }, { lanes: 2, passes: 2 }] as const) {
        const compiled = session(step(plan), { w: floats(1, 2) });
        const eager = new EagerSession('tensorflow', step(plan), { w: floats(1, 2) });
        for (let run = 0; run < 2; run++) {
          const [actual, expected] = [values(await compiled.run({ x })), values(await eager.run({ x }))];
          for (const [name, numbers] of Object.entries(expected)) numbers.forEach((number, i) => expect(actual[name]![i], `${name}[${i}]`).toBeCloseTo(number, 5));
        }
        eager.dispose();
      }
    });

    it('is one function for equal pieces, and another for what differs in an operation, a constant or a format', () => {
      const { narrow, widen } = numberFormat('bfloat16');
      const functions: CallNode[] = [];
      tf.tidy(() => {
        const x = tf.tensor1d([1, 2]);
        const { recording } = record(backend, { state: {}, inputs: { x } }, () => {
          const once = piece(x, x)[0];
          const [again] = piece(once, once); // equal
          const [, other] = piece(again, again, 3); // another constant
          const [power] = fused([other], y => [tf.square(y)]); // another operation
          const [rounded] = fused([narrow(power)], y => [narrow(tf.square(widen(y)))]); // another format
          return { y: widen(rounded) };
        });
        functions.push(...recording.nodes.flatMap(node => (node.kind === 'call' ? [node] : [])));
      });
      expect(functions.map(({ fused }) => fused)).toEqual([true, true, true, true, true]);
      expect(functions[1]!.body).toBe(functions[0]!.body);
      expect(new Set(functions.map(({ body }) => body)).size).toBe(4);
    });

    it('belongs into gradients written by hand; where tfjs takes the gradient it is its operations', async () => {
      const silu = tf.customGrad(((x: tf.Tensor, save: (saved: tf.Tensor[]) => void) => {
        save([x]);
        return { value: fused([x], x => [tf.mul(x, tf.sigmoid(x))])[0], gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => fused([dy, x!], (dy, x) => {
          const s = tf.sigmoid(x);
          return [tf.mul(dy, tf.add(s, tf.mul(tf.mul(x, s), tf.sub(1, s))))];
        })[0] };
      }) as Parameters<typeof tf.customGrad>[0]);
      const step: StepFunction = (_, { x }) => ({
        state: {},
        outputs: { byHand: tf.grad((x: tf.Tensor) => tf.sum(tf.square(silu(x))))(x!), byTfjs: tf.grad((x: tf.Tensor) => tf.sum(tf.square(fused([x], x => [tf.mul(x, tf.sigmoid(x))])[0])))(x!) },
      });
      const { byHand, byTfjs } = values(await session(step, {}).run({ x: floats(1, -2, 0.5) }));
      // 2 silu silu', silu' = s + x s (1 - s)
      [1, -2, 0.5].forEach((x, i) => {
        const s = 1 / (1 + Math.exp(-x));
        for (const gradient of [byHand!, byTfjs!]) expect(gradient[i]).toBeCloseTo(2 * x * s * (s + x * s * (1 - s)), 5);
      });
    });

    it('rounds to bfloat16 only what comes out of it', async () => {
      const { narrow, widen } = numberFormat('bfloat16');
      const step: StepFunction = (_, { x }) => ({ state: {}, outputs: { y: widen(fused([narrow(x!)], x => [narrow(tf.sub(tf.add(widen(x), 2 ** -9), widen(x)))])[0]) } });
      expect(values(await session(step, {}).run({ x: floats(1, 3) }))).toEqual({ y: [2 ** -9, 2 ** -9] });
    });

    it('names the operation that fails, and what reads values', async () => {
      const crooked = session((_, { x, y }) => ({ state: {}, outputs: { z: fused([x!, y!], (x, y) => [tf.add(x, y)])[0] } }), {});
      await expect(crooked.run({ x: floats(1, 2), y: floats(1, 2, 3) })).rejects.toThrow(/Add of float32 \[2\], float32 \[3\]: /);
      const reading = session((_, { x }) => ({ state: {}, outputs: { z: fused([x!], x => [tf.mul(x, x.dataSync()[0]!)])[0] } }), {});
      await expect(reading.run({ x: floats(1, 2) })).rejects.toThrow(/reads the values of/);
    });
  });

  it('frees all it took, and can be opened anew', async () => {
    const step: StepFunction = ({ w }, { x }) => ({ state: { w: tf.add(w!, x!) }, outputs: { w: w! } });
    const taken = () => ({ tensors: tf.memory().numTensors, handles: backend.binding.getNumOfTensors(), models: backend.binding.getNumOfSavedModels(), folders: readdirSync(os.tmpdir()).filter(name => name.startsWith('trm-graph-')).length });
    const before = taken();
    for (let i = 0; i < 3; i++) {
      const one = new CompiledSession(backend, step, { w: floats(i) });
      for (let k = 0; k < 20; k++) await one.run({ x: floats(1) });
      expect(values(await one.read())).toEqual({ w: [i + 20] });
      one.dispose();
      await expect(one.run({ x: floats(1) })).rejects.toThrow('Cannot run a session that was disposed.');
    }
    const refused = new CompiledSession(backend, (_, { x }) => ({ state: {}, outputs: { y: tf.scalar(x!.dataSync()[0]!) } }), { w: floats(1) });
    await expect(refused.run({ x: floats(1) })).rejects.toThrow();
    refused.dispose();
    expect(taken()).toEqual(before);
  });
});
