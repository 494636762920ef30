/**
 * Writing a `.npy` array front to back without knowing its length: the header has a fixed size and is filled in at the
 * end. Used inside a temporary folder only (see write-dataset.ts), so an unfinished file is never met by a reader.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { writeError } from './errors';
import { formatNpyHeader, npyItemBytes, writtenHeaderBytes } from './npy-header';

const bufferBytes = 1 << 20;

/** A `.npy` file being written. `columns` undefined: one axis. Throws DatasetError `unwritable`. */
export class NpyWriter {
  private readonly buffer = Buffer.allocUnsafe(bufferBytes);
  private used = 0;
  private numbers = 0;
  private file: number | undefined;

  constructor(
    private readonly path: string,
    private readonly type: '|u1' | '<i4',
    private readonly columns?: number,
  ) {
    try {
      this.file = openSync(path, 'wx');
      writeSync(this.file, Buffer.alloc(writtenHeaderBytes));
    } catch (thrown) {
      this.abort();
      throw writeError(path, thrown);
    }
  }

  /** Appends numbers: whole rows for a table. Throws RangeError for one that does not fit the type or the row. */
  append(values: ArrayLike<number>): void {
    if (this.columns !== undefined && values.length % this.columns !== 0) throw new RangeError(`${this.path}: ${values.length} numbers are not whole rows of ${this.columns}`);
    this.numbers += values.length;
    if (values instanceof Uint8Array && this.type === '|u1' && values.length <= bufferBytes) {
      if (this.used + values.length > bufferBytes) this.flush();
      this.buffer.set(values, this.used);
      this.used += values.length;
      return;
    }
    const bytes = npyItemBytes[this.type];
    for (let i = 0; i < values.length; i++) {
      if (this.used + bytes > bufferBytes) this.flush();
      const value = values[i]!;
      if (bytes === 1) this.buffer.writeUInt8(value, this.used);
      else this.buffer.writeInt32LE(value, this.used);
      this.used += bytes;
    }
  }

  private flush(): void {
    if (this.file === undefined) throw new Error(`${this.path}: written after close`);
    try {
      for (let done = 0; done < this.used;) done += writeSync(this.file, this.buffer, done, this.used - done);
    } catch (thrown) {
      throw writeError(this.path, thrown);
    }
    this.used = 0;
  }

  /** Fills in the header and makes the file durable. */
  finish(): void {
    this.flush();
    const shape = this.columns === undefined ? [this.numbers] : [this.numbers / this.columns, this.columns];
    try {
      writeSync(this.file!, formatNpyHeader(this.type, shape), 0, writtenHeaderBytes, 0);
      fsyncSync(this.file!);
    } catch (thrown) {
      throw writeError(this.path, thrown);
    } finally {
      this.abort();
    }
  }

  /** Closes the file as it is. */
  abort(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}
