/** Whether a trainer's control socket can be reached from here, and if not, where the trainer is. What a run.json says of it may come from anywhere. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { isSameProcessAlive } from './process-identity';
import type { RunOwner } from './schema';

/**
 * Whether a path is a socket of this user; false on any error. A named pipe of Windows can only be opened by whom its owner lets in, and
 * is taken as it is.
 */
export function isOwnSocket(file: string): boolean {
  if (process.platform === 'win32') return file.startsWith('\\\\.\\pipe\\');
  try {
    const facts = statSync(file, { throwIfNoEntry: false });
    return facts?.isSocket() === true && facts.uid === process.getuid?.();
  } catch {
    return false; // a folder of another user, or a path that is none
  }
}

/** The user to whom the folder of a socket belongs, when that is another one; null: it cannot be told, or is this user. */
function otherUser(socket: string | null): number | null {
  if (socket === null || process.platform === 'win32') return null;
  try {
    const { uid } = statSync(path.dirname(socket));
    return uid === process.getuid?.() || uid === 0 ? null : uid;
  } catch {
    return null;
  }
}

/** Where a trainer is that does not answer here: on another machine (or in a container there), or another user's; null: here, as far as can be told. */
export function awayFrom({ socket, ...owner }: RunOwner): { readonly host: string } | { readonly uid: number } | null {
  if (isSameProcessAlive(owner) === 'elsewhere') return { host: owner.host };
  const uid = otherUser(socket);
  return uid === null ? null : { uid };
}
