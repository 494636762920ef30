/**
 * Where everything in a run folder lies, how runs are named, and the guard at its border: a path taken from a file in the
 * folder is only followed when it stays inside.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RunFolderError, systemCode } from './errors';

/** The paths of one run. */
export interface RunPaths {
  readonly dir: string;
  readonly manifest: string;
  readonly config: string;
  readonly metrics: string;
  readonly traces: string;
  readonly checkpoints: string;
  readonly best: string;
  readonly labels: string;
  readonly log: string;
  readonly heartbeat: string;
  readonly attempts: string;
  /** Trace of test example `puzzle` with the weights of `step`. */
  readonly trace: (step: number, puzzle: number) => string;
  /** Checkpoint folder of a step. */
  readonly checkpoint: (step: number) => string;
}

/** The paths of the run in `dir`. */
export function runPaths(dir: string): RunPaths {
  const at = (...parts: string[]): string => path.join(dir, ...parts);
  return {
    dir,
    manifest: at('run.json'),
    config: at('config.trm.yaml'),
    metrics: at('metrics.jsonl'),
    traces: at('traces'),
    checkpoints: at('checkpoints'),
    best: at('best.json'),
    labels: at('labels.jsonl'),
    log: at('trainer.log'),
    heartbeat: at('heartbeat'),
    attempts: at('attempts'),
    trace: (step, puzzle) => at('traces', String(step), `${puzzle}.json`),
    checkpoint: step => at('checkpoints', `step-${step}`),
  };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A new run id, `<name>-<yyyymmdd-hhmmss>-<4 hex>` in local time; the name keeps letters, digits, `.`, `-` and `_`. */
export function newRunId(configName: string, now: Date = new Date()): string {
  const base = path.basename(configName).replace(/\.ya?ml$/i, '').replace(/\.trm$/i, '');
  const name = base.normalize('NFKD').replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60) || 'run';
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${name}-${day}-${time}-${randomBytes(2).toString('hex')}`;
}

const outside = (dir: string, relative: string): RunFolderError =>
  new RunFolderError('corrupt', `${JSON.stringify(relative)} leads out of the run folder ${dir}.`, 'Do not open this run unless you trust where it came from.');

function realOrNull(file: string): string | null {
  try {
    return realpathSync(file);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/**
 * The absolute path of `relative` inside the run folder. The folder itself may be a link; nothing in it may lead out.
 * The last parts need not exist yet.
 * @throws RunFolderError 'corrupt' when the path, or a symbolic link on it, leaves the folder.
 */
export function insideRun(dir: string, relative: string): string {
  const full = path.resolve(dir, relative);
  const below = path.relative(path.resolve(dir), full);
  if (relative.includes('\0') || path.isAbsolute(relative) || below === '..' || below.startsWith(`..${path.sep}`) || path.isAbsolute(below)) throw outside(dir, relative);
  const root = realOrNull(dir);
  if (root === null) return full;
  for (let probe = full; ; probe = path.dirname(probe)) {
    const real = realOrNull(probe);
    if (real === null) {
      if (lstatSync(probe, { throwIfNoEntry: false })?.isSymbolicLink()) throw outside(dir, relative); // dangling: writing through it would create a file elsewhere
      continue;
    }
    if (real !== root && !real.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) throw outside(dir, relative);
    return full;
  }
}
