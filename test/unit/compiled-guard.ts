/**
 * The guard of the compiled step: an engine for tests whose sessions run every step twice, operation by operation and
 * compiled, each time from the same state, and compare all outputs and the whole new state. (Two trainings left to
 * themselves part within a few steps from rounding alone; that says nothing.)
 *
 * What is allowed to differ: 1e-4 of a tensor's largest value in float32. Where the computation itself magnifies rounding
 * more than that, ten times its rounding floor, which is measured there and then: the same step from the same state,
 * operation by operation again, with every matrix product computed as the sum of two products, split at a half or at a third
 * of the inner dimension. In bfloat16 it is 2e-2 of the largest value, or eight times the floor, which is measured by rounding
 * the factors of every matrix product, or what comes of it, or both, to bfloat16's 8 bits, forward and backward; the step in bfloat16 also
 * rounds between the products: every norm, every sum with what went into a layer, and what gates a SwiGLU. The floor of
 * a tensor is the largest seen in its session: a loss or the halting logits of a few slots are too few numbers for one measurement.
 *
 * Whatever follows from a comparison of numbers (the predicted token, whether an answer is right, whether a slot halts)
 * must agree wherever the numbers are further apart than they may differ.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { EagerSession } from '../../src/engine/eager-session';
import type { Engine, HostTensor, HostTensors, StepFunction, StepSession } from '../../src/engine/engine';

/** A number format of the forward pass. */
export type Dtype = Engine['dtypes'][number];

/** What a guard saw. */
export interface Sightings {
  /** Runs of the step. */
  runs: number;
  /** Tensors compared. */
  tensors: number;
  /** Of these, such as needed the measured floor. */
  beyondShare: number;
  /** Largest difference that was within the share, in shares of the tensor's largest value, and where. */
  largest: number;
  where: string;
  /** Slots whose halting decision was compared, and such as were too near to call. */
  decisions: number;
  undecided: number;
  /** Runs in which an answer that was too near to call came out right in one and wrong in the other: what follows from it was left out. */
  parted: number;
}

/** Nothing seen yet. */
export const noSightings = (): Sightings => ({ runs: 0, tensors: 0, beyondShare: 0, largest: 0, where: '', decisions: 0, undecided: 0, parted: 0 });

type Product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean) => Tensor;

/** The product as the sum of two, the inner dimension split after `share` of it. */
const splitAfter = (share: number) => (product: Product): Product => (a, b, transposeA, transposeB) => {
  const axisA = a.rank - (transposeA ? 2 : 1);
  const axisB = b.rank - (transposeB ? 1 : 2);
  const inner = a.shape[axisA]!;
  const first = Math.floor(inner * share);
  if (first === 0) return product(a, b, transposeA, transposeB);
  const part = (of: Tensor, axis: number, begin: number, size: number): Tensor => tf.slice(of, of.shape.map((_, i) => (i === axis ? begin : 0)), of.shape.map((extent, i) => (i === axis ? size : extent)));
  const over = (begin: number, size: number): Tensor => product(part(a, axisA, begin, size), part(b, axisB, begin, size), transposeA, transposeB);
  return tf.add(over(0, first), over(first, inner - first));
};

/** Rounded to 8 significant bits (Veltkamp's splitting). */
function toEightBits(x: Tensor): Tensor {
  const far = tf.mul(x, 2 ** 16 + 1);
  return tf.sub(far, tf.sub(far, x));
}
const factorsRounded = (product: Product): Product => (a, b, transposeA, transposeB) => product(toEightBits(a), toEightBits(b), transposeA, transposeB);
const resultRounded = (product: Product): Product => (a, b, transposeA, transposeB) => toEightBits(product(a, b, transposeA, transposeB));

/** What may differ, by number format: a share of the largest value, or a multiple of the floor that these changes of all products show. */
const limits: Readonly<Record<Dtype, { readonly share: number; readonly factor: number; readonly changes: readonly ((product: Product) => Product)[] }>> = {
  float32: { share: 1e-4, factor: 10, changes: [splitAfter(1 / 2), splitAfter(1 / 3)] },
  bfloat16: { share: 2e-2, factor: 8, changes: [factorsRounded, resultRounded, product => resultRounded(factorsRounded(product))] },
};

/** Runs `f` while every matrix product of the current backend is computed as `change` says. */
async function withProducts<T>(change: (product: Product) => Product, f: () => Promise<T>): Promise<T> {
  const backendName = tf.getBackend();
  const kernel = tf.getKernel('BatchMatMul', backendName);
  const changed = change((a, b, transposeA, transposeB) => kernel.kernelFunc({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend: tf.backend() }) as Tensor);
  tf.unregisterKernel('BatchMatMul', backendName);
  tf.registerKernel({ ...kernel, kernelFunc: ({ inputs, attrs }) => {
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    return tf.tidy(() => changed(inputs.a as Tensor, inputs.b as Tensor, transposeA, transposeB));
  } });
  try {
    return await f();
  } finally {
    tf.unregisterKernel('BatchMatMul', backendName);
    tf.registerKernel(kernel);
  }
}

