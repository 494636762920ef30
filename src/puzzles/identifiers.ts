/** `identifiers.json` of a dataset folder: what each puzzle identifier stands for, by its number; 0 is blank. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DatasetError, readError } from './errors';

/** Bytes of a file that is read: room for some millions of names. */
const largestFile = 512 << 20;

/** The names, by identifier; undefined when the folder has no such file. Throws DatasetError. */
export function readIdentifiers(folder: string): readonly string[] | undefined {
  const path = join(folder, 'identifiers.json');
  if (!existsSync(path)) return undefined;
  try {
    const { size } = statSync(path);
    if (size > largestFile) throw new DatasetError('bad-metadata', `${path}: has ${size} bytes, expected at most ${largestFile}`, 'Build the dataset again.');
    const parsed = z.array(z.string()).safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) throw new DatasetError('bad-metadata', `${path}: expected a list of names`, 'Build the dataset again.');
    return parsed.data;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw new DatasetError('bad-metadata', `${path}: not JSON: ${thrown.message.slice(0, 100)}`, 'Build the dataset again.');
    throw readError(path, thrown);
  }
}
