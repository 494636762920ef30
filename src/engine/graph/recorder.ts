/**
 * Makes recordings. tfjs-node runs every kernel by naming a TensorFlow operation and its attributes (`perform` in
 * `bfloat16.ts`). While a recording is made, those calls are noted as they happen; a tensor that no noted
 * operation made, and that was not declared beforehand, is a constant of the function. This is a trace, as `tf.function`
 * makes one: whatever JavaScript decided on the way is fixed in it. So that nothing wrong is fixed in it, a function that reads
 * the values of a tensor which depends on state or inputs is refused, as is one that draws random numbers in the graph. Since nobody
 * sees such values, products are not really computed (`stand-in.ts`): results of a recording have shapes and types, and no meaning.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId } from '@tensorflow/tfjs-core';
import type { FormatBackend, OpAttribute, Operand } from '../bfloat16';
import { EngineError } from '../engine';
import { isProduct, thinOperands } from './stand-in';
import type { CallNode, DeclaredNode, Flow, FlowType, RecordedNode, Recording } from './recording';

/** Where tfjs reads values for whoever asks for them. (Kernels ask the backend itself: for range checks, not to decide.) */
interface Readable {
  readSync(dataId: DataId): tf.backend_util.TypedArray;
  read(dataId: DataId): Promise<tf.backend_util.TypedArray>;
}

/** Operations that give other numbers at every run. */
const drawing = new Set(['Multinomial', 'RandomUniform', 'RandomUniformInt', 'RandomStandardNormal', 'TruncatedNormal', 'RandomShuffle', 'RandomGamma']);

const flowTypes: Readonly<Record<string, FlowType>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

function flowType(dtype: string, what: string): FlowType {
  const type = flowTypes[dtype];
  if (!type) throw new EngineError('failed', `The step cannot be compiled: ${what} is a ${dtype} tensor.`, 'Compiled steps work on float32, int32 and bool.');
  return type;
}

/** "float32 [2, 3], int32 []" */
const kindsOf = (inputs: readonly Operand[]): string => inputs.map(input => ('valueArray' in input ? 'int64 []' : `${input.dtype} [${input.shape.join(', ')}]`)).join(', ');

/** What is recorded together: the step itself, or the body of a function in it. */
class Scope {
  readonly nodes: RecordedNode[] = [];
  readonly flows = new Map<DataId, Flow>();
  /** Nodes whose values are not the same at every run. */
  readonly varying = new Set<number>();
  /** What each argument of a body is outside of it. */
  readonly captured: Flow[] = [];

  constructor(readonly outer: Scope | null) {}

  /** Adds a node; `varies`: its values are not the same at every run. */
  add(node: RecordedNode, varies: boolean): number {
    if (varies) this.varying.add(this.nodes.length);
    this.nodes.push(node);
    return this.nodes.length - 1;
  }

  /** A value from outside as an argument of this body. */
  argument(outside: Flow, varies: boolean): Flow {
    this.captured.push(outside);
    return { node: this.add({ kind: 'argument', dtype: outside.dtype }, varies), index: 0, dtype: outside.dtype };
  }

  /** A value that is known here, or further out: then it becomes an argument of every body on the way. */
  known(id: DataId): Flow | undefined {
    const known = this.flows.get(id);
    if (known) return known;
    const outside = this.outer?.known(id);
    if (!outside) return undefined;
    const made = this.argument(outside, this.outer!.isVarying(outside));
    this.flows.set(id, made);
    return made;
  }

  isVarying(flow: Flow): boolean {
    return this.varying.has(flow.node);
  }
}

/** A function that was recorded on the way. */
export interface RecordedFunction<R> { readonly body: Recording; readonly captured: readonly Flow[]; readonly results: R }

/** Listens to a backend while a step runs on it. */
export class Recorder {
  private scope = new Scope(null);
  private listening = true;
  /** Readings that were refused: a step that catches the error is refused all the same. */
  private readonly refusals: EngineError[] = [];

  constructor(private readonly backend: FormatBackend) {}

  /** Makes tensors stand for what a run brings. */
  declare(role: DeclaredNode['role'], tensors: Readonly<Record<string, tf.Tensor>>): void {
    for (const [name, tensor] of Object.entries(tensors)) {
      const dtype = flowType(tensor.dtype, name);
      this.scope.flows.set(tensor.dataId, { node: this.scope.add({ kind: 'declared', role, name, dtype, shape: [...tensor.shape] }, true), index: 0, dtype });
    }
  }

  /** Records `f`; the results by name. */
  run<R extends Readonly<Record<string, tf.Tensor>>>(f: () => R): { recording: Recording; results: R } {
    const results = this.whileListening(f);
    const [refusal] = this.refusals;
    if (refusal) throw refusal;
    return { recording: this.recordingOf(results), results };
  }

  /** True inside of a function. */
  get isInFunction(): boolean {
    return this.scope.outer !== null;
  }

  /** Records `f` as the body of a function of `given` and whatever else from outside it uses: `captured` in the order of its arguments, `given` first. */
  inFunction<R extends Readonly<Record<string, tf.Tensor>>>(given: readonly tf.Tensor[], f: () => R): RecordedFunction<R> {
    const outer = this.scope;
    const inner = new Scope(outer);
    const outside = given.map(tensor => this.flowOf(tensor));
    given.forEach((tensor, i) => inner.flows.set(tensor.dataId, inner.argument(outside[i]!, outer.isVarying(outside[i]!))));
    this.scope = inner;
    try {
      const results = f();
      return { body: this.recordingOf(results), captured: inner.captured, results };
    } finally {
      this.scope = outer;
    }
  }

