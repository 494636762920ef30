/**
 * Files of `torch.save`: a zip archive of a pickle, `data.pkl`, and the numbers of each storage beside it. PyTorch stores them
 * without compression, so nothing here ever unpacks: a file cannot hold more than its own size.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import { RunFolderError, asRunFolderError } from '../runs/errors';
import { oneLine } from '../runs/read-json';
import { readRange } from '../runs/read-range';
import { decodeTensor, dtypeBytes } from '../runs/tensor-dtypes';
import { maxPickleBytes, PickledDict, PickledTensor, unpickle } from './unpickle';
import { reach, rowMajor, valuesOf } from './strides';
import type { WeightsFile } from './weights-file';

/** Entries of an archive, at most: one for each storage and a few more. */
const maxEntries = 4096;
/** Values that a tensor may have beyond those of its storage (expanded ones have). */
const maxExpanded = 1 << 24;

interface Stretch { readonly begin: number; readonly end: number }

const bad = (file: string, what: string, next = 'The file is damaged, or not a state dict saved by torch.save: take a fresh copy.'): RunFolderError => new RunFolderError('corrupt', `${file}: ${what}`, next);

/** Where every entry's bytes lie in the file. */
async function stretches(file: string, zip: ZipFile, size: number): Promise<Map<string, Stretch>> {
  const found = new Map<string, Stretch>();
  if (zip.entryCount > maxEntries) throw bad(file, `the archive claims ${zip.entryCount} entries; at most ${maxEntries} are read.`);
  for await (const entry of zip.eachEntry()) {
    const stretch = await stretchOf(file, zip, entry);
    if (stretch.end > size) throw bad(file, `entry ${JSON.stringify(oneLine(entry.fileName))} lies at bytes ${stretch.begin} to ${stretch.end}, the file has ${size}.`);
    if (found.has(entry.fileName)) throw bad(file, `entry ${JSON.stringify(oneLine(entry.fileName))} is there twice.`);
    found.set(entry.fileName, stretch);
  }
  return found;
}

async function stretchOf(file: string, zip: ZipFile, entry: Entry): Promise<Stretch> {
  if (entry.compressionMethod !== 0 || entry.isEncrypted()) throw bad(file, `entry ${JSON.stringify(oneLine(entry.fileName))} is compressed or encrypted; torch.save does neither.`, 'Save the checkpoint again with torch.save.');
  const { fileDataStart: begin } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return { begin, end: begin + entry.uncompressedSize };
}

async function readDirectory(file: string): Promise<Map<string, Stretch>> {
  let fd: number | null = null;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const zip = await fromFdPromise(fd, { lazyEntries: true, autoClose: false });
    return await stretches(file, zip, fstatSync(fd).size);
  } catch (error) {
    if (error instanceof Error && !('code' in error)) throw bad(file, `not a readable zip archive: ${oneLine(error.message)}.`);
    throw asRunFolderError(error, `read ${file}`);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** The tensors of a state dict, by name. */
function stateDict(file: string, pickle: Uint8Array): Map<string, PickledTensor> {
  const root = unpickle(`${file}, data.pkl`, pickle);
  const notOne = 'Save the state dict itself: torch.save(model.state_dict(), FILE).';
  if (!(root instanceof PickledDict)) throw bad(file, 'it holds no state dict.', notOne);
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of root.entries) {
    if (typeof name !== 'string') throw bad(file, 'a key of its state dict is no text.', notOne);
    if (!(value instanceof PickledTensor)) throw bad(file, `its entry ${JSON.stringify(oneLine(name))} is no tensor.`, notOne);
    tensors.set(name, value);
  }
  return tensors;
}

/** Opens a file of `torch.save`. Reads its directory and pickle, not its numbers. @throws RunFolderError missing, corrupt, io. */
export async function openTorchFile(file: string): Promise<WeightsFile> {
  const entries = await readDirectory(file);
  const pickles = [...entries.keys()].filter(name => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw bad(file, `an archive with ${pickles.length} data.pkl, expected one: not a file of torch.save.`);
  const root = pickles[0]!.slice(0, -'data.pkl'.length);
  const pickle = entries.get(pickles[0]!)!;
  if (pickle.end - pickle.begin > maxPickleBytes) throw bad(file, `its pickle has ${pickle.end - pickle.begin} bytes; at most ${maxPickleBytes} are read.`);
  const order = entries.get(`${root}byteorder`);
  if (order && order.end - order.begin < 16 && Buffer.from(readRange(file, order.begin, order.end)).toString() !== 'little') throw bad(file, 'its numbers are big-endian.', 'Save it on a little-endian machine.');
  const tensors = stateDict(file, readRange(file, pickle.begin, pickle.end));
  for (const [name, { storage, offset, shape, strides }] of tensors) {
    const shown = JSON.stringify(oneLine(name));
    const data = entries.get(`${root}data/${storage.key}`);
    if (!data) throw bad(file, `the numbers of ${shown} (data/${oneLine(storage.key)}) are missing.`);
    const has = (data.end - data.begin) / dtypeBytes[storage.dtype];
    const needs = reach(offset, shape, strides);
    if (has !== storage.length || needs > has) throw bad(file, `${shown}, [${shape.join(', ')}] of ${storage.dtype}, needs ${Math.max(needs, storage.length)} values, its storage holds ${has}.`);
    if (!(valuesOf(shape) <= has + maxExpanded)) throw bad(file, `${shown} is [${shape.join(', ')}] over a storage of ${has} values.`, 'Save it with .contiguous().');
  }
  return {
    file,
    tensors: new Map([...tensors].map(([name, { storage, shape }]) => [name, { dtype: storage.dtype, shape }])),
    read(name) {
      const { storage, offset, shape, strides } = tensors.get(name)!;
      const { begin, end } = entries.get(`${root}data/${storage.key}`)!;
      return rowMajor(decodeTensor(storage.dtype, shape, readRange(file, begin, end)).data, offset, shape, strides);
    },
  };
}