/** The largest absolute value of `a`, and the largest difference to `b`, of the same size: NaN where only one of them is NaN. */
function compare(a: HostTensor, b: HostTensor): { readonly largest: number; readonly difference: number } {
  let largest = 0;
  let difference = 0;
  const [one, other] = [a.data, b.data];
  for (let i = 0; i < one.length; i++) {
    const [x, y] = [one[i]!, other[i]!];
    if (Math.abs(x) > largest) largest = Math.abs(x);
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) difference = Math.max(difference, Math.abs(x - y));
  }
  return { largest, difference };
}
const kindOf = ({ shape, data }: HostTensor): string => `${data instanceof Int32Array ? 'int32' : 'float32'} [${shape.join(', ')}]`;

/** Results of one run: outputs by name, state as `state NAME`. */
type Results = Record<string, HostTensor>;
const together = (outputs: HostTensors, state: HostTensors): Results => ({ ...outputs, ...Object.fromEntries(Object.entries(state).map(([name, tensor]) => [`state ${name}`, tensor])) });

/** The rounding floor of the tensors of one session: the largest differences seen so far. */
class Floor {
  private readonly differences = new Map<string, number>();

  of(name: string): number {
    return this.differences.get(name) ?? 0;
  }

  /** Takes in how the results of a run differ from those under other rounding. */
  raise(expected: Results, rounded: Results): void {
    for (const [name, tensor] of Object.entries(expected)) this.differences.set(name, Math.max(this.of(name), compare(tensor, rounded[name]!).difference));
  }
}

/** Compares the results of one run; throws Error saying what differs. */
class Comparison {
  private measured = false;

  /** `rounded` are the results of the same run with its matrix products changed. */
  constructor(
    private readonly dtype: Dtype, private readonly at: string, private readonly expected: Results, private readonly actual: Results,
    private readonly seen: Sightings, private readonly floor: Floor, private readonly rounded: (change: (product: Product) => Product) => Promise<Results>,
  ) {}

  async all(): Promise<void> {
    const { expected, actual, seen } = this;
    const [missing] = Object.keys(expected).filter(name => !(name in actual));
    const [extra] = Object.keys(actual).filter(name => !(name in expected));
    if (missing !== undefined || extra !== undefined) throw new Error(`${this.at}: the compiled step ${missing === undefined ? `also gives ${extra!}` : `does not give ${missing}`}`);
    for (const [name, tensor] of Object.entries(expected)) if (kindOf(tensor) !== kindOf(actual[name]!)) throw new Error(`${this.at}: ${name} is ${kindOf(actual[name]!)} compiled, ${kindOf(tensor)} operation by operation`);

    const discrete = new Set(['predictions', 'right', 'exact']);
    const parted = await this.answers();
    if (parted) seen.parted++;
    // What an answer's being right goes into: the halting head's target, and through the gradient all that is trained.
    const follows = (name: string): boolean => /^(q_halt_loss|loss|grad_norm|puzzle_emb_grad|grad\..*|state (model|m|v|ema|sum)\..*)$/.test(name);
    for (const name of Object.keys(expected)) if (!discrete.has(name) && !(parted && follows(name))) await this.close(name);
    await this.halting();
    seen.runs++;
  }

  /** By how much the tensor differs, and may. */
  private async differenceOf(name: string): Promise<{ readonly largest: number; readonly difference: number; readonly allowed: number }> {
    const { expected, seen, floor } = this;
    const limit = limits[this.dtype];
    const { largest, difference } = compare(expected[name]!, this.actual[name]!);
    const share = limit.share * largest;
    if (difference <= share) {
      if (largest > 0 && difference / largest > seen.largest) [seen.largest, seen.where] = [difference / largest, `${this.at}: ${name}`];
      return { largest, difference, allowed: Math.max(share, limit.factor * floor.of(name)) };
    }
    seen.beyondShare++;
    if (!this.measured && !(difference <= limit.factor * floor.of(name))) {
      this.measured = true;
      for (const change of limit.changes) floor.raise(expected, await this.rounded(change));
    }
    return { largest, difference, allowed: Math.max(share, limit.factor * floor.of(name)) };
  }

  private async close(name: string): Promise<void> {
    const { difference, allowed, largest } = await this.differenceOf(name);
    this.seen.tensors++;
    if (!(difference <= allowed)) throw new Error(`${this.at}: ${name} differs by ${difference}, allowed ${allowed}; its largest value is ${largest}`);
  }

