/**
 * Noticing that a run folder changed. The system's own notices come within a moment but not from network disks, and a
 * process that dies changes no file at all; so a slow look at sizes, times and the concluded state goes beside them.
 */
import { statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { runPaths } from './paths';
import { listRuns, readRun } from './read-run';

/** Ends a watch. */
export interface Watch {
  dispose(): void;
}

/** Milliseconds within which notices are gathered into one call. */
const gather = 100;
/** Milliseconds between two slow looks, at one run and at all runs. */
const lookEvery = { run: 2000, runs: 5000 };

function stamp(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats ? `${stats.size}@${stats.mtimeMs}` : '-';
  } catch {
    return '!';
  }
}

/** Calls `onChange` after notices of `dir` (not `ignore`d by file name) and whenever `look` returns another text. */
function watchFolder(dir: string, ignore: (name: string) => boolean, look: () => Promise<string>, every: number, onChange: () => void): Watch {
  let watcher: FSWatcher | null = null;
  let pending: NodeJS.Timeout | null = null;
  let last: string | null = null;
  let disposed = false;
  const notify = (): void => {
    pending ??= setTimeout(() => {
      pending = null;
      onChange();
    }, gather);
  };
  const listen = (): void => {
    if (watcher || disposed) return;
    try {
      watcher = watch(dir, { persistent: false }, (_event, name) => {
        if (name === null || !ignore(name)) notify();
      });
      watcher.on('error', () => {
        watcher?.close();
        watcher = null; // the folder went away, or no more watches are to be had: the slow look goes on
      });
    } catch {
      watcher = null;
    }
  };
  const slowLook = async (): Promise<void> => {
    listen();
    const now = await look().catch((error: unknown) => `! ${String(error)}`);
    if (last !== null && now !== last && !disposed) notify();
    last = now;
    if (!disposed) timer = setTimeout(() => void slowLook(), every).unref();
  };
  let timer: NodeJS.Timeout | null = null;
  void slowLook();
  return {
    dispose: () => {
      disposed = true;
      watcher?.close();
      if (pending) clearTimeout(pending);
      if (timer) clearTimeout(timer);
    },
  };
}

const ownTraffic = (name: string): boolean => name === 'heartbeat' || name.startsWith('.');

/**
 * Calls `onChange` (gathered, at most ten times a second) when something in the run changed: manifest, metrics, best,
 * traces, checkpoints, or the state one concludes (a killed trainer). The folder may come and go.
 */
export function watchRun(dir: string, onChange: () => void): Watch {
  const { manifest, metrics, best, traces, checkpoints } = runPaths(dir);
  const look = async (): Promise<string> => {
    const state = await readRun(dir).then(run => run.state, () => 'unreadable');
    return [state, ...[manifest, metrics, best, traces, checkpoints].map(stamp)].join(' ');
  };
  return watchFolder(dir, ownTraffic, look, lookEvery.run, onChange);
}

/** Calls `onChange` (gathered) when runs come or go or one of them changes its run.json or its concluded state. */
export function watchRuns(runsDir: string, onChange: () => void): Watch {
  const look = async (): Promise<string> => {
    const names = await readdir(runsDir).catch(() => []);
    const { runs, broken } = names.length ? await listRuns(runsDir) : { runs: [], broken: [] };
    return [...runs.map(r => `${r.dir} ${r.state} ${r.manifest.updated}`), ...broken.map(b => `${b.dir} ${b.problem}`)].join('\n');
  };
  return watchFolder(runsDir, ownTraffic, look, lookEvery.runs, onChange);
}
