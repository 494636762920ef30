/**
 * What stands for the result of a matrix product while a step is recorded. Nobody may read the values there (the recorder refuses that), so
 * the product is taken over one term of its inner dimension: the same shape and number format for a small part of the work, which is
 * most of what recording would take.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute, Operand } from '../bfloat16';

/** Names of the attributes that transpose either side, by operation. */
const products: Readonly<Record<string, readonly [string, string]>> = { MatMul: ['transpose_a', 'transpose_b'], BatchMatMulV2: ['adj_x', 'adj_y'] };

/** Whether an operation is a matrix product. */
export const isProduct = (op: string): boolean => op in products;

const isTensor = (input: Operand | undefined): input is tf.Tensor => input !== undefined && !('valueArray' in input);

/** The first of a tensor's slices along an axis, as a dimension of one. */
const oneOf = (x: tf.Tensor, axis: number): tf.Tensor => tf.slice(x, x.shape.map(() => 0), x.shape.map((size, i) => (i === axis ? 1 : size)));

/** The operands to give to a product instead of its own; null where it is no product, or not one of these operands: then it is to be taken as it is. */
export function thinOperands(op: string, attributes: readonly OpAttribute[], [a, b]: readonly Operand[]): [tf.Tensor, tf.Tensor] | null {
  const names = products[op];
  if (!names || !isTensor(a) || !isTensor(b) || a.rank < 2 || b.rank < 2) return null;
  const transposed = names.map(name => Boolean(attributes.find(attribute => attribute.name === name)?.value));
  const inner = [a.rank - (transposed[0] ? 2 : 1), b.rank - (transposed[1] ? 1 : 2)] as const;
  const terms = a.shape[inner[0]]!;
  return terms < 2 || terms !== b.shape[inner[1]] ? null : [oneOf(a, inner[0]), oneOf(b, inner[1])];
}
