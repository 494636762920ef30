/**
 * A recording of a step function: the TensorFlow operations it executed, in order, with what flowed between them.
 *
 * tfjs-node runs every kernel by naming a TensorFlow operation and its attributes (`executeSingleOutput`,
 * `executeMultipleOutputs`). While a recording is made, those calls are noted as they happen; a tensor that no noted
 * operation made, and that was not declared beforehand, is a constant of the function. This is a trace, as `tf.function`
 * makes one: whatever JavaScript decided on the way is fixed in it. So that nothing wrong is fixed in it, a function that reads
 * the values of a tensor which depends on state or inputs is refused, as is one that draws random numbers in the graph.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { EngineError } from '../engine';

/** Number formats that flow in a graph. */
export type FlowType = 'float32' | 'int32' | 'bool' | 'int64';

/** A value in the graph: output `index` of node `node`. */
export interface Flow { readonly node: number; readonly index: number; readonly dtype: FlowType }

/** A value declared before the recording began: a state tensor or an input. */
export interface DeclaredNode { readonly kind: 'declared'; readonly role: 'state' | 'input'; readonly name: string; readonly dtype: FlowType; readonly shape: readonly number[] }
/** A value that the function brought along. */
export interface ConstantNode { readonly kind: 'constant'; readonly dtype: FlowType; readonly shape: readonly number[]; readonly bytes: Uint8Array }
/** An operation. */
export interface OperationNode { readonly kind: 'operation'; readonly op: string; readonly attributes: readonly TFEOpAttr[]; readonly inputs: readonly Flow[] }
/** A node of the recording. Inputs of a node come before it. */
export type RecordedNode = DeclaredNode | ConstantNode | OperationNode;

/** The nodes, and which value each returned tensor is. */
export interface Recording { readonly nodes: readonly RecordedNode[]; readonly results: Readonly<Record<string, Flow>> }

/** tfjs-node's 64-bit scalars, which are no tensors of tfjs. */
interface Int64Input { readonly dtype: 'int64'; readonly valueArray: Int32Array }
type OperationInput = TensorInfo | Int64Input;

/** The backend's methods that recording listens to; two of them are private to its class. */
interface Recordable {
  executeSingleOutput(op: string, attributes: TFEOpAttr[], inputs: OperationInput[]): tf.Tensor;
  executeMultipleOutputs(op: string, attributes: TFEOpAttr[], inputs: OperationInput[], outputs: number): tf.Tensor[];
  readSync(dataId: DataId): Float32Array | Int32Array | Uint8Array;
}

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
const kindsOf = (inputs: readonly OperationInput[]): string => inputs.map(input => ('valueArray' in input ? 'int64 []' : `${input.dtype} [${input.shape.join(', ')}]`)).join(', ');

/**
 * Records `f` while it runs on tfjs-node's backend. `state` and `inputs` are the tensors that stand for what a run brings; `f`
 * returns the tensors that are results, by name. Results are handed back too, for whoever wants their values. Throws
 * EngineError when `f` cannot be a graph, and one naming the operation when it fails.
 */
