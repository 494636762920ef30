/**
 * The number format of the forward pass (`forward_dtype`). As in the published code, features, weights and products are in that
 * format; norms, softmax and losses compute in float32. An engine that lists bfloat16 has the two kernels that change formats
 * (`engine/bfloat16.ts`); in float32 both are nothing.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import { customGradient } from './custom-gradient';

/** Changes of format, of any shape; the gradient comes back in the format of the operand. */
export interface NumberFormat {
  /** Into the format of the forward pass. */
  readonly narrow: (x: Tensor) => Tensor;
  /** Into float32. */
  readonly widen: (x: Tensor) => Tensor;
}

const kernel = (kernelName: string) => (x: Tensor): Tensor => tf.engine().runKernel(kernelName, { x });
const [toBfloat16, toFloat32] = [kernel('ToBfloat16'), kernel('ToFloat32')];
const change = (forward: (x: Tensor) => Tensor, back: (dy: Tensor) => Tensor) => customGradient<[Tensor]>(x => ({ value: forward(x), gradFunc: dy => back(dy) }));

const formats: Readonly<Record<ResolvedArch['forward_dtype'], NumberFormat>> = {
  float32: { narrow: x => x, widen: x => x },
  bfloat16: { narrow: change(toBfloat16, toFloat32), widen: change(toFloat32, toBfloat16) },
};

/** The format of a `forward_dtype`. */
export const numberFormat = (forward_dtype: ResolvedArch['forward_dtype']): NumberFormat => formats[forward_dtype];
