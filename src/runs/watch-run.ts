/**
 * Noticing that a run folder changed. The system's own notices come within a moment but not from network disks, and a
 * process that dies changes no file at all; so a slow look at sizes, times and the concluded state goes beside them.
 */
import { statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
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

function inodeOf(dir: string): string {
  try {
    return String(statSync(dir, { throwIfNoEntry: false })?.ino);
  } catch {
    return '!';
  }
}

function stamp(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats ? `${stats.size}@${stats.mtimeMs}` : '-';
  } catch {
    return '!';
  }
}

/** Listens to the notices of one folder; silent where the system gives none. Null when there is no such folder now. */
function listen(dir: string, wanted: (name: string) => boolean, notify: () => void): FSWatcher | null {
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name === null || wanted(name)) notify();
    });
    watcher.on('error', () => watcher.close()); // the folder went away, or no more watches are to be had: the slow look goes on
    return watcher;
  } catch {
    return null;
  }
}

/** What a slow look saw: a text that differs when something changed, and the folders from which notices are wanted. */
interface Look {
  readonly seen: string;
  readonly folders: ReadonlyMap<string, (name: string) => boolean>;
}

/** Calls `onChange` after notices of the folders `look` names, and whenever it sees something else than before. */
function keepLooking(look: () => Promise<Look>, every: number, onChange: () => void): Watch {
  const watchers = new Map<string, { watcher: FSWatcher; inode: string }>();
  let pending: NodeJS.Timeout | null = null;
  let timer: NodeJS.Timeout | null = null;
  let last: string | null = null;
  let disposed = false;
  const notify = (): void => {
    if (!disposed) pending ??= setTimeout(() => {
      pending = null;
      onChange();
    }, gather);
  };
  const listenTo = (folders: Look['folders']): void => {
    for (const [dir, { watcher, inode }] of watchers) {
      if (folders.has(dir) && inodeOf(dir) === inode) continue;
      watcher.close();
      watchers.delete(dir);
    }
    for (const [dir, wanted] of folders) {
      const watcher = watchers.has(dir) ? null : listen(dir, wanted, notify);
      if (watcher) watchers.set(dir, { watcher, inode: inodeOf(dir) });
    }
  };
  const slowLook = async (): Promise<void> => {
    const { seen, folders } = await look().catch((error: unknown): Look => ({ seen: `! ${String(error)}`, folders: new Map() }));
    if (disposed) return;
    listenTo(folders);
    if (last !== null && seen !== last) notify();
    last = seen;
    timer = setTimeout(() => void slowLook(), every).unref();
  };
  void slowLook();
  return {
    dispose: () => {
      disposed = true;
      for (const { watcher } of watchers.values()) watcher.close();
      if (pending) clearTimeout(pending);
      if (timer) clearTimeout(timer);
    },
  };
}

const notOwnTraffic = (name: string): boolean => name !== 'heartbeat' && !name.startsWith('.');

/**
 * Calls `onChange` (gathered, at most ten times a second) when something in the run changed: manifest, metrics, best,
 * traces, checkpoints, or the state one concludes (a killed trainer). The folder may come and go.
 */
export function watchRun(dir: string, onChange: () => void): Watch {
  const { manifest, metrics, best, traces, checkpoints } = runPaths(dir);
  const folders = new Map([dir, traces, checkpoints].map(folder => [folder, notOwnTraffic]));
  return keepLooking(async () => {
    const state = await readRun(dir).then(run => run.state, () => 'unreadable');
    return { seen: [state, ...[manifest, metrics, best, traces, checkpoints].map(stamp)].join(' '), folders };
  }, lookEvery.run, onChange);
}

/** Calls `onChange` (gathered) when runs come or go, or one changes its run.json, its labels or the state one concludes. */
export function watchRuns(runsDir: string, onChange: () => void): Watch {
  return keepLooking(async () => {
    const { runs, broken } = await listRuns(runsDir);
    const live = runs.filter(run => run.state === 'pending' || run.state === 'running' || run.state === 'paused');
    return {
      seen: [...runs.map(r => `${r.dir} ${r.state} ${r.manifest.updated} ${stamp(runPaths(r.dir).labels)}`), ...broken.map(b => `${b.dir} ${b.problem}`)].join('\n'),
      folders: new Map([[runsDir, notOwnTraffic], ...live.map(run => [run.dir, (name: string) => name === 'run.json' || name === 'labels.jsonl'] as const)]),
    };
  }, lookEvery.runs, onChange);
}
