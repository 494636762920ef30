/**
 * What a person says about a run: its display name, notes, tags, and whether it is pinned. It is kept apart from run.json,
 * which a live trainer replaces as a whole from its own memory, so that neither could write there without undoing the
 * other. And it is a list of changes, `labels.jsonl`, only ever appended to, one line each in one write: two windows and a
 * command line that change it at the same moment read nothing before they write, so no change is lost. Readers begin with
 * the name, notes and tags of run.json, which the run was made with, and make the changes in order.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { RunFolderError, asRunFolderError } from './errors';
import { insideRun, runPaths } from './paths';
import { issueText, oneLine } from './read-json';
import type { RunManifest } from './schema';

/** Largest labels.jsonl that is read or made, in bytes. */
export const maxLabelsBytes = 4 << 20;
/** Longest name, tag and notes, in characters, and how many tags a run may have. */
export const labelLimits = { name: 120, tag: 40, notes: 10_000, tags: 32 } as const;

const isOneLine = (text: string): boolean => oneLine(text, Infinity) === text;
const nameSchema = z.string().min(1).max(labelLimits.name).refine(isOneLine, 'expected one line of text without spaces around it');
const tagSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._/+-]*$/u, 'expected letters, digits and "._/+-"').max(labelLimits.tag);

/** One change: what is left out stays as it is. */
export const labelChangeSchema = z.object({
  /** When it was made. */
  at: z.iso.datetime(),
  /** The display name; null: that of run.json again. */
  name: nameSchema.nullable().optional(),
  notes: z.string().max(labelLimits.notes).optional(),
  add_tags: z.array(tagSchema).max(labelLimits.tags).optional(),
  remove_tags: z.array(z.string()).max(labelLimits.tags).optional(),
  pinned: z.boolean().optional(),
});
/** A change, as it is asked for. */
export type LabelChange = Omit<z.infer<typeof labelChangeSchema>, 'at'>;

/** What people say about a run now. Texts come from a file: show them as text, never as markup. */
export interface Labels {
  readonly name: string;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly pinned: boolean;
}

/** The changes in the text of a labels.jsonl, and how many of its lines are none. A last line without its end was cut off, and does not count. */
export function parseLabelChanges(text: string): { changes: LabelChange[]; invalid: number } {
  const changes: LabelChange[] = [];
  let invalid = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue;
    try {
      changes.push(labelChangeSchema.parse(JSON.parse(line)));
    } catch {
      invalid++;
    }
  }
  return { changes, invalid };
}

/** The labels after these changes. */
export function applyLabelChanges(manifest: Pick<RunManifest, 'name' | 'notes' | 'tags'>, changes: readonly LabelChange[]): Labels {
  let { name, notes } = manifest;
  let pinned = false;
  const tags = new Set(manifest.tags);
  for (const change of changes) {
    if (change.name !== undefined) name = change.name ?? manifest.name;
    notes = change.notes ?? notes;
    pinned = change.pinned ?? pinned;
    for (const tag of change.remove_tags ?? []) tags.delete(tag);
    for (const tag of change.add_tags ?? []) if (tags.size < labelLimits.tags) tags.add(tag);
  }
  return { name, notes, tags: [...tags], pinned };
}

/**
 * Records a change of what is said about a run; also while it trains.
 * @throws RunFolderError shape (a name, tag or note that cannot be one), corrupt (labels.jsonl is a link or no file), disk_full, read_only, io.
 */
export function changeLabels(dir: string, change: LabelChange): void {
  const parsed = labelChangeSchema.safeParse({ at: new Date().toISOString(), ...change });
  if (!parsed.success) throw new RunFolderError('shape', `This cannot be said about a run: ${issueText(parsed.error)}`, `A name has 1 to ${labelLimits.name} characters on one line, a tag up to ${labelLimits.tag}, notes up to ${labelLimits.notes}.`);
  const file = runPaths(dir).labels;
  try {
    insideRun(dir, 'labels.jsonl');
    // O_NOFOLLOW and O_NONBLOCK are undefined on Windows, where `|` makes them 0.
    const fd = openSync(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
    try {
      append(file, fd, JSON.stringify(parsed.data));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw asRunFolderError(error, `write ${file}`);
  }
}

function append(file: string, fd: number, line: string): void {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw new RunFolderError('corrupt', `${file} is not a regular file.`, 'Move it away; it was not written by this software.');
  const last = Buffer.alloc(1);
  const torn = stats.size > 0 && readSync(fd, last, 0, 1, stats.size - 1) === 1 && last[0] !== 0x0a; // a full disk cut a line off: end it
  const bytes = Buffer.from(`${torn ? '\n' : ''}${line}\n`);
  if (stats.size + bytes.length > maxLabelsBytes) throw new RunFolderError('shape', `${file} has ${stats.size} bytes and may have ${maxLabelsBytes}.`, 'Move it away to begin anew.');
  const written = writeSync(fd, bytes); // one write: lines of two processes do not mix
  if (written < bytes.length) throw new RunFolderError('disk_full', `Only part of a change could be written to ${file}: it does not count.`, 'Free some space and try again.');
  fsyncSync(fd);
}