export function record<R extends Readonly<Record<string, tf.Tensor>>>(backend: NodeJSKernelBackend, declared: { readonly state: Readonly<Record<string, tf.Tensor>>; readonly inputs: Readonly<Record<string, tf.Tensor>> }, f: () => R): { recording: Recording; results: R } {
  const nodes: RecordedNode[] = [];
  const flows = new Map<DataId, Flow>();
  /** Nodes whose values are not the same at every run. */
  const varying = new Set<number>();
  const declare = (role: DeclaredNode['role'], tensors: Readonly<Record<string, tf.Tensor>>): void => {
    for (const [name, tensor] of Object.entries(tensors)) {
      const dtype = flowType(tensor.dtype, name);
      flows.set(tensor.dataId, { node: nodes.length, index: 0, dtype });
      varying.add(nodes.length);
      nodes.push({ kind: 'declared', role, name, dtype, shape: [...tensor.shape] });
    }
  };
  declare('state', declared.state);
  declare('input', declared.inputs);
  const recordable = backend as unknown as Recordable;
  const readable = tf.engine() as unknown as Readable;

  const constant = (dtype: FlowType, shape: readonly number[], values: ArrayBufferView): Flow => {
    nodes.push({ kind: 'constant', dtype, shape: [...shape], bytes: new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength) as ArrayBuffer) });
    return { node: nodes.length - 1, index: 0, dtype };
  };
  const flowOf = (input: OperationInput): Flow => {
    if ('valueArray' in input) return constant('int64', [], input.valueArray);
    const known = flows.get(input.dataId);
    if (known) return known;
    if (input instanceof tf.Variable) throw new EngineError('failed', `The step cannot be compiled: it uses the variable ${input.name}, whose value would be fixed in the graph.`, 'Hand it in as state.');
    const made = constant(flowType(input.dtype, 'a constant'), input.shape, recordable.readSync(input.dataId));
    flows.set(input.dataId, made);
    return made;
  };
  const note = (op: string, attributes: readonly TFEOpAttr[], inputs: readonly OperationInput[], outputs: readonly tf.Tensor[]): void => {
    if (drawing.has(op)) throw new EngineError('failed', `The step cannot be compiled: ${op} draws random numbers in the graph, others than the same step would draw operation by operation.`, 'Draw them beforehand and hand them in as inputs.');
    const flowing = inputs.map(flowOf);
    const node = nodes.length;
    if (flowing.some(flow => varying.has(flow.node))) varying.add(node);
    nodes.push({ kind: 'operation', op, attributes, inputs: flowing });
    outputs.forEach((output, index) => flows.set(output.dataId, { node, index, dtype: flowType(output.dtype, `output ${index} of ${op}`) }));
  };
  /** Readings that were refused: a step that catches the error is refused all the same. */
  const refusals: EngineError[] = [];
  const assertConstant = (dataId: DataId): void => {
    const flow = flows.get(dataId);
    if (!flow || !varying.has(flow.node)) return;
    const node = nodes[flow.node]!;
    const what = node.kind === 'declared' ? `${node.role} "${node.name}"` : `an output of ${node.kind === 'operation' ? node.op : 'a constant'}`;
    const refusal = new EngineError('failed', `The step cannot be compiled: it reads the values of ${what}, and what it makes of them would be fixed in the graph.`, 'A step function must compute with tensors alone; nothing may depend on their values.');
    refusals.push(refusal);
    throw refusal;
  };
  const attempt = <T>(op: string, inputs: readonly OperationInput[], run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw error instanceof EngineError ? error : new Error(`${op} of ${kindsOf(inputs)}: ${(error as Error).message}`, { cause: error });
    }
  };

  const single = recordable.executeSingleOutput.bind(backend);
  const multiple = recordable.executeMultipleOutputs.bind(backend);
  const readSync = readable.readSync.bind(readable);
  const read = readable.read.bind(readable);
  recordable.executeSingleOutput = (op, attributes, inputs) => {
    const output = attempt(op, inputs, () => single(op, attributes, inputs));
    note(op, attributes, inputs, [output]);
    return output;
  };
  recordable.executeMultipleOutputs = (op, attributes, inputs, count) => {
    const outputs = attempt(op, inputs, () => multiple(op, attributes, inputs, count));
    note(op, attributes, inputs, outputs);
    return outputs;
  };
  readable.readSync = dataId => {
    assertConstant(dataId);
    return readSync(dataId);
  };
  readable.read = dataId => {
    assertConstant(dataId);
    return read(dataId);
  };
  try {
    const results = f();
    const [refusal] = refusals;
    if (refusal) throw refusal;
    return { recording: { nodes, results: Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, flowOf(tensor)])) }, results };
  } finally {
    // What was put on the instances hides their classes' own methods; removing it brings them back.
    delete (recordable as Partial<Recordable>).executeSingleOutput;
    delete (recordable as Partial<Recordable>).executeMultipleOutputs;
    delete (readable as Partial<Readable>).readSync;
    delete (readable as Partial<Readable>).read;
  }
}
