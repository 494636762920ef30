/**
 * UnsortedSegmentSum, missing from the stock backend. It is the gradient of `tf.gather`, so without it nothing with an
 * embedding trains. Rows are added in the order they come: the same inputs give the same bits.
 */
import { UnsortedSegmentSum } from '@tensorflow/tfjs-core';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { integers, operand, sizeOf, wasmKernel } from './kernel';

/**
 * x [N..., D...] with segmentIds [N...] to [numSegments, D...]; rows with an id outside 0..numSegments-1 are dropped,
 * as TensorFlow does.
 */
export const unsortedSegmentSumKernel: KernelConfig = wasmKernel<{ numSegments: number }>(
  UnsortedSegmentSum,
  ({ inputs, backend, attrs: { numSegments } }) => {
    const x = operand(inputs, 'x');
    const segmentIds = operand(inputs, 'segmentIds');
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const width = sizeOf(rowShape);
    const out = backend.makeOutput([numSegments, ...rowShape], x.dtype);
    const sums = backend.typedArrayFromHeap(out);
    const rows = backend.typedArrayFromHeap(x);
    const ids = integers(backend, segmentIds);
    sums.fill(0);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      if (id < 0 || id >= numSegments) continue;
      const to = id * width;
      const from = row * width;
      for (let i = 0; i < width; i++) sums[to + i]! += rows[from + i]!;
    }
    return out;
  },
);
