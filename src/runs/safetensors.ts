/**
 * Reading and writing `.safetensors`, the format in which weights are exchanged: eight bytes of header length, a JSON header
 * (name -> dtype, shape, byte range), then the data without gaps. A reader checks the whole header against the file's
 * size before it reserves memory for any tensor, since files come from anywhere; a writer streams tensor by tensor.
 * (Format: https://huggingface.co/docs/safetensors. Little-endian, row-major.)
 */
import { createHash } from 'node:crypto';
import { fsyncSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { RunFolderError, asRunFolderError } from './errors';
import { oneLine } from './read-json';
import { readExactly, withFile } from './read-range';
import { decodeTensor, dtypeBytes, dtypeOf } from './tensor-dtypes';
import type { Dtype, StorableTensor, StoredTensor } from './tensor-dtypes';

/** Largest header that is read, in bytes (the reference implementation takes 100 MB; real ones are a few kB). */
export const maxHeaderBytes = 16 << 20;

/** A tensor of any dtype: where it lies. `begin` and `end` are bytes from the start of the file. */
export interface ListedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}
/** A tensor of a dtype whose values are read. */
export interface TensorEntry extends ListedTensor { readonly dtype: Dtype }
/** A checked header. Names in the file's order. */
export interface SafetensorsHeader<T extends ListedTensor = TensorEntry> {
  readonly tensors: ReadonlyMap<string, T>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Whether the values of a tensor are read; a file may hold other dtypes (F8_E4M3, C64, ...). */
export function isRead(tensor: ListedTensor): tensor is TensorEntry {
  return Object.hasOwn(dtypeBytes, tensor.dtype);
}

const count = z.int().min(0);
const entrySchema = z.object({ dtype: z.string(), shape: z.array(count).max(16), data_offsets: z.tuple([count, count]) });
const metadataSchema = z.record(z.string(), z.string());

function corrupt(where: string, what: string): RunFolderError {
  return new RunFolderError('corrupt', `${where}: ${what}`, 'The file is cut off or damaged, or no safetensors file: take another checkpoint or a fresh copy.');
}

function headerLength(where: string, first8: Uint8Array, fileBytes: number): number {
  if (first8.length < 8) throw corrupt(where, `${fileBytes} bytes are too few for a safetensors file.`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) throw corrupt(where, `the header claims ${length} bytes; at most ${maxHeaderBytes} are read.`);
  if (Number(length) + 8 > fileBytes) throw corrupt(where, `the header claims ${length} bytes, the file has ${fileBytes}.`);
  return Number(length);
}

function parseHeader(where: string, json: Uint8Array, fileBytes: number): SafetensorsHeader<ListedTensor> {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw corrupt(where, 'the header is not JSON.');
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw corrupt(where, 'the header is not a JSON object.');
  const dataStart = 8 + json.length;
  const tensors = new Map<string, ListedTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw corrupt(where, '__metadata__ is not a map from text to text.');
      metadata = parsed.data;
      continue;
    }
    tensors.set(name, checkEntry(where, name, value, dataStart, fileBytes));
  }
  let at = dataStart;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw corrupt(where, `tensor ${JSON.stringify(oneLine(name))} begins at byte ${begin}, expected ${at}: tensors overlap or leave a gap.`);
    at = end;
  }
  if (at !== fileBytes) throw corrupt(where, `the tensors end at byte ${at}, the file at ${fileBytes}.`);
  return { tensors, metadata };
}

