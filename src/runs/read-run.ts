/**
 * Reading run folders: what a run is, in which state, and which runs there are. The folders are the only index; what
 * cannot be read becomes an entry of its own with the reason, and never keeps the others from being shown.
 */
import { existsSync, statSync } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { isFresh } from './heartbeat';
import { applyLabelChanges, maxLabelsBytes, parseLabelChanges } from './labels';
import { runPaths } from './paths';
import { isSameProcessAlive } from './process-identity';
import { maxJsonBytes, parseJson, readSmallFile } from './read-json';
import { bestSchema, runManifestSchema } from './schema';
import type { Best, RunManifest, RunState } from './schema';

/** A run as its folder tells it. Texts in the manifest come from a file: show them as text, never as markup. */
export interface RunSummary {
  readonly dir: string;
  /** run.json, with the name, notes and tags that people gave it since. */
  readonly manifest: RunManifest;
  /** A person wants it at the top. */
  readonly pinned: boolean;
  readonly state: RunState;
  /** Its last sign of life: the heartbeat, or when run.json was last written. */
  readonly lastSeen: Date | null;
  readonly best: Best | null;
  /** Parts that could not be read. */
  readonly warnings: string[];
}

/** A folder that looks like a run and cannot be read as one. */
export interface BrokenRun {
  readonly dir: string;
  readonly problem: string;
  readonly next: string;
}

const hasEnded = ({ state }: RunManifest): boolean => state === 'finished' || state === 'failed' || state === 'stopped';

/**
 * The state of a run as a reader concludes it. A written end is believed, and that it waits in the queue; else the run goes on if its process lives, has
 * `crashed` if that is certainly gone, and when it cannot be seen from here the heartbeat decides: fresh, or `lost`.
 */
export function concludeState(manifest: RunManifest, heartbeat: Date | null, now: Date = new Date()): RunState {
  const { state, owner, queue } = manifest;
  if (hasEnded(manifest)) return state;
  if (state === 'pending' && queue?.waiting) return 'queued';
  const updated = new Date(manifest.updated);
  const seen = heartbeat !== null && heartbeat > updated ? heartbeat : updated;
  const fresh = isFresh(seen, now);
  switch (isSameProcessAlive(owner, seen, fresh)) {
    case 'alive': return state;
    case 'gone': return 'crashed';
    case 'elsewhere': return fresh ? state : 'lost';
  }
}

/** What was parsed of a file, or is being parsed, for as long as the file is the same. Parsing 500 manifests anew costs 150 ms, looking at them 20. */
const parsed = new Map<string, { stamp: string; value: Promise<unknown> }>();
const parsedAtMost = 4000;

