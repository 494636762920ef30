/**
 * Reading stretches of a file that comes from anywhere: only of regular files, only what is there, never waiting on a pipe.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { RunFolderError, asRunFolderError } from './errors';

const damaged = 'The file is cut off or damaged: take another checkpoint or a fresh copy.';

/** Opens a regular file, hands it to `read`, and closes it. @throws RunFolderError missing, corrupt, io, and what `read` throws. */
export function withFile<T>(file: string, read: (fd: number, size: number) => T): T {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw new RunFolderError('corrupt', `${file}: not a regular file.`, 'Give a file.');
      return read(fd, stats.size);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw asRunFolderError(error, `read ${file}`);
  }
}

/** Fills `bytes` from the file at `position`. @throws RunFolderError corrupt when it ends before. */
export function readExactly(where: string, fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    const n = readSync(fd, bytes, at, Math.min(bytes.length - at, 1 << 30), position + at);
    if (n === 0) throw new RunFolderError('corrupt', `${where}: the file ends at byte ${position + at}; it was changed while it was read.`, damaged);
    at += n;
  }
}

/** The bytes from `begin` to `end`, in a buffer of their own. @throws RunFolderError missing, corrupt, io. */
export function readRange(file: string, begin: number, end: number): Uint8Array {
  return withFile(file, (fd, size) => {
    if (begin < 0 || end < begin || end > size) throw new RunFolderError('corrupt', `${file}: bytes ${begin} to ${end} are asked for, the file has ${size}.`, damaged);
    const bytes = new Uint8Array(end - begin);
    readExactly(file, fd, bytes, begin);
    return bytes;
  });
}
