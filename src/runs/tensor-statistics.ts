/**
 * Statistics of one tensor of a safetensors file. The file is read piece by piece, so that a tensor may be larger than memory,
 * and others get their turn between two pieces.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readRange } from './read-range';
import type { TensorEntry } from './safetensors';
import { decodeTensor, dtypeBytes } from './tensor-dtypes';
import { Moments, Spread, type ValueStatistics } from './value-statistics';

/** Bytes read at once; a multiple of every dtype's size. */
const pieceBytes = 1 << 20;

/**
 * Reads a tensor twice: for its moments, and for its histogram, whose bins depend on them.
 * @param onProgress is told the share that is done, 0 to 1
 * @throws RunFolderError missing, corrupt (the file became shorter), io; the signal's reason.
 */
export async function tensorStatistics(file: string, { dtype, begin, end }: TensorEntry, onProgress: (share: number) => void, signal: AbortSignal): Promise<ValueStatistics> {
  const eachPiece = async (take: (values: ArrayLike<number>) => void, look: 0 | 1): Promise<void> => {
    for (let at = begin; at < end; at += pieceBytes) {
      signal.throwIfAborted();
      const bytes = readRange(file, at, Math.min(at + pieceBytes, end));
      const { data } = decodeTensor(dtype, [bytes.length / dtypeBytes[dtype]], bytes);
      take(data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data);
      onProgress((look + (at + bytes.length - begin) / (end - begin)) / 2);
      await nextTurn();
    }
  };
  const moments = new Moments();
  await eachPiece(values => moments.take(values), 0);
  const spread = new Spread(moments);
  await eachPiece(values => spread.take(values), 1);
  return spread.statistics();
}
