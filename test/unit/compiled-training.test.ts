/**
 * The compiled training step is the training step: 50 optimiser steps on every architecture there is, with changing
 * batches and halting on, each compared with the same step run operation by operation from the same state, in every
 * number format of the engine (compiled-guard.ts says how, and what may differ). Then the same through evaluation with a padded
 * batch, and through a checkpoint.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { solvers } from '../../src/config/arch-schema';
import type { ResolvedConfig } from '../../src/config/resolve';
import { EagerSession } from '../../src/engine/eager-session';
import type { Engine, HostTensors, StepFunction } from '../../src/engine/engine';
import { openTensorflow } from '../../src/engine/tensorflow';
import { buildModel } from '../../src/model/architectures';
import { haltingOf } from '../../src/model/halting';
import type { DataShape } from '../../src/model/shapes';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import type { Batch } from '../../src/puzzles/dataset';
import { encodeSafetensors, readSafetensors } from '../../src/runs/safetensors';
import { findRuntime } from '../../src/runtime/find';
import { Evaluator } from '../../src/training/evaluation';
import { evaluationStep } from '../../src/training/evaluation-step';
import { planOf } from '../../src/training/open-session';
import type { TrainingSnapshot } from '../../src/training/snapshot';
import { Training, inferenceWeightsOf } from '../../src/training/training';
import { trainStep } from '../../src/training/train-step';
import type { StepReport } from '../../src/training/training';
import { guarded, noSightings, sightingsOf } from './compiled-guard';
import type { Dtype } from './compiled-guard';
import { exampleBatch, exampleConfig, exampleTensor } from './training-example';

const runtime = await findRuntime();
const there = runtime.state === 'ready';
const reason = there ? '' : ` (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`;
const engine = there ? await openTensorflow() : null;
const dtypes: readonly Dtype[] = engine?.dtypes ?? ['float32'];
afterAll(() => {
  if (engine) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
});

const steps = 50;
const data: DataShape = { vocab_size: 6, seq_len: 16, num_puzzle_identifiers: 9 };
const size = 4;

/** What differs from a TRM-MLP of width 16, T = n = 2, one block, with EMA, stablemax and a prefix of 2. */
const base = { hidden_size: 16, puzzle_emb_len: 2, halt_max_steps: 4, halt_exploration_prob: 0.3 };
const attention = { mlp_t: false, num_heads: 4 };
const architectures: readonly [name: string, arch: object, rest?: object][] = [
  ['TRM-MLP', {}],
  ['TRM-MLP of two blocks, T = 3, n = 1', { L_layers: 2, H_cycles: 3, L_cycles: 1 }],
  ['TRM-MLP, T = n = 1, one supervision step', { H_cycles: 1, L_cycles: 1, halt_max_steps: 1 }],
  ['TRM-MLP with the continue head', { no_ACT_continue: false }],
  ['TRM-MLP with learned positions and without puzzle embedding', { pos_encodings: 'learned', puzzle_emb_ndim: 0, puzzle_emb_len: 0 }],
  ['TRM-MLP with a puzzle embedding that does not fill its prefix, softmax, no average', { puzzle_emb_ndim: 24, loss: { loss_type: 'softmax_cross_entropy' } }, { ema: false }],
  ['TRM-MLP with frozen weights', {}, { freeze_weights: true }],
  ['TRM-MLP in two micro-batches', {}, { micro_batch_size: 2 }],
  ['TRM-Att, rope', { ...attention, pos_encodings: 'rope' }],
  ['TRM-Att, rope, two blocks, width 32, n = 1, with the continue head', { ...attention, pos_encodings: 'rope', hidden_size: 32, L_layers: 2, L_cycles: 1, no_ACT_continue: false }],
  ['TRM-Att with learned positions', { ...attention, pos_encodings: 'learned' }],
  ['TRM-Att without positions and puzzle embedding, softmax', { ...attention, puzzle_emb_ndim: 0, puzzle_emb_len: 0, loss: { loss_type: 'softmax_cross_entropy' } }],
  ['TRM-MLP with separate networks and one-step gradient', { separate_networks: true, gradient: 'one_step' }],
  ['TRM with one z', { name: 'trm_singlez' }],
  ['TRM with three z, of which two are updated', { name: 'trm_hier6', z_features: 3 }],
  ['HRM', { name: 'hrm', H_layers: 2, puzzle_emb_ndim: 24 }],
  ['HRM, attention, rope', { name: 'hrm', ...attention, pos_encodings: 'rope' }],
  ['the transformer baseline', { name: 'transformers_baseline', num_heads: 4, H_layers: 2, pos_encodings: 'rope' }],
  ['the transformer baseline in two micro-batches', { name: 'transformers_baseline', num_heads: 4, H_layers: 1, pos_encodings: 'learned' }, { micro_batch_size: 2 }],
  ['direct prediction', { name: 'direct', H_layers: 2 }],
  ['direct prediction, attention, rope', { name: 'direct', ...attention, H_layers: 2, pos_encodings: 'rope' }],
  ...solvers.map((solver): [string, object] => [`deep equilibrium, ${solver}`, { name: 'deq', solver, solver_iterations: 6, solver_tolerance: 1e-9 }]),
  ['deep equilibrium, attention, in two micro-batches', { name: 'deq', ...attention, pos_encodings: 'rope', solver_iterations: 4, solver_tolerance: 1e-9 }, { micro_batch_size: 2 }],
];

