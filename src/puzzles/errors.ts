/**
 * What can go wrong with a dataset, in words a person can act on. Everything in `puzzles/` that a file, a folder or a
 * config can cause throws a DatasetError; anything else that is thrown is a bug of ours.
 */

/** Kinds of dataset failures, for programs; people read the message. */
export type DatasetErrorCode =
  | 'missing' // a folder or file that must be there is not
  | 'unreadable' // it is there, but the system refuses
  | 'bad-metadata' // dataset.json is not what was published
  | 'bad-array' // a .npy that is not what is expected
  | 'truncated' // a .npy shorter than its header says
  | 'bad-token' // a value outside the vocabulary
  | 'mismatch' // two things that must agree do not
  | 'bad-row' // a line of a CSV
  | 'bad-puzzle' // a puzzle typed or pasted
  | 'not-enough' // fewer puzzles than asked for
  | 'no-full-batch' // fewer examples between evaluations than one batch
  | 'bad-option' // an option that cannot be meant
  | 'unreachable' // a server, or a file on it
  | 'exists' // a folder that would be overwritten
  | 'unwritable'; // full disk, read-only folder

/** A dataset failure; `next` says what to do about it. */
export class DatasetError extends Error {
  constructor(
    readonly code: DatasetErrorCode,
    message: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DatasetError';
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
};

/** The error code Node gives a failed system call (`ENOENT`, `ENOSPC`, ...), or undefined for any other thing thrown. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

function reasonOf(thrown: unknown): string {
  return reasons[systemCode(thrown) ?? ''] ?? (thrown instanceof Error ? thrown.message : String(thrown));
}

/** Turns a failed read of `path` into a DatasetError (`missing` or `unreadable`); DatasetErrors pass through. */
export function readError(path: string, thrown: unknown): DatasetError {
  if (thrown instanceof DatasetError) return thrown;
  const missing = systemCode(thrown) === 'ENOENT';
  return new DatasetError(
    missing ? 'missing' : 'unreadable',
    `${path}: cannot read: ${reasonOf(thrown)}`,
    missing ? 'Check the path, or build the dataset again.' : 'Check the permissions of the file and of its folder.',
    { cause: thrown },
  );
}

/** Turns a failed write of `path` into a DatasetError (`unwritable`); DatasetErrors pass through. */
export function writeError(path: string, thrown: unknown): DatasetError {
  if (thrown instanceof DatasetError) return thrown;
  const full = ['ENOSPC', 'EDQUOT'].includes(systemCode(thrown) ?? '');
  return new DatasetError(
    'unwritable',
    `${path}: cannot write: ${reasonOf(thrown)}`,
    full ? 'Free some space or choose a folder on another disk; nothing half-written is left behind.' : 'Choose a folder you may write to.',
    { cause: thrown },
  );
}
