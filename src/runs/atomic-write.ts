/**
 * Whole-file writes that are seen entirely or not at all: the bytes go to a temporary name in the same folder, are forced
 * to the disk, and then take the place of the old file in one rename. A kill or a full disk leaves the old file as it was.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { asRunFolderError, systemCode } from './errors';

/** A temporary name beside `file`; such names begin with a dot and end in `.tmp`, and readers pass over them. */
export function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Writes all of `bytes` at the file's end or throws a system error. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** Forces a folder's entries to the disk, where the system can (Windows and some network file systems cannot). */
export function syncFolder(dir: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(systemCode(error))) throw error;
  } finally {
    closeSync(fd);
  }
}

/** rename(); on Windows a reader that has the target open makes it fail for a moment, so it is tried for a second. */
export function renamePatiently(from: string, to: string): void {
  for (let tries = 0; ; tries++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (process.platform !== 'win32' || tries >= 20 || !['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** Writes `data` to a new temporary file beside `file`, forces it to the disk and returns its name. Throws system errors, leaving nothing. */
export function writeTemporary(file: string, data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  const temporary = temporaryName(file);
  const fd = openSync(temporary, 'wx');
  try {
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  return temporary;
}

/**
 * Makes a folder and those above it; one that exists is fine. Throws system errors, and unlike mkdir's `recursive` the true
 * one: that says ENOENT on a read-only file system.
 */
export function makeFolders(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' && path.dirname(dir) !== dir) {
      makeFolders(path.dirname(dir));
      mkdirSync(dir);
    } else if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw error; // Windows says EPERM for a drive's root
  }
}

/** Removes a folder of our own, as far as that goes. */
export function removeFolderQuietly(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    // what remains has a temporary name or no run.json, and is passed over by readers
  }
}

/** Removes a file of our own that may be gone already. */
export function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // a leftover temporary file is passed over by readers and swept when the run is reopened
  }
}

/**
 * Replaces `file` by `data`, all or nothing.
 * @throws RunFolderError (disk_full, read_only, missing, io); the old file is then untouched.
 */
export function writeFileAtomic(file: string, data: string | Uint8Array): void {
  try {
    const temporary = writeTemporary(file, data);
    try {
      renamePatiently(temporary, file);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
    syncFolder(path.dirname(file));
  } catch (error) {
    throw asRunFolderError(error, `write ${file}`);
  }
}