function checkEntry(where: string, name: string, value: unknown, dataStart: number, fileBytes: number): ListedTensor {
  const shown = JSON.stringify(oneLine(name));
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw corrupt(where, `tensor ${shown}: ${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
  const { dtype, shape, data_offsets: [from, to] } = parsed.data;
  const values = shape.reduce((n, d) => n * d, 1);
  const [begin, end] = [dataStart + from, dataStart + to];
  if (end > fileBytes || begin > end) throw corrupt(where, `tensor ${shown} lies at bytes ${begin} to ${end}, the file has ${fileBytes}.`);
  const tensor = { dtype, shape, begin, end };
  const bytes = isRead(tensor) ? values * dtypeBytes[tensor.dtype] : to - from; // of another dtype the size is believed
  if (!Number.isSafeInteger(values) || bytes !== to - from) throw corrupt(where, `tensor ${shown}: shape [${shape.join(', ')}] of ${oneLine(dtype)} needs ${bytes} bytes, ${to - from} are given.`);
  return tensor;
}

/** The header, when all of its tensors are of dtypes that are read. @throws RunFolderError corrupt naming the first that is not. */
function requireRead(where: string, { tensors, metadata }: SafetensorsHeader<ListedTensor>): SafetensorsHeader {
  const read = new Map<string, TensorEntry>();
  for (const [name, tensor] of tensors) {
    if (!isRead(tensor)) throw new RunFolderError('corrupt', `${where}: tensor ${JSON.stringify(oneLine(name))}: dtype ${JSON.stringify(oneLine(tensor.dtype))} is not one of ${Object.keys(dtypeBytes).join(', ')}.`, 'Convert its tensors to one of these, such as F32 or BF16.');
    read.set(name, tensor);
  }
  return { tensors: read, metadata };
}

function headerOfFile(file: string, fd: number, size: number): SafetensorsHeader<ListedTensor> {
  const first8 = new Uint8Array(Math.min(8, size));
  readExactly(file, fd, first8, 0);
  const json = new Uint8Array(headerLength(file, first8, size));
  readExactly(file, fd, json, 8);
  return parseHeader(file, json, size);
}

/** The checked header of a file, without its tensors, which may be of any dtype. @throws RunFolderError missing, corrupt, io. */
export function listSafetensors(file: string): SafetensorsHeader<ListedTensor> {
  return withFile(file, (fd, size) => headerOfFile(file, fd, size));
}

/** The checked header of a file, without its tensors. @throws RunFolderError missing, corrupt (also when a dtype is not read), io. */
export function readSafetensorsHeader(file: string): SafetensorsHeader {
  return requireRead(file, listSafetensors(file));
}

/**
 * All tensors of a file (or of its bytes in memory), by name. F16 and BF16 come as Float32Array, exactly.
 * @throws RunFolderError missing, corrupt (naming the tensor; also when its dtype is not read), io.
 */
export function readSafetensors(source: string | Uint8Array): Record<string, StoredTensor> {
  const out = Object.create(null) as Record<string, StoredTensor>; // no prototype: a tensor may be called __proto__
  if (typeof source === 'string') {
    return withFile(source, (fd, size) => {
      for (const [name, entry] of requireRead(source, headerOfFile(source, fd, size)).tensors) {
        const bytes = new Uint8Array(entry.end - entry.begin);
        readExactly(source, fd, bytes, entry.begin);
        out[name] = decodeTensor(entry.dtype, entry.shape, bytes);
      }
      return out;
    });
  }
  const where = 'safetensors data';
  const length = headerLength(where, source.subarray(0, 8), source.length);
  for (const [name, entry] of requireRead(where, parseHeader(where, source.subarray(8, 8 + length), source.length)).tensors) {
    out[name] = decodeTensor(entry.dtype, entry.shape, new Uint8Array(source.subarray(entry.begin, entry.end)));
  }
  return out;
}

/** The file's parts in order: length and header, then each tensor's bytes (views, not copies). */
function* parts(tensors: Readonly<Record<string, StorableTensor>>, metadata?: Readonly<Record<string, string>>): Generator<Uint8Array> {
  const named = Object.entries(tensors).map(([name, tensor]) => {
    const dtype = dtypeOf(tensor);
    const size = tensor.shape.reduce((n, d) => n * d, 1);
    if (size !== tensor.data.length) throw new RunFolderError('shape', `tensor ${JSON.stringify(name)}: shape [${tensor.shape.join(', ')}] needs ${size} values, ${tensor.data.length} are given.`, 'This is an error of the program that writes the file.');
    if (name === '__metadata__') throw new RunFolderError('shape', 'a tensor cannot be called __metadata__.', 'Rename it.');
    return { name, dtype, shape: tensor.shape, bytes: new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength) };
  });
  named.sort((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : 1)); // widest first: every tensor is aligned
  const header = new Map<string, unknown>();
  if (metadata) header.set('__metadata__', metadata);
  let at = 0;
  for (const { name, dtype, shape, bytes } of named) {
    header.set(name, { dtype, shape, data_offsets: [at, at + bytes.length] });
    at += bytes.length;
  }
  // by hand, since a plain object would reorder names that look like numbers
  const json = `{${[...header].map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`;
  const utf8 = Buffer.from(json);
  const padded = Buffer.alloc(8 + Math.ceil(utf8.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  utf8.copy(padded, 8);
  yield padded;
  for (const { bytes } of named) yield bytes;
}

/** The bytes of a safetensors file. @throws RunFolderError 'shape' when data does not fit a shape. */
export function encodeSafetensors(tensors: Readonly<Record<string, StorableTensor>>, metadata?: Readonly<Record<string, string>>): Uint8Array {
  return Buffer.concat([...parts(tensors, metadata)]);
}

const chunkBytes = 4 << 20;

/**
 * Writes a new safetensors file in pieces of 4 MB and forces it to the disk. The arrays must not change meanwhile.
 * @returns its sha256 (hex) and size in bytes
 * @throws RunFolderError disk_full, read_only, shape, io (also when the file exists).
 */
export async function writeSafetensors(file: string, tensors: Readonly<Record<string, StorableTensor>>, metadata?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    const handle = await open(file, 'wx');
    try {
      for (const part of parts(tensors, metadata)) {
        for (let at = 0; at < part.length;) {
          signal?.throwIfAborted();
          const { bytesWritten } = await handle.write(part, at, Math.min(chunkBytes, part.length - at));
          hash.update(part.subarray(at, at + bytesWritten));
          at += bytesWritten;
        }
        size += part.length;
      }
      fsyncSync(handle.fd);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw asRunFolderError(error, `write ${file}`);
  }
  return { sha256: hash.digest('hex'), bytes: size };
}
