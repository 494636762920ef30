/**
 * The refinement traces a run keeps of its watched puzzles, `traces/<step>/<test example>.json`: listed per puzzle over
 * training time, and read with every array checked against the others.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders, writeFileAtomic } from './atomic-write';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { isSuperseded, listAttempts } from './ownership';
import type { Attempt } from './ownership';
import { insideRun } from './paths';
import { issueText, parseJson, readHead, readSmallFile } from './read-json';
import { traceSchema } from './schema';
import type { Trace } from './schema';

/** Largest trace file that is read, in bytes. */
const maxTraceBytes = 256 << 20;

/** A watched test example and the steps of which there is a trace, ascending. */
export interface KeptTraces {
  readonly index: number;
  readonly steps: number[];
}

const traceFile = (dir: string, step: number, index: number): string => insideRun(dir, path.join('traces', String(step), `${index}.json`));

async function numbersIn(dir: string, pattern: RegExp): Promise<number[]> {
  try {
    return (await readdir(dir)).map(name => pattern.exec(name)?.[1]).filter(n => n !== undefined).map(Number);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw asRunFolderError(error, `read ${dir}`);
  }
}

/** The kept traces of a run by puzzle, without those of abandoned attempts. */
export async function listTraces(dir: string): Promise<KeptTraces[]> {
  const root = insideRun(dir, 'traces');
  const attempts = listAttempts(dir);
  const byIndex = new Map<number, number[]>();
  for (const step of (await numbersIn(root, /^(\d{1,15})$/)).sort((a, b) => a - b)) {
    for (const index of await numbersIn(insideRun(dir, path.join('traces', String(step))), /^(\d{1,15})\.json$/)) {
      if (isSuperseded(attempts, 1, step) && await isAbandoned(attempts, dir, step, index)) continue;
      byIndex.set(index, [...byIndex.get(index) ?? [], step]);
    }
  }
  return [...byIndex].map(([index, steps]) => ({ index, steps })).sort((a, b) => a.index - b.index);
}

/** How a kept trace begins: its attempt stands before all that is large. One that was made on request has none. */
const traceHead = /^\{"schema":\d+,"run":(?:null|"[^"\\]*"),(?:"attempt":(\d+),)?"step":/;
const traceHeadBytes = 512;

/** The attempt that kept a trace, by the head of its file: the list of traces is asked for again with every step of a run. */
async function attemptOf(dir: string, step: number, index: number): Promise<number> {
  const head = traceHead.exec(await readHead(traceFile(dir, step, index), traceHeadBytes));
  return head ? Number(head[1] ?? 1) : (await readTrace(dir, step, index)).attempt ?? 1;
}

async function isAbandoned(attempts: readonly Attempt[], dir: string, step: number, index: number): Promise<boolean> {
  try {
    return isSuperseded(attempts, await attemptOf(dir, step, index), step);
  } catch (error) {
    if (error instanceof RunFolderError) return false; // opening it will tell what is wrong with it
    throw error;
  }
}

function checkSizes(file: string, trace: Trace): void {
  const cells = trace.rows * trace.cols;
  const tokens = cells * (trace.vocab_size <= 256 ? 1 : 2);
  const frames = trace.frames.length;
  if ((trace.z_tokens === null) !== (trace.z_prob === null)) throw new RunFolderError('corrupt', `${file}: only one of z_tokens and z_prob is null.`, 'Choose another step, or make the trace again from a checkpoint.');
  const expected: [string, string | null, number][] = [
    ['question', trace.question, tokens], ['solution', trace.solution, tokens],
    ['y_tokens', trace.y_tokens, tokens * frames], ['z_tokens', trace.z_tokens, tokens * frames],
    ['y_prob', trace.y_prob, 4 * cells * frames], ['z_prob', trace.z_prob, 4 * cells * frames],
  ];
  for (const [key, text, bytes] of expected) {
    if (text !== null && Buffer.byteLength(text, 'base64') !== bytes) {
      throw new RunFolderError('corrupt', `${file}: ${key}: expected ${bytes} bytes in base64, found ${Buffer.byteLength(text, 'base64')}.`, 'Choose another step, or make the trace again from a checkpoint.');
    }
  }
  if (trace.change.length !== frames) throw new RunFolderError('corrupt', `${file}: change: expected ${frames} values, found ${trace.change.length}.`, 'Choose another step, or make the trace again from a checkpoint.');
}

/** A kept trace. @throws RunFolderError missing, corrupt (naming the key), newer_schema, io. */
export async function readTrace(dir: string, step: number, index: number): Promise<Trace> {
  return readTraceFile(traceFile(dir, step, index));
}

/** A trace from any file. @throws RunFolderError missing, corrupt (naming the key), newer_schema, io. */
export async function readTraceFile(file: string): Promise<Trace> {
  const trace = parseJson(file, await readSmallFile(file, maxTraceBytes), traceSchema);
  checkSizes(file, trace);
  return trace;
}

/** Writes a kept trace, all or nothing; returns its path relative to the run. @throws RunFolderError shape, disk_full, read_only, io. */
export function writeTraceFile(dir: string, attempt: number, step: number, index: number, trace: Trace): string {
  const relative = path.join('traces', String(step), `${index}.json`);
  const file = insideRun(dir, relative);
  const parsed = traceSchema.safeParse({ ...trace, attempt });
  if (!parsed.success) throw new RunFolderError('shape', `The trace does not fit its schema: ${issueText(parsed.error)}`, 'This is an error of the trainer.');
  checkSizes(file, parsed.data);
  try {
    makeFolders(path.dirname(file));
  } catch (error) {
    throw asRunFolderError(error, `write ${file}`);
  }
  writeFileAtomic(file, JSON.stringify(parsed.data));
  return relative.split(path.sep).join('/');
}
