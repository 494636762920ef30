/**
 * What TensorFlow calls the outputs of its operations. Inside a function of a graph an input names the output it takes,
 * `node:output:0`, where outside of functions `node` or `node:1` does.
 */
import { EngineError } from '../engine';

/** Operations by the name of their one output (https://www.tensorflow.org/api_docs, `OpDef.output_arg`). */
const byName: Readonly<Record<string, string>> = {
  activations: 'Elu LeakyRelu Relu Relu6 Selu Softplus',
  logsoftmax: 'LogSoftmax',
  out: 'Cumprod Cumsum',
  output: 'All Any ArgMax ArgMin BatchMatMul BatchMatMulV2 BroadcastTo ClipByValue Concat ConcatV2 Const Einsum ExpandDims Fill GatherNd GatherV2 Identity LinSpace Max Mean Min MirrorPad OneHot Pack PadV2 PartitionedCall Prod Range Reshape Reverse ReverseV2 ScatterNd Select Slice StridedSlice Sum Tile UnsortedSegmentSum',
  product: 'MatMul',
  softmax: 'Softmax',
  sum: 'AddN',
  y: 'Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Cos Cosh Erf Exp Expm1 Floor IsFinite IsInf IsNan Log Log1p LogicalNot Neg OnesLike Reciprocal Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh Transpose ZerosLike',
  z: 'Add AddV2 Atan2 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul NotEqual Pow RealDiv SquaredDifference Sub',
};
const ofOne = new Map(Object.entries(byName).flatMap(([output, operations]) => operations.split(' ').map(op => [op, output])));

/** Operations with several outputs of one name, which are numbered. */
const lists = new Map([['SplitV', 'output'], ['Unpack', 'output'], ['PartitionedCall', 'output']]);

/** Operations with outputs of several names. */
const several = new Map([['TopKV2', ['values', 'indices']], ['UniqueV2', ['y', 'idx']]]);

/** "z:0" for output `index` of `op`. Throws EngineError for an operation that is not known here. */
export function outputName(op: string, index: number): string {
  const list = lists.get(op);
  if (list !== undefined) return `${list}:${index}`;
  const name = several.get(op)?.[index] ?? (index === 0 ? ofOne.get(op) : undefined);
  if (name === undefined) throw new EngineError('failed', `The step cannot be compiled: the outputs of operation ${op} have no known names, so it cannot be part of a function.`, 'Use --engine wasm, and report the operation.');
  return `${name}:0`;
}