  /** Predicted tokens and what is counted from them; true when an answer is right in one and wrong in the other. */
  private async answers(): Promise<boolean> {
    const { expected, actual } = this;
    const { logits, predictions, right, exact } = expected;
    if (!logits || !predictions || !right || !exact) return false;
    const { allowed } = await this.differenceOf('logits');
    const [batch, cells, vocabulary] = logits.shape as [number, number, number];
    let parted = false;
    for (let b = 0; b < batch; b++) {
      let open = 0;
      for (let cell = b * cells; cell < (b + 1) * cells; cell++) {
        const [best, second] = [...logits.data.subarray(cell * vocabulary, (cell + 1) * vocabulary)].sort((x, y) => y - x) as [number, number];
        if (best - second <= 2 * allowed) open++;
        else if (predictions.data[cell] !== actual.predictions!.data[cell]) throw new Error(`${this.at}: cell ${cell % cells} of slot ${b} is predicted ${actual.predictions!.data[cell]!}, not ${predictions.data[cell]!}, with a margin of ${best - second}; logits may differ by ${allowed}`);
      }
      if (!(Math.abs(right.data[b]! - actual.right!.data[b]!) <= open)) throw new Error(`${this.at}: ${actual.right!.data[b]!} cells of slot ${b} are right, not ${right.data[b]!}; ${open} are too near to call`);
      if (exact.data[b] !== actual.exact!.data[b]) {
        if (open === 0) throw new Error(`${this.at}: exact is ${actual.exact!.data[b]!} for slot ${b}, not ${exact.data[b]!}`);
        parted = true;
      }
    }
    return parted;
  }

  /** Halting decisions where the logits are further from their threshold than they may differ. */
  private async halting(): Promise<void> {
    const { expected, actual, seen } = this;
    const { q_halt, q_continue } = expected;
    if (!q_halt || !q_continue) return;
    const allowed = { q_halt: (await this.differenceOf('q_halt')).allowed, q_continue: (await this.differenceOf('q_continue')).allowed };
    q_halt.data.forEach((q: number, b: number) => {
      for (const [threshold, margin, other] of [[0, allowed.q_halt, 0], [q_continue.data[b]!, allowed.q_halt + allowed.q_continue, actual.q_continue!.data[b]!]] as const) {
        seen.decisions++;
        if (Math.abs(q - threshold) <= margin) seen.undecided++;
        else if (q > threshold !== actual.q_halt!.data[b]! > other) throw new Error(`${this.at}: slot ${b} would ${q > threshold ? 'not halt' : 'halt'} compiled: q_halt ${actual.q_halt!.data[b]!} against ${q}, threshold ${threshold}`);
      }
    });
  }
}

/** A compiled session under guard, and what was seen of it. */
interface Guarded { readonly session: StepSession; readonly dtype: Dtype; readonly seen: Sightings; readonly floor: Floor }

/** See the file's header. What is handed back comes from the step run operation by operation, which leads. */
class GuardedSession implements StepSession {
  private readonly leading: EagerSession;
  private at = 0;
  /** The state before the coming run, once it was read. */
  private state: HostTensors | null = null;

  constructor(private readonly step: StepFunction, state: HostTensors, private readonly compiled: readonly Guarded[]) {
    this.leading = new EagerSession('tensorflow', step, state);
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    const before = this.state ?? (await this.leading.read());
    const outputs = await this.leading.run(inputs);
    this.state = await this.leading.read();
    const expected = together(outputs, this.state);
    for (const { session, dtype, seen, floor } of this.compiled) {
      session.write(before);
      const actual = together(await session.run(inputs), await session.read());
      await new Comparison(dtype, `${dtype}, run ${this.at}`, expected, actual, seen, floor, change => this.rounded(before, inputs, change)).all();
    }
    this.at++;
    return outputs;
  }

  /** The results of the same run with its matrix products changed. */
  private async rounded(state: HostTensors, inputs: HostTensors, change: (product: Product) => Product): Promise<Results> {
    const session = new EagerSession('tensorflow', this.step, state);
    try {
      return await withProducts(change, async () => together(await session.run(inputs), await session.read()));
    } finally {
      session.dispose();
    }
  }

  read(names?: readonly string[]): Promise<HostTensors> {
    return this.leading.read(names);
  }

  write(state: HostTensors): void {
    this.leading.write(state);
    this.state = null;
  }

  dispose(): void {
    this.leading.dispose();
    for (const { session } of this.compiled) session.dispose();
  }
}

/**
 * The engine, guarded: its sessions run the step given operation by operation and, beside that, compiled in each number format
 * of `seen`, and throw Error naming the run and the tensor where the compiled step is not the step. `inFormat` is the step in
 * another number format than the one given.
 */
export function guarded(engine: Engine, seen: Readonly<Partial<Record<Dtype, Sightings>>>, inFormat: Readonly<Partial<Record<Dtype, StepFunction>>> = {}): Engine {
  return {
    ...engine,
    session: (step, state, options = {}) => new GuardedSession(step, state, (Object.entries(seen) as [Dtype, Sightings][]).map(([dtype, sightings]) =>
      ({ dtype, seen: sightings, floor: new Floor(), session: engine.session(inFormat[dtype] ?? step, state, { ...options, runs: Infinity }) }))),
  };
}

/** Nothing seen yet, in every number format the engine has. */
export const sightingsOf = (engine: Pick<Engine, 'dtypes'>): Partial<Record<Dtype, Sightings>> => Object.fromEntries(engine.dtypes.map(dtype => [dtype, noSightings()]));
