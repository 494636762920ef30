/**
 * Writing weights for the published code: as `torch.save` writes a state dict (a zip archive without compression), or as safetensors.
 * A file appears whole, in one rename, or not at all.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { removeQuietly, renamePatiently, temporaryName } from '../runs/atomic-write';
import { RunFolderError, asRunFolderError } from '../runs/errors';
import { writeSafetensors } from '../runs/safetensors';
import { dtypeOf } from '../runs/tensor-dtypes';
import type { Dtype, StorableTensor } from '../runs/tensor-dtypes';
import { pickleStateDict } from './pickle-state-dict';

/** Formats of weights. */
export const weightFormats = ['torch', 'safetensors'] as const;
/** A format of weights. */
export type WeightFormat = (typeof weightFormats)[number];

const storageOf: Partial<Record<Dtype, string>> = { F32: 'FloatStorage', BF16: 'BFloat16Storage', F64: 'DoubleStorage', I64: 'LongStorage', I32: 'IntStorage', U8: 'ByteStorage' };
const pieceBytes = 1 << 20;
/** The earliest time a zip archive can tell; a file of the same weights has the same bytes. */
const noTime = new Date(1980, 0, 1);

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function writeTorch(file: string, tensors: readonly (readonly [string, StorableTensor])[]): Promise<void> {
  const zip = new ZipFile();
  const options = { compress: false, mtime: noTime, forceDosTimestamp: true };
  const add = (name: string, bytes: Uint8Array): void => zip.addReadStreamLazy(`archive/${name}`, { ...options, size: bytes.byteLength }, hand => hand(null, Readable.from(pieces(bytes))));
  add('data.pkl', pickleStateDict(tensors.map(([name, tensor]) => ({ name, shape: tensor.shape, storage: storageOf[dtypeOf(tensor)]! }))));
  add('byteorder', Buffer.from('little'));
  for (const [index, [, { data }]] of tensors.entries()) add(`data/${index}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  add('version', Buffer.from('3\n'));
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file, { flags: 'wx' }));
}

/**
 * Writes named tensors, in their order (safetensors: widest numbers first).
 * @param options.overwrite also over a file that is there
 * @throws RunFolderError io (also when the file exists), disk_full, read_only.
 */
export async function writeWeights(file: string, format: WeightFormat, tensors: Readonly<Record<string, StorableTensor>>, options: { overwrite?: boolean | undefined; metadata?: Readonly<Record<string, string>> } = {}): Promise<void> {
  if (existsSync(file) && !options.overwrite) throw new RunFolderError('io', `${file} is there already.`, 'Choose another name, or say --overwrite.');
  const temporary = temporaryName(file);
  try {
    if (format === 'torch') await writeTorch(temporary, Object.entries(tensors));
    else await writeSafetensors(temporary, tensors, { format: 'pt', ...options.metadata });
    renamePatiently(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    throw asRunFolderError(error, `write ${file}`);
  }
}