async function readParsed<T>(file: string, parse: (text: string) => T, maxBytes: number = maxJsonBytes): Promise<T> {
  const { ino, size, mtimeNs, ctimeNs } = await lstat(file, { bigint: true }).catch((error: unknown) => { throw asRunFolderError(error, `read ${file}`); });
  const stamp = `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  const known = parsed.get(file);
  if (known?.stamp === stamp) return known.value as Promise<T>;
  const value = readSmallFile(file, maxBytes).then(parse);
  if (parsed.size >= parsedAtMost) parsed.clear();
  const entry = { stamp, value };
  parsed.set(file, entry);
  try {
    return await value;
  } catch (error) {
    if (parsed.get(file) === entry) parsed.delete(file); // it may be complete in a moment
    throw error;
  }
}

/** run.json as it was written, without what was said about the run since. @throws RunFolderError missing, corrupt, newer_schema, io. */
export async function readManifest(dir: string): Promise<RunManifest> {
  const file = runPaths(dir).manifest;
  return readParsed(file, text => parseJson(file, text, runManifestSchema));
}

/**
 * Reads a run folder. The manifest and best may be the same objects as in an earlier answer: do not change them.
 * @throws RunFolderError missing (no such folder), not_a_run (no run.json), corrupt, newer_schema, io.
 */
export async function readRun(dir: string): Promise<RunSummary> {
  const { heartbeat, best: bestFile, labels: labelsFile } = runPaths(dir);
  let written: RunManifest;
  try {
    written = await readManifest(dir);
  } catch (error) {
    if (!(error instanceof RunFolderError) || error.code !== 'missing') throw error;
    if (!existsSync(dir)) throw new RunFolderError('missing', `There is no run folder ${dir}.`, 'Check the path; it may have been moved or deleted.');
    throw new RunFolderError('not_a_run', `${dir} is not a run: it has no run.json.`, 'Choose a folder that a training run made.');
  }
  const warnings: string[] = [];
  const best = await readBeside(bestFile, text => parseJson(bestFile, text, bestSchema), warnings);
  const labels = await readBeside(labelsFile, parseLabelChanges, warnings, maxLabelsBytes);
  if (labels !== null && labels.invalid > 0) warnings.push(`${labelsFile}: ${labels.invalid} lines say nothing about a run, and are passed over.`);
  const { pinned, name, notes, tags } = applyLabelChanges(written, labels?.changes ?? []);
  const manifest: RunManifest = labels === null ? written : { ...written, name, notes, tags: [...tags] };
  const updated = new Date(manifest.updated);
  if (hasEnded(manifest)) return { dir, manifest, pinned, state: manifest.state, lastSeen: updated, best, warnings };
  const beat = (await stat(heartbeat).catch(() => null))?.mtime ?? null;
  return { dir, manifest, pinned, state: concludeState(manifest, beat), lastSeen: beat ?? updated, best, warnings };
}

/** A file beside run.json; null when there is none, or when it cannot be read, which makes a warning. */
async function readBeside<T>(file: string, parse: (text: string) => T, warnings: string[], maxBytes?: number): Promise<T | null> {
  try {
    return await readParsed(file, parse, maxBytes);
  } catch (error) {
    const problem = asRunFolderError(error, `read ${file}`);
    if (problem.code !== 'missing') warnings.push(problem.message);
    return null;
  }
}

/** Whether a folder without run.json was made by a run that never got to write it; not while it may be doing so now. */
async function isHalfMade(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch((): string[] => []);
  if (!names.includes('attempts')) return false;
  return Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000;
}

async function readOne(dir: string): Promise<RunSummary | BrokenRun | null> {
  try {
    return await readRun(dir);
  } catch (error) {
    const { code, message, next } = asRunFolderError(error, `read ${dir}`);
    if (code === 'missing') return null;
    if (code !== 'not_a_run') return { dir, problem: message, next };
    return await isHalfMade(dir) ? { dir, problem: `${dir} was begun, but its run.json was never written.`, next: 'Delete the folder and start the run again.' } : null;
  }
}

/** A run whose id another has already, as it is listed. */
export function copyOf({ dir }: RunSummary, original: RunSummary): BrokenRun {
  return { dir, problem: `${dir} has the same id as ${original.dir}: it is a copy.`, next: 'Delete one of them, or give the copy another "id" in its run.json.' };
}

const isBroken = (entry: RunSummary | BrokenRun): entry is BrokenRun => 'problem' in entry;

/** Runs read at the same time. */
const concurrency = 16;

/**
 * All runs in a runs folder, newest first, and the broken ones with the reason. Folders that are no runs are passed over;
 * a runs folder that does not exist yet has none.
 * @throws RunFolderError when the runs folder itself cannot be read.
 */
export async function listRuns(runsDir: string): Promise<{ runs: RunSummary[]; broken: BrokenRun[] }> {
  let dirs: string[];
  try {
    const entries = await readdir(runsDir, { withFileTypes: true });
    const visible = entries.filter(e => !e.name.startsWith('.'));
    dirs = visible.filter(e => e.isDirectory()).map(e => path.join(runsDir, e.name));
    for (const link of visible.filter(e => e.isSymbolicLink()).map(e => path.join(runsDir, e.name))) {
      if ((await stat(link).catch(() => null))?.isDirectory()) dirs.push(link);
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { runs: [], broken: [] };
    throw asRunFolderError(error, `read ${runsDir}`);
  }
  const found: (RunSummary | BrokenRun)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let dir = dirs[next++]; dir !== undefined; dir = dirs[next++]) {
      const entry = await readOne(dir);
      if (entry) found.push(entry);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const broken = found.filter(isBroken);
  const runs: RunSummary[] = [];
  const originals = new Map<string, RunSummary>();
  const named = (r: RunSummary): number => (path.basename(r.dir) === r.manifest.id ? 0 : 1);
  for (const run of found.filter((r): r is RunSummary => !isBroken(r)).sort((a, b) => named(a) - named(b) || (a.dir < b.dir ? -1 : 1))) {
    const original = originals.get(run.manifest.id);
    if (original) broken.push(copyOf(run, original));
    else {
      originals.set(run.manifest.id, run);
      runs.push(run);
    }
  }
  runs.sort((a, b) => (a.manifest.created < b.manifest.created ? 1 : a.manifest.created > b.manifest.created ? -1 : a.dir < b.dir ? 1 : -1));
  broken.sort((a, b) => (a.dir < b.dir ? -1 : 1));
  return { runs, broken };
}
