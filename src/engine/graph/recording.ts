/**
 * A recording of a step function: the TensorFlow operations it executed, in order, with what flowed between them. Made by
 * `recorder.ts`, written as a graph by `compile.ts`.
 */
import type { OpAttribute } from '../bfloat16';

/** Number formats that flow in a graph. */
export type FlowType = 'float32' | 'bfloat16' | 'int32' | 'bool' | 'int64';

/** A value in the graph: output `index` of node `node`. */
export interface Flow { readonly node: number; readonly index: number; readonly dtype: FlowType }

/** A value declared before the recording began: a state tensor or an input. */
export interface DeclaredNode { readonly kind: 'declared'; readonly role: 'state' | 'input'; readonly name: string; readonly dtype: FlowType; readonly shape: readonly number[] }
/** A value that the function brought along. */
export interface ConstantNode { readonly kind: 'constant'; readonly dtype: FlowType; readonly shape: readonly number[]; readonly bytes: Uint8Array }
/** An operation. */
export interface OperationNode { readonly kind: 'operation'; readonly op: string; readonly attributes: readonly OpAttribute[]; readonly inputs: readonly Flow[] }
/** An argument of a function, in its body. */
export interface ArgumentNode { readonly kind: 'argument'; readonly dtype: FlowType }
/** A call of a function, whose outputs are the results of its body in their order; it begins when what is in `after` is there. `fused`: XLA compiles the function. */
export interface CallNode { readonly kind: 'call'; readonly body: Recording; readonly inputs: readonly Flow[]; readonly after: readonly Flow[]; readonly fused: boolean }
/** A node of the recording. Inputs of a node come before it; the arguments of a body are its nodes of that kind, in order. */
export type RecordedNode = DeclaredNode | ConstantNode | OperationNode | ArgumentNode | CallNode;

/** The nodes, and which value each returned tensor is. */
export interface Recording { readonly nodes: readonly RecordedNode[]; readonly results: Readonly<Record<string, Flow>> }
