/** Weights in a file, whatever its format. Names, number formats and shapes are known before any number is read. */
import type { Dtype } from '../runs/tensor-dtypes';

/** An open file of weights. */
export interface WeightsFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: readonly number[] }>;
  /** The values of a tensor there is, row-major, as float32 (wider numbers are rounded). @throws RunFolderError when the file changed. */
  read(name: string): Float32Array;
}