/** Those whose name begins so. */
const named = (...starts: readonly string[]) => starts.map(start => architectures.find(([name]) => name.startsWith(start))!);

const configOf = (arch: object = {}, rest: object = {}): ResolvedConfig =>
  exampleConfig(arch, { global_batch_size: size, ema: true, ema_rate: 0.9, lr: 1e-3, ...rest }, base);

/** Another batch at every step; the 8th has ignored cells and a padding row, the 20th nothing but padding. */
function batchOf(step: number): Batch {
  const batch = exampleBatch(step, [step % 9, (3 * step) % 9, 5, 0], data);
  const ignore = (from: number, to: number): void => {
    batch.labels.fill(IGNORE_LABEL_ID, from, to);
    batch.inputs.fill(0, from, to);
  };
  if (step === 8) {
    batch.labels.fill(IGNORE_LABEL_ID, 0, 5);
    ignore(3 * data.seq_len, 4 * data.seq_len);
  }
  if (step === 20) ignore(0, batch.labels.length);
  return batch;
}

/** A config's steps in bfloat16, as `guarded` takes them. */
const narrowConfig = (config: ResolvedConfig): ResolvedConfig => ({ ...config, arch: { ...config.arch, forward_dtype: 'bfloat16' } });
const narrowTraining = (config: ResolvedConfig) => {
  const model = buildModel(narrowConfig(config).arch, data);
  return { bfloat16: trainStep(model, narrowConfig(config), { plan: planOf(engine!, model, size, config.micro_batch_size), inspect: true }) };
};
const narrowEvaluation = ({ arch }: ResolvedConfig) => ({ bfloat16: evaluationStep(buildModel({ ...arch, forward_dtype: 'bfloat16' }, data), arch, { inspect: true }) });

const open = (on: Engine, config: ResolvedConfig, snapshot: TrainingSnapshot | null): Training =>
  Training.open({ engine: on, config, model: buildModel(config.arch, data), data, totalSteps: steps, snapshot, inspect: true });

/** The beginning, with a halting head that is undecided at first, so that slots halt by it from the first step on. */
async function start(config: ResolvedConfig): Promise<TrainingSnapshot> {
  const training = open(engine!, config, null);
  const fresh = await training.snapshot();
  training.dispose();
  const d = config.arch.hidden_size;
  return { ...fresh, model: { ...fresh.model, 'inner.q_head.weight': exampleTensor([2, d], 4, 1 / Math.sqrt(d)), 'inner.q_head.bias': { shape: [2], data: Float32Array.of(0.1, -0.1) } } };
}

/** What a snapshot is after it was written to files and read again. */
function throughFiles(snapshot: TrainingSnapshot): TrainingSnapshot {
  const again = (tensors: HostTensors): HostTensors => readSafetensors(encodeSafetensors(tensors)) as HostTensors;
  return { step: snapshot.step, model: again(snapshot.model), ema: snapshot.ema && again(snapshot.ema), optimizer: again(snapshot.optimizer), carry: again(snapshot.carry) };
}

