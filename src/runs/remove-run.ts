/**
 * Taking a run folder away: never from under a process that writes it, and never anything but the folder itself. Whoever
 * deletes it first takes it as a trainer would, so that of a delete and a resume at the same moment only one happens.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { renamePatiently } from './atomic-write';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { amendAttempt, claim } from './ownership';
import { thisProcess } from './process-identity';

/** The folder in a runs folder that deleted runs are moved to. Lists of runs pass over names that begin with a dot. */
export const trashName = '.trash';

/**
 * Makes sure that no process has the run, and that none begins with it while it is taken away.
 * @param options.takeOver also from a process on another machine whose heartbeat has stopped
 * @returns whether the entry is only a link to a folder: then only the link is to be removed, and the run was not touched
 * @throws RunFolderError held (it is live, or may be), missing, io (a file), read_only.
 */
export function releaseForRemoval(dir: string, options: { takeOver?: boolean } = {}): { isLink: boolean } {
  const facts = lstatSync(dir, { throwIfNoEntry: false });
  if (!facts) throw new RunFolderError('missing', `There is no folder ${dir}.`, 'It may have been deleted already.');
  if (facts.isSymbolicLink()) return { isLink: true };
  if (!facts.isDirectory()) throw new RunFolderError('io', `${dir} is not a folder.`, 'Choose the folder of a run.');
  const attempt = claim(dir, { ...thisProcess(), nonce: randomBytes(16).toString('hex'), socket: null }, options);
  amendAttempt(dir, attempt, { released: new Date().toISOString() });
  return { isLink: false };
}

/**
 * Moves a run, after `releaseForRemoval`, into `.trash` of its runs folder. To bring it back, move it out again.
 * @returns where it is now
 * @throws RunFolderError corrupt (`.trash` is a link or a file), read_only, io: then the run is where it was.
 */
export function moveToTrash(dir: string): string {
  const full = path.resolve(dir);
  const trash = path.join(path.dirname(full), trashName);
  try {
    try {
      mkdirSync(trash);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    if (!lstatSync(trash).isDirectory()) throw new RunFolderError('corrupt', `${trash} is not a folder.`, 'Move it away; deleted runs go into a folder of that name.');
    const name = path.basename(full);
    let target = path.join(trash, name);
    for (let k = 2; lstatSync(target, { throwIfNoEntry: false }); k++) target = path.join(trash, `${name}.${k}`);
    renamePatiently(full, target);
    return target;
  } catch (error) {
    throw asRunFolderError(error, `move ${dir} to ${trash}`);
  }
}
