/** Augmentation on the fly: what it is to vary a training row at every draw. Each kind of puzzle has its own. */
import type { RandomStream } from '../random/stream';

/** Varies one row of a batch in place: tokens of the question, labels of the solution. */
export type RowAugmentation = (inputs: Int32Array, labels: Int32Array, stream: RandomStream) => void;