describe.skipIf(!there)(`compiled training${reason}`, () => {
  test.each(architectures)('%s', async (_, arch, rest) => {
    const config = configOf(arch, rest);
    const seen = sightingsOf(engine!);
    const training = open(guarded(engine!, seen, narrowTraining(config)), config, await start(config));
    const halted = { byQ: 0, byMax: 0, goesOn: 0 };
    try {
      for (let step = 1; step <= steps; step++) {
        const { halting } = await training.advance(batchOf(step));
        for (const { slots, halted_by_q: q, halted_by_max: max } of halting) {
          halted.byQ += q;
          halted.byMax += max;
          halted.goesOn += slots - q - max;
        }
      }
    } finally {
      training.dispose();
    }
    // The comparison was one: of every run, with all kinds of halting, and in float32 mostly without falling back on the floor.
    if (config.arch.halt_max_steps > 1) for (const [how, slots] of Object.entries(halted)) expect(slots, how).toBeGreaterThan(0);
    for (const [dtype, { runs, tensors, beyondShare, decisions, undecided, parted }] of Object.entries(seen)) {
      expect(runs).toBe(steps);
      expect(tensors).toBeGreaterThan(20 * steps);
      if (dtype === 'float32' && engine!.device.startsWith('CPU')) expect(beyondShare).toBeLessThan(tensors / 20);
      if (haltingOf(config.arch).inTraining) expect(undecided).toBeLessThan(decisions / 2);
      expect(parted).toBeLessThan(steps / 10);
    }
  });

  test('bfloat16 is not float32', async () => {
    for (const [dtype, other] of [['float32', false], ['bfloat16', true]] as const) {
      if (!dtypes.includes(dtype)) continue;
      const seen = noSightings();
      const training = open(guarded(engine!, { [dtype]: seen }, narrowTraining(configOf())), configOf(), null);
      await training.advance(batchOf(1));
      training.dispose();
      expect(seen.largest > 1e-4, `${dtype}: ${seen.largest}`).toBe(other);
    }
  });
});

describe.skipIf(!there)(`compiled training, the batch in parts${reason}`, () => {
  const lanes = { ...engine!, lanes: 2 };
  test.each([
    ['two lanes', {}], ['two lanes of two passes', { global_batch_size: 8, micro_batch_size: 4 }], ['four passes', { micro_batch_size: 1 }],
  ])('%s', async (_, rest) => {
    const config = configOf({}, rest);
    const seen = noSightings();
    const training = open(guarded(lanes, { float32: seen }), config, await start(config));
    try {
      for (let step = 1; step <= 5; step++) {
        const one = batchOf(step);
        const twice = (rows: Int32Array): Int32Array => (config.global_batch_size === size ? rows : Int32Array.from([...rows, ...rows]));
        await training.advance({ inputs: twice(one.inputs), labels: twice(one.labels), puzzleIdentifiers: twice(one.puzzleIdentifiers) });
      }
    } finally {
      training.dispose();
    }
    expect(seen.runs).toBe(5);
  });

  test('the parts give what the whole gives', async () => {
    const config = configOf();
    const [whole, parts] = [open(engine!, config, await start(config)), open(lanes, config, await start(config))];
    try {
      for (let step = 1; step <= 3; step++) {
        const [one, other] = [await whole.advance(batchOf(step)), await parts.advance(batchOf(step))];
        expect(other.loss).toBeCloseTo(one.loss, 4);
        expect(other.grad_norm).toBeCloseTo(one.grad_norm, 4);
      }
    } finally {
      whole.dispose();
      parts.dispose();
    }
  });
});

describe.skipIf(!there)(`compiled evaluation${reason}`, () => {
  test.each(named('TRM-MLP', 'TRM-Att, rope, two blocks', 'TRM with three z', 'HRM', 'the transformer', 'direct', 'deep equilibrium, anderson'))('%s, with a padded last batch', async (_, arch, rest) => {
    const config = configOf(arch, rest);
    const seen = sightingsOf(engine!);
    const weights = inferenceWeightsOf(await start(config), config.arch.puzzle_emb_ndim);
    const evaluator = new Evaluator(guarded(engine!, seen, narrowEvaluation(config)), buildModel(config.arch, data), config.arch, weights, size, { inspect: true });
    // Three batches of four, the last of which has one row and three of padding.
    const examples = Int32Array.from({ length: 9 }, (_, i) => i);
    const rows = {
      examples, batches: 3,
      read(index: number) {
        const own = examples.slice(index * size, (index + 1) * size);
        const batch = exampleBatch(index, [1, 2, 3, 4], data);
        batch.inputs.fill(0, own.length * data.seq_len);
        batch.labels.fill(IGNORE_LABEL_ID, own.length * data.seq_len);
        batch.puzzleIdentifiers.fill(0, own.length);
        return { ...batch, examples: own };
      },
    };
    try {
      const evaluation = await evaluator.evaluate({ rows, total: 9, depth: 5, seed: 0 });
      expect(evaluation.count).toBe(9);
      evaluator.use(inferenceWeightsOf(await start({ ...config, seed: 1 }), config.arch.puzzle_emb_ndim));
      expect((await evaluator.evaluate({ rows, total: 9, depth: 2, seed: 0 })).loss).not.toBe(evaluation.loss);
    } finally {
      evaluator.dispose();
    }
    for (const { runs } of Object.values(seen)) expect(runs).toBe(3 * (5 + 2));
  });
});

