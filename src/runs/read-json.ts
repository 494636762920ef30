/**
 * Reading the small JSON files of a run folder, which may come from anywhere: never through a symbolic link, never from a
 * pipe or device, never more bytes than such a file can need, and only values that fit the schema. What does not fit is
 * an error that names the file and the key.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { z } from 'zod';
import { RunFolderError, asRunFolderError } from './errors';
import { schemaVersion } from './schema-version';

/** Largest run.json, state.json, best.json or attempt file that is read. */
export const maxJsonBytes = 4 << 20;

// O_NOFOLLOW and O_NONBLOCK are undefined on Windows, where `|` makes them 0.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function checkFile(file: string, stats: Stats, maxBytes: number): void {
  if (!stats.isFile()) throw new RunFolderError('corrupt', `${file} is not a regular file.`, 'Move it away; it was not written by a training run.');
  if (stats.size > maxBytes) {
    throw new RunFolderError('corrupt', `${file} has ${stats.size} bytes; at most ${maxBytes} are read.`, 'Move it away; it was not written by a training run.');
  }
}

/** The text of a small file. @throws RunFolderError missing, corrupt (too large, no regular file), io. */
export async function readSmallFile(file: string, maxBytes: number = maxJsonBytes): Promise<string> {
  try {
    const handle = await open(file, openFlags);
    try {
      checkFile(file, await handle.stat(), maxBytes);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asRunFolderError(error, `read ${file}`);
  }
}

/** The first `bytes` of a file as text; less where it ends before. @throws RunFolderError missing, corrupt (no regular file), io. */
export async function readHead(file: string, bytes: number): Promise<string> {
  try {
    const handle = await open(file, openFlags);
    try {
      checkFile(file, await handle.stat(), Infinity);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asRunFolderError(error, `read ${file}`);
  }
}

/** As readSmallFile, at once. */
export function readSmallFileSync(file: string, maxBytes: number = maxJsonBytes): string {
  try {
    const fd = openSync(file, openFlags);
    try {
      const stats = fstatSync(fd);
      checkFile(file, stats, maxBytes);
      const bytes = Buffer.alloc(stats.size);
      let at = 0;
      for (let n = -1; at < bytes.length && n !== 0; at += n) n = readSync(fd, bytes, at, bytes.length - at, at);
      return bytes.toString('utf8', 0, at);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw asRunFolderError(error, `read ${file}`);
  }
}

/** Text from a file as one short line that is safe to show anywhere: no control characters, no bidirectional overrides. */
export function oneLine(text: string, maxLength = 200): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength - 1)}…`;
}

/** The first thing that does not fit a schema: "owner.pid: Invalid input: expected number, received string". */
export function issueText({ issues: [issue] }: z.ZodError): string {
  return oneLine(`${issue?.path.length ? issue.path.join('.') : 'the whole value'}: ${issue?.message ?? 'not valid'}`);
}

/** Deepest nesting of arrays and objects that is taken: what walks through a value, or writes it, would run out of stack far beyond. */
const maxNesting = 64;

/** Where the string that opens at `begin` closes; the end of the text when it does not. (A regular expression runs out of stack within one string of a large trace.) */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** Whether a JSON text nests deeper than that. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    if (depth > maxNesting) return true;
  }
  return false;
}

/**
 * Parses and checks the text of a JSON file.
 * @throws RunFolderError newer_schema, or corrupt naming the key, what was expected and what was found.
 */
export function parseJson<T extends z.ZodType>(file: string, text: string, schema: T): z.infer<T> {
  let value: unknown;
  try {
    if (isTooDeep(text)) throw new SyntaxError(`it nests more than ${maxNesting} levels deep.`);
    value = JSON.parse(text);
  } catch (error) {
    throw new RunFolderError('corrupt', `${file} is not JSON: ${oneLine(error instanceof Error ? error.message : '')}`, 'Restore it from a copy, or move the run away.', { cause: error });
  }
  if (typeof value === 'object' && value !== null && 'schema' in value && typeof value.schema === 'number' && value.schema > schemaVersion) {
    throw new RunFolderError('newer_schema', `${file} was written by a newer version (schema ${value.schema}; this one reads up to ${schemaVersion}).`, 'Update TRM Explorer to open it.');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RunFolderError('corrupt', `${file}: ${issueText(result.error)}`, 'Restore it from a copy, or move the run away.');
}
