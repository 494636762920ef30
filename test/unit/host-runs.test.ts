/** Which runs a window knows: from which folders, read when, and what a command that is called on one gets. VS Code and the reading of folders are stand-ins. */
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Memento } from 'vscode';
import type { BrokenRun, RunSummary } from '../../src/runs/read-run';
import type { RunState } from '../../src/runs/schema';

const editor = vi.hoisted(() => {
  class EventEmitter<T> {
    private readonly listeners = new Set<(value: T) => unknown>();
    readonly event = (listener: (value: T) => unknown): { dispose(): void } => {
      this.listeners.add(listener);
      return { dispose: () => void this.listeners.delete(listener) };
    };
    fire(value: T): void { for (const listener of [...this.listeners]) listener(value); }
    dispose(): void { this.listeners.clear(); }
  }
  return { EventEmitter, folders: ['/one'], foldersChanged: new EventEmitter<void>(), trusted: new EventEmitter<void>() };
});
vi.mock('vscode', () => ({
  EventEmitter: editor.EventEmitter, l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)])) },
  workspace: {
    isTrusted: false,
    get workspaceFolders() { return editor.folders.map(folder => ({ uri: { scheme: 'file', fsPath: folder } })); },
    getConfiguration: () => ({ get: (_name: string, other: string) => other }),
    onDidChangeWorkspaceFolders: editor.foldersChanged.event, onDidGrantWorkspaceTrust: editor.trusted.event, onDidChangeConfiguration: () => ({ dispose: () => undefined }),
  },
  window: {},
}));
type Listed = { runs: RunSummary[]; broken: BrokenRun[] };
const disk = vi.hoisted(() => ({ list: (dir: string): Promise<unknown> => Promise.resolve(dir), readings: 0 }));
vi.mock('../../src/runs/read-run', async original => ({
  ...await original<object>(), listRuns: (dir: string) => { disk.readings++; return disk.list(dir); },
}));
vi.mock('../../src/runs/watch-run', () => ({ watchRuns: () => ({ dispose: () => undefined }) }));

const { Runs } = await import('../../src/host/runs');
const { pickRun, pickRuns } = await import('../../src/host/pick');

const run = (dir: string, id = path.basename(dir), state: RunState = 'finished'): RunSummary =>
  ({ dir, state, pinned: false, lastSeen: null, best: null, warnings: [], manifest: { id, name: id, attempt: 1, created: '2026-01-01T00:00:00.000Z' } }) as unknown as RunSummary;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as ConstructorParameters<typeof Runs>[0];
const newState = (): Memento => {
  const values = new Map<string, unknown>();
  return { keys: () => [...values.keys()], get: (key: string) => values.get(key), update: (key: string, value: unknown) => { values.set(key, value); return Promise.resolve(); } } as Memento;
};

const open: { dispose(): void }[] = [];
const newWindow = async (state = newState()): Promise<InstanceType<typeof Runs>> => {
  const runs = new Runs(log, state);
  open.push(runs);
  await runs.known;
  return runs;
};
afterEach(() => {
  for (const runs of open.splice(0)) runs.dispose();
  editor.folders = ['/one'];
});
/** Has the folders hold these runs. */
const hold = (...runs: RunSummary[]): void => { disk.list = dir => Promise.resolve({ runs: runs.filter(each => path.dirname(each.dir) === dir), broken: [] } satisfies Listed); };
const ids = (runs: InstanceType<typeof Runs>): string[] => runs.list().map(({ manifest: { id } }) => id);
const sleep = (milliseconds: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, milliseconds); });

describe('reading', () => {
  it('answers with a reading that began after it was asked for', async () => {
    hold();
    const runs = await newWindow();
    let go = (): void => undefined;
    disk.list = () => new Promise(resolve => { go = () => resolve({ runs: [], broken: [] }); });
    const early = runs.refresh();
    await sleep(5);
    const later = Promise.all([runs.refresh(), runs.refresh()]);
    const finish = go;
    hold(run('/one/runs/a'));
    const before = disk.readings;
    finish();
    await early;
    expect(ids(runs)).toEqual([]);
    await later;
    expect(ids(runs)).toEqual(['a']);
    expect(disk.readings).toBe(before + 1);
  });

  it('follows what it is told while it reads', async () => {
    hold();
    const runs = await newWindow();
    await sleep(100); // what the window itself asked for
    let go = (): void => undefined;
    disk.list = () => new Promise(resolve => { go = () => resolve({ runs: [], broken: [] }); });
    const reading = runs.refresh();
    await sleep(5);
    editor.trusted.fire();
    hold(run('/one/runs/a'));
    go();
    await reading;
    await vi.waitFor(() => { expect(ids(runs)).toEqual(['a']); });
  });
});