describe.skipIf(!there).each(dtypes)(`compiled, a checkpoint and resume in %s${reason}`, dtype => {
  test.each(named('TRM-MLP', 'TRM-MLP with the continue', 'TRM-MLP in two', 'TRM-Att, rope', 'TRM with one z', 'TRM with three z', 'HRM', 'the transformer', 'direct', 'deep equilibrium, broyden'))('%s', async (_, arch, rest) => {
    const config = configOf({ ...arch, forward_dtype: dtype }, rest);
    const bits = ({ outputs, ...numbers }: StepReport) => ({ ...numbers, outputs: Object.fromEntries(Object.entries(outputs).map(([name, { shape, data }]) => [name, { shape, data: [...data] }])) });
    const whole = open(engine!, config, await start(config));
    try {
      for (let step = 1; step <= 4; step++) await whole.advance(batchOf(step));
      const checkpoint = throughFiles(await whole.snapshot());
      const reports: StepReport[] = [];
      for (let step = 5; step <= 9; step++) reports.push(await whole.advance(batchOf(step)));

      // Compiled anew from the checkpoint: the same bits as the training that was not interrupted.
      const resumed = open(engine!, config, checkpoint);
      try {
        for (const report of reports) expect(bits(await resumed.advance(batchOf(report.step)))).toEqual(bits(report));
        expect(throughFiles(await resumed.snapshot())).toEqual(throughFiles(await whole.snapshot()));
      } finally {
        resumed.dispose();
      }

      // From the same checkpoint operation by operation: the same step, within what may differ.
      const seen = noSightings();
      const eager = open(guarded(engine!, { [dtype]: seen }), config, checkpoint); // both in the run's own format
      await eager.advance(batchOf(5));
      eager.dispose();
      expect(seen.runs).toBe(1);
    } finally {
      whole.dispose();
    }
  });
});