  /** Records a call; `outputs` are the tensors that stand for its results from now on. */
  call(call: Omit<CallNode, 'kind'>, outputs: readonly tf.Tensor[]): void {
    const node = this.scope.add({ kind: 'call', ...call }, call.inputs.some(flow => this.scope.isVarying(flow)));
    const results = Object.values(call.body.results);
    outputs.forEach((output, index) => this.scope.flows.set(output.dataId, { node, index, dtype: results[index]!.dtype }));
  }

  /** Runs `f` without noting what it does. */
  unheard<T>(f: () => T): T {
    const before = this.listening;
    this.listening = false;
    try {
      return f();
    } finally {
      this.listening = before;
    }
  }

  /** The flow of a tensor: of a node here, of an argument, or a new constant. */
  flowOf(input: Operand): Flow {
    if ('valueArray' in input) return this.constant('int64', [], input.valueArray);
    const known = this.scope.known(input.dataId);
    if (known) return known;
    if (input instanceof tf.Variable) throw new EngineError('failed', `The step cannot be compiled: it uses the variable ${input.name}, whose value would be fixed in the graph.`, 'Hand it in as state.');
    const made = this.constant(flowType(input.dtype, 'a constant'), input.shape, this.backend.readSync(input.dataId) as Uint8Array);
    this.scope.flows.set(input.dataId, made);
    return made;
  }

  /** The node that makes a tensor, when its values are others at every run; null for a constant. */
  private varyingNode(dataId: DataId): RecordedNode | null {
    for (let scope: Scope | null = this.scope; scope; scope = scope.outer) {
      const flow = scope.flows.get(dataId);
      if (flow && scope.isVarying(flow)) return scope.nodes[flow.node]!;
    }
    return null;
  }

  /** Whether an operand is other at every run, so that nobody may read it. */
  private varies(input: Operand): boolean {
    return !('valueArray' in input) && this.varyingNode(input.dataId) !== null;
  }

  private recordingOf(results: Readonly<Record<string, tf.Tensor>>): Recording {
    const named = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, this.flowOf(tensor)]));
    return { nodes: this.scope.nodes, results: named };
  }

  private constant(dtype: FlowType, shape: readonly number[], values: ArrayBufferView): Flow {
    const bytes = new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength) as ArrayBuffer);
    return { node: this.scope.add({ kind: 'constant', dtype, shape: [...shape], bytes }, false), index: 0, dtype };
  }

  private note(op: string, attributes: readonly OpAttribute[], inputs: readonly Operand[], outputs: readonly tf.Tensor[]): void {
    if (!this.listening) return;
    if (drawing.has(op)) throw new EngineError('failed', `The step cannot be compiled: ${op} draws random numbers in the graph, others than the same step would draw operation by operation.`, 'Draw them beforehand and hand them in as inputs.');
    const flowing = inputs.map(input => this.flowOf(input));
    const node = this.scope.add({ kind: 'operation', op, attributes, inputs: flowing }, flowing.some(flow => this.scope.isVarying(flow)));
    outputs.forEach((output, index) => this.scope.flows.set(output.dataId, { node, index, dtype: this.backend.isNarrow(output) ? 'bfloat16' : flowType(output.dtype, `output ${index} of ${op}`) }));
  }

  private assertConstant(dataId: DataId): void {
    const node = this.varyingNode(dataId);
    if (!node) return;
    const what = node.kind === 'declared' ? `${node.role} "${node.name}"` : `an output of ${node.kind === 'operation' ? node.op : `a ${node.kind}`}`;
    const refusal = new EngineError('failed', `The step cannot be compiled: it reads the values of ${what}, and what it makes of them would be fixed in the graph.`, 'A step function must compute with tensors alone; nothing may depend on their values.');
    this.refusals.push(refusal);
    throw refusal;
  }

  /** Runs `f` with the backend's methods replaced by such as are heard. */
  private whileListening<T>(f: () => T): T {
    const { backend } = this;
    const readable = tf.engine() as unknown as Readable;
    const perform = backend.perform.bind(backend);
    const readSync = readable.readSync.bind(readable);
    const read = readable.read.bind(readable);
    backend.perform = (op, attributes, inputs, count) => {
      const outputs = attempt(op, inputs, () => {
        if (!this.listening || !isProduct(op) || !inputs.some(input => this.varies(input))) return perform(op, attributes, inputs, count);
        const thin = this.unheard(() => thinOperands(op, attributes, inputs));
        const outputs = perform(op, attributes, thin ?? inputs, count);
        if (thin) tf.dispose(thin);
        return outputs;
      });
      this.note(op, attributes, inputs, outputs);
      return outputs;
    };
    readable.readSync = dataId => {
      this.assertConstant(dataId);
      return readSync(dataId);
    };
    readable.read = dataId => {
      this.assertConstant(dataId);
      return read(dataId);
    };
    try {
      return f();
    } finally {
      // What was put on the instances hides their classes' own methods; removing it brings them back.
      delete (backend as Partial<FormatBackend>).perform;
      delete (readable as Partial<Readable>).readSync;
      delete (readable as Partial<Readable>).read;
    }
  }
}

/** Runs an operation; what fails says which one, and of what. */
function attempt<T>(op: string, inputs: readonly Operand[], run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof EngineError ? error : new Error(`${op} of ${kindsOf(inputs)}: ${(error as Error).message}`, { cause: error });
  }
}
