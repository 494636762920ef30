/**
 * What can go wrong with a run folder, as one error class whose code a program can act on and whose words a person can
 * act on. Everything in this folder that touches the disk turns system errors into these; nothing else is thrown.
 */

/** What went wrong, for programs. */
export type RunFolderCode =
  /** The folder is no run: it has no run.json. */
  | 'not_a_run'
  /** Written by a newer version of this software. */
  | 'newer_schema'
  /** A file is not what it should be: cut off, edited, checksum differs. */
  | 'corrupt'
  /** Another process holds the folder, or took it over. */
  | 'held'
  | 'read_only'
  | 'disk_full'
  /** A file or folder is not there. */
  | 'missing'
  /** Values do not fit the schema or the tensor's shape. */
  | 'shape'
  /** Any other error of the file system. */
  | 'io';

/** Something a run folder could not do; `next` says what the user can try. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
  constructor(readonly code: RunFolderCode, message: string, readonly next: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The system's error code (`ENOENT`, ...), or '' when it has none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const byCode: Record<string, [RunFolderCode, string, string]> = {
  ENOSPC: ['disk_full', 'the disk is full', 'Free some space, or choose another runs folder; what was written stays readable.'],
  EDQUOT: ['disk_full', 'your disk quota is used up', 'Free some space, or choose another runs folder; what was written stays readable.'],
  EROFS: ['read_only', 'the file system is read-only', 'Mount it writable, or choose another runs folder.'],
  EACCES: ['read_only', 'permission denied', 'Change the permissions, or choose another runs folder.'],
  EPERM: ['read_only', 'operation not permitted', 'Change the permissions, or choose another runs folder.'],
  ENOENT: ['missing', 'it is not there', 'Check the path; the file or folder may have been moved or deleted.'],
  ENOTDIR: ['io', 'a file is in the place of a folder', 'Move that file away, or choose another runs folder.'],
  EEXIST: ['io', 'it is there already', 'Choose another name, or move it away.'],
  EISDIR: ['io', 'a folder is in the place of a file', 'Move that folder away.'],
  ELOOP: ['io', 'a symbolic link is in its place', 'Replace the link by the file itself.'],
};

/**
 * A system error as a RunFolderError; one that is a RunFolderError already is handed through.
 * @param doing what failed, to complete "Cannot ...": "write /path/run.json"
 */
export function asRunFolderError(error: unknown, doing: string): RunFolderError {
  if (error instanceof RunFolderError) return error;
  const code = systemCode(error);
  const known = byCode[code];
  if (known) return new RunFolderError(known[0], `Cannot ${doing}: ${known[1]} (${code}).`, known[2], { cause: error });
  const words = error instanceof Error ? error.message : String(error);
  return new RunFolderError('io', `Cannot ${doing}: ${words}`, 'Check the disk or the network share and try again.', { cause: error });
}