describe.skipIf(!there)(`a compiled step that is not the step is found out${reason}`, () => {
  /** What a step gave is replaced; what it is replaced by takes over its memory. */
  const replaced = (step: StepFunction, change: (results: ReturnType<StepFunction>) => ReturnType<StepFunction>): StepFunction => (state, inputs) => {
    const given = step(state, inputs);
    const { state: next, outputs } = change(given);
    const kept = new Set([...Object.values(next), ...Object.values(outputs)]);
    for (const tensor of [...Object.values(given.state), ...Object.values(given.outputs)]) if (!kept.has(tensor)) tensor.dispose();
    return { state: next, outputs };
  };
  const inState = (name: string, change: (tensor: tf.Tensor) => tf.Tensor) => (step: StepFunction) =>
    replaced(step, ({ state, outputs }) => ({ state: { ...state, [name]: change(state[name]!) }, outputs }));
  const inOutputs = (name: string, change: (outputs: Record<string, tf.Tensor>) => tf.Tensor) => (step: StepFunction) =>
    replaced(step, ({ state, outputs }) => ({ state, outputs: { ...outputs, [name]: change(outputs) } }));
  const without = (part: 'state' | 'outputs', start: string) => (step: StepFunction) =>
    replaced(step, results => ({ ...results, [part]: Object.fromEntries(Object.entries(results[part]).filter(([name]) => !name.startsWith(start))) }));

  const faults: readonly [what: string, fault: (step: StepFunction) => StepFunction, said: RegExp][] = [
    ['a weight off by a thousandth', inState('model.inner.lm_head.weight', weight => tf.mul(weight, 1.001)), /run 0: state model\.inner\.lm_head\.weight differs by/],
    ['an average that stands still', without('state', 'ema.'), /run 0: state ema\..* differs by/],
    ['labels that were baked in', step => {
      let first: Int32Array | null = null;
      return (state, inputs) => step(state, { ...inputs, labels: tf.tensor(first ??= Int32Array.from(inputs.labels!.dataSync()), inputs.labels!.shape, 'int32') });
    }, /run 1: \d cells of slot \d are right, not \d/],
    ['a slot that is never reset', step => (state, inputs) => step(state, { ...inputs, reset: tf.zerosLike(inputs.reset!) }), /run 0: cell \d+ of slot 0 is predicted \d, not \d/],
    ['a halting head that says the opposite', inOutputs('q_halt', ({ q_halt }) => tf.neg(q_halt!)), /run 0: q_halt differs by/],
    ['an answer that is not the best token', inOutputs('predictions', ({ logits }) => tf.argMin(logits!, -1)), /run 0: cell \d+ of slot 0 is predicted \d, not \d/],
    ['an answer that is called right and is not', inOutputs('exact', ({ exact }) => tf.sub(1, exact!)), /run 0: exact is 1 for slot 0, not 0/],
    ['NaN', inOutputs('grad_norm', () => tf.div(tf.scalar(0), 0)), /run 0: grad_norm differs by NaN/],
    ['an output that is missing', without('outputs', 'lm_loss'), /run 0: the compiled step does not give lm_loss/],
    ['an output of another type', inOutputs('right', ({ right }) => tf.cast(right!, 'int32')), /run 0: right is int32 \[4\] compiled, float32 \[4\] operation by operation/],
  ];

  test.each(faults)('%s', async (_, fault, said) => {
    const faulty: Engine = { ...engine!, session: (step, state) => new EagerSession('tensorflow', fault(step), state) };
    const config = configOf();
    const training = open(guarded(faulty, { float32: noSightings() }), config, await start(config));
    try {
      await expect((async () => {
        for (let step = 1; step <= 3; step++) await training.advance(batchOf(step));
      })()).rejects.toThrow(said);
    } finally {
      training.dispose();
    }
  });

  test('but a step that magnifies rounding may differ by a multiple of its rounding', async () => {
    // y is what remains where sums of 64 products nearly cancel: rounding is the larger part of it.
    const x = exampleTensor([8, 64], 1);
    const w = exampleTensor([64, 8], 2);
    const cancelling: StepFunction = (_, { x, w, near }) => ({ state: {}, outputs: { y: tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), near!) } });
    const backwards: StepFunction = (state, { x, w, near }) => cancelling(state, { x: tf.reverse(x!, 1), w: tf.reverse(w!, 0), near: near! });
    const wrong: StepFunction = (state, inputs) => ({ state: {}, outputs: { y: tf.add(cancelling(state, inputs).outputs.y!, 1e-3) } });
    const direct = new EagerSession('tensorflow', cancelling, {});
    const near = (await direct.run({ x, w, near: { shape: [8, 8], data: new Float32Array(64) } })).y!;
    direct.dispose();
    const inputs = { x, w, near: { ...near, data: near.data.map((value: number) => value * (1 - 1e-6)) } };
    const compare = async (step: StepFunction, dtype: Dtype): Promise<number> => {
      const seen = noSightings();
      const session = guarded({ ...engine!, session: (_, state) => new EagerSession('tensorflow', step, state) }, { [dtype]: seen }).session(cancelling, {});
      try {
        await session.run(inputs);
      } finally {
        session.dispose();
      }
      return seen.beyondShare;
    };
    expect(await compare(cancelling, 'float32')).toBe(0);
    expect(await compare(backwards, 'float32')).toBe(1);
    await expect(compare(wrong, 'float32')).rejects.toThrow(/run 0: y differs by/);
    // Eight bits in the factors: far too little for float32, as it should be for bfloat16.
    const coarse: StepFunction = (state, { x, w, near }) => {
      const eightBits = (t: tf.Tensor): tf.Tensor => tf.sub(tf.mul(t, 65537), tf.sub(tf.mul(t, 65537), t));
      return cancelling(state, { x: eightBits(x!), w: eightBits(w!), near: near! });
    };
    await expect(compare(coarse, 'float32')).rejects.toThrow(/run 0: y differs by/);
    expect(await compare(coarse, 'bfloat16')).toBe(1);
  });
});
