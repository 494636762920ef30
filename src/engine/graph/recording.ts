/**
 * A recording of a step function: the TensorFlow operations it executed, in order, with what flowed between them.
 *
 * tfjs-node runs every kernel by naming a TensorFlow operation and its attributes (`executeSingleOutput`,
 * `executeMultipleOutputs`). While a recording is made, those calls are noted as they happen; a tensor that no noted
 * operation made, and that was not declared beforehand, is a constant of the function. This is a trace, as `tf.function`
 * makes one: whatever JavaScript decided on the way is fixed in it.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { EngineError } from '../engine';

/** Number formats that flow in a graph. */
export type FlowType = 'float32' | 'int32' | 'bool' | 'int64';

/** A value in the graph: output `index` of node `node`. */
export interface Flow { readonly node: number; readonly index: number; readonly dtype: FlowType }

/** A value declared before the recording began: a state tensor or an input. */
export interface DeclaredNode { readonly kind: 'declared'; readonly name: string; readonly dtype: FlowType; readonly shape: readonly number[] }
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

const flowTypes: Readonly<Record<string, FlowType>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

function flowType(dtype: string, what: string): FlowType {
  const type = flowTypes[dtype];
  if (!type) throw new EngineError('failed', `The step cannot be compiled: ${what} is a ${dtype} tensor.`, 'Compiled steps work on float32, int32 and bool.');
  return type;
}

/**
 * Records `f` while it runs on tfjs-node's backend. `declared` are the tensors that stand for state and inputs; `f` returns
 * the tensors that are results, by name. Results are handed back too, for whoever wants their values.
 */
export function record<R extends Readonly<Record<string, tf.Tensor>>>(backend: NodeJSKernelBackend, declared: Readonly<Record<string, tf.Tensor>>, f: () => R): { recording: Recording; results: R } {
  const nodes: RecordedNode[] = [];
  const flows = new Map<DataId, Flow>();
  for (const [name, tensor] of Object.entries(declared)) {
    const dtype = flowType(tensor.dtype, name);
    flows.set(tensor.dataId, { node: nodes.length, index: 0, dtype });
    nodes.push({ kind: 'declared', name, dtype, shape: [...tensor.shape] });
  }
  const recordable = backend as unknown as Recordable;

  const constant = (dtype: FlowType, shape: readonly number[], values: ArrayBufferView): Flow => {
    nodes.push({ kind: 'constant', dtype, shape: [...shape], bytes: new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength) as ArrayBuffer) });
    return { node: nodes.length - 1, index: 0, dtype };
  };
  const flowOf = (input: OperationInput): Flow => {
    if ('valueArray' in input) return constant('int64', [], input.valueArray);
    const known = flows.get(input.dataId);
    if (known) return known;
    const made = constant(flowType(input.dtype, 'a constant'), input.shape, recordable.readSync(input.dataId));
    flows.set(input.dataId, made);
    return made;
  };
  const note = (op: string, attributes: readonly TFEOpAttr[], inputs: readonly OperationInput[], outputs: readonly tf.Tensor[]): void => {
    const flowing = inputs.map(flowOf);
    const node = nodes.length;
    nodes.push({ kind: 'operation', op, attributes, inputs: flowing });
    outputs.forEach((output, index) => flows.set(output.dataId, { node, index, dtype: flowType(output.dtype, `output ${index} of ${op}`) }));
  };

  const single = recordable.executeSingleOutput.bind(backend);
  const multiple = recordable.executeMultipleOutputs.bind(backend);
  recordable.executeSingleOutput = (op, attributes, inputs) => {
    const output = single(op, attributes, inputs);
    note(op, attributes, inputs, [output]);
    return output;
  };
  recordable.executeMultipleOutputs = (op, attributes, inputs, count) => {
    const outputs = multiple(op, attributes, inputs, count);
    note(op, attributes, inputs, outputs);
    return outputs;
  };
  try {
    const results = f();
    return { recording: { nodes, results: Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, flowOf(tensor)])) }, results };
  } finally {
    // What was put on the instance hides the class's own methods; removing it brings them back.
    delete (recordable as Partial<Recordable>).executeSingleOutput;
    delete (recordable as Partial<Recordable>).executeMultipleOutputs;
  }
}