describe('folders', () => {
  it('that are closed take their runs with them', async () => {
    editor.folders = ['/one', '/two'];
    hold(run('/one/runs/a'), run('/two/runs/b', 'b', 'running'));
    const runs = await newWindow();
    expect(ids(runs).sort()).toEqual(['a', 'b']);
    editor.folders = ['/one'];
    editor.foldersChanged.fire();
    await vi.waitFor(() => { expect(ids(runs)).toEqual(['a']); });
  });

  it('outside the workspace are known to the window that began a run there, and to others until it has ended', async () => {
    const state = newState();
    hold();
    const first = await newWindow(state);
    first.begin({ id: 'far', name: 'far', dir: '/far/runs/far', attempt: 0 });
    hold(run('/far/runs/far', 'far', 'running'));
    await first.refresh();
    expect(ids(first)).toEqual(['far']);
    expect(ids(await newWindow(state))).toEqual(['far']);
    hold(run('/far/runs/far'));
    await first.refresh();
    expect(ids(first)).toEqual(['far']);
    expect(ids(await newWindow(state))).toEqual([]);
  });

  it('that cannot be read are named, and keep the runs that were known', async () => {
    hold(run('/one/runs/a'));
    const runs = await newWindow();
    disk.list = () => Promise.reject(Object.assign(new Error('Cannot read /one/runs.'), { next: 'Check the disk.' }));
    await runs.refresh();
    expect(ids(runs)).toEqual(['a']);
    expect(runs.listUnreadable()).toEqual([{ dir: '/one/runs', problem: 'Cannot read /one/runs.', next: 'Check the disk.' }]);
    hold();
    await runs.refresh();
    expect([ids(runs), runs.listUnreadable()]).toEqual([[], []]);
  });

  it('with a copy of a run of another folder: it is listed as broken', async () => {
    editor.folders = ['/one', '/two'];
    hold(run('/one/runs/a'), run('/two/runs/a'));
    const runs = await newWindow();
    expect(ids(runs)).toEqual(['a']);
    expect(runs.listBroken()).toMatchObject([{ dir: '/two/runs/a', problem: '/two/runs/a has the same id as /one/runs/a: it is a copy.' }]);
  });
});

describe('a run that goes on', () => {
  const later = (state: RunState, attempt: number): RunSummary => ({ ...run('/one/runs/a', 'a', state), manifest: { ...run('/one/runs/a').manifest, attempt } });

  it('and fails before anybody saw it at work has ended all the same, and is not listed twice meanwhile', async () => {
    hold(later('stopped', 1));
    const runs = await newWindow();
    const ends: string[] = [];
    runs.onDidEnd(({ run: { state } }) => { ends.push(state); });
    runs.begin({ id: 'a', name: 'a', dir: '/one/runs/a', attempt: 1 });
    expect(runs.listStarting()).toEqual([]);
    await runs.refresh();
    expect(ends).toEqual([]);
    hold(later('failed', 2));
    await runs.refresh();
    expect(ends).toEqual(['failed']);
    await runs.refresh();
    expect(ends).toEqual(['failed']);
  });
});

describe('a command', () => {
  const words = { ask: '', none: '', next: '' };

  it('on a run that is starting says that it is', async () => {
    hold();
    const runs = await newWindow();
    const starting = runs.begin({ id: 'new', name: 'my config', dir: '/one/runs/new', attempt: 0 });
    await expect(pickRun(runs, 'new', () => true, words)).rejects.toMatchObject({ code: 'starting', message: 'my config is starting, and has no folder yet.' });
    starting.ended();
    await expect(pickRun(runs, 'new', () => true, words)).rejects.toMatchObject({ code: 'no_run' });
  });

  it('on several lines means the runs among them, not those whose checkpoint or log is selected', async () => {
    hold(run('/one/runs/a'), run('/one/runs/b'), run('/one/runs/c'));
    const runs = await newWindow();
    const chosen = async (given: unknown, selected: unknown): Promise<string[]> => (await pickRuns(runs, given, selected, { ask: '', least: 1 })).map(({ manifest: { id } }) => id);
    const a = { kind: 'run', id: 'a' }, ofB = { kind: 'checkpoint', id: 'b', checkpoint: { name: 'step-1' } }, logOfC = { kind: 'file', id: 'c' };
    expect(await chosen(a, [a, ofB, logOfC])).toEqual(['a']);
    expect(await chosen(a, [a, { kind: 'run', id: 'c' }])).toEqual(['a', 'c']);
    expect(await chosen(ofB, [ofB])).toEqual(['b']);
    expect(await chosen(['a', 'b'], undefined)).toEqual(['a', 'b']);
  });
});
