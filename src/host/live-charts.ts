/**
 * Live Charts: the view in the TRM container, and the same page as an editor. Each webview is a ChartsSession; this file
 * gives the sessions their runs and data, and answers what their pages ask.
 */
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import type { MessageParticipant, WebviewIdMessageParticipant } from 'vscode-messenger-common';
import { z } from 'zod';
import { chartsAppend, chartsState, mostRuns, openCharts, runCommand, saveChartsSettings, showRuns, type ChartsSettings } from '../protocol/charts';
import { ChartsSession, type ChartsSource } from './charts-session';
import { FollowedRun } from './followed-run';
import type { Log } from './notify';
import type { RunFeed, RunFeeds } from './run-feed';
import type { Runs } from './runs';
import { looksOf, type LooksMemory } from './run-looks';
import { distinctNames, type NamedRun } from './run-names';
import { runHeader, startingHeader } from './run-text';
import { viewTypes } from './view-types';
import { pageOptions, showPage } from './webview-page';

const settingsKey = 'trm.charts.settings', runsKey = 'trm.charts.runs', followedKey = 'trm.charts.followed', looksKey = 'trm.charts.looks';

const settingsSchema = z.object({ xAxis: z.enum(['step', 'examples', 'process', 'wall']), logX: z.boolean().default(false), smoothing: z.number().min(0).max(0.99), logY: z.boolean() });
const looksSchema = z.record(z.string(), z.int().min(0).max(mostRuns - 1));
const defaults: ChartsSettings = { xAxis: 'step', logX: false, smoothing: 0, logY: false };

/** Milliseconds between two looks for runs that nobody looks at any more. */
const pruneEvery = 5000;

/** Editor commands a page may run on a run. */
const commands = { stop: 'trm.stop', pause: 'trm.pause', resume: 'trm.resume', inspect: 'trm.inspectPuzzle', openFolder: 'trm.openRunFolder', showLog: 'trm.showLog', train: 'trm.train' } as const;

/** What Live Charts needs of the window. */
export interface ChartsContext {
  readonly extensionUri: vscode.Uri;
  readonly state: vscode.Memento;
  readonly runs: Runs;
  readonly feeds: RunFeeds;
  readonly messenger: Messenger;
  readonly log: Log;
}

/** The Live Charts view and its editors. */
export class LiveCharts implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly sessions = new Map<string, ChartsSession>();
  /** The session of the side view, while it exists. */
  private side: ChartsSession | null = null;
  private readonly own: vscode.Disposable[] = [];
  private readonly heard = new WeakSet<RunFeed>();
  private readonly followed: FollowedRun;
  /** Names by run, until a run comes or goes. */
  private names: ReadonlyMap<string, string> | null = null;

  constructor(private readonly context: ChartsContext) {
    const { messenger, runs, state } = context;
    const session = (sender: MessageParticipant): ChartsSession | undefined => this.sessions.get('webviewId' in sender ? sender.webviewId : '');
    const pruning = setInterval(() => this.prune(), pruneEvery);
    this.followed = new FollowedRun(runs, { get: () => z.string().nullable().catch(null).parse(state.get(followedKey)), set: id => void state.update(followedKey, id) });
    this.own.push(
      new vscode.Disposable(() => clearInterval(pruning)),
      messenger.onNotification(openCharts, ({ runs: wanted }, sender) => void runs.known.then(() => {
        const asking = session(sender);
        if (wanted && asking !== this.side) asking?.show(wanted); // what the view shows is chosen here: a run begun while it was away goes first
        asking?.open();
      })),
      messenger.onNotification(showRuns, ({ runs: ids }, sender) => {
        const asking = session(sender);
        asking?.show(ids);
        if (asking === this.side) void state.update(runsKey, ids);
      }),
      messenger.onNotification(saveChartsSettings, settings => void state.update(settingsKey, settingsSchema.parse(settings))),
      messenger.onNotification(runCommand, ({ command, run }) => void vscode.commands.executeCommand(commands[command], ...(run === undefined ? [] : [run]))),
      runs.onDidChange(() => { this.names = null; this.wake(); }),
      runs.onDidChangeStatus(() => this.wake()),
      runs.onDidHear(id => { const run = runs.get(id); if (run) context.feeds.wake(run.dir); }),
    );
  }

  /** Reveals the view with this run, which has just been started: it is followed, and when it has ended, the next that is live. */
  async follow(run: string): Promise<void> {
    this.followed.started(run);
    await this.context.state.update(runsKey, []);
    this.side?.show([]);
    await this.compare([]);
  }

  /** Reveals the view with this run in focus; with none, as it was. */
  async reveal(run?: string): Promise<void> {
    await this.compare(run === undefined ? [] : [run]);
  }

  /** Reveals the view with these runs (at most `mostRuns`), the first in focus; with none, as it was. */
  async compare(runs: readonly string[]): Promise<void> {
    if (runs.length > 0) {
      await this.context.state.update(runsKey, runs);
      this.side?.show(runs);
    }
    await vscode.commands.executeCommand(`${viewTypes.liveCharts}.focus`, { preserveFocus: true });
  }

  /** Opens the same page as an editor. */
  openEditor(run?: string): void {
    const panel = vscode.window.createWebviewPanel(viewTypes.charts, vscode.l10n.t('Live Charts'), vscode.ViewColumn.Active, pageOptions(this.context.extensionUri));
    this.adopt(panel, run === undefined ? this.side?.chosen ?? this.saved() : [run]);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.side = this.open(view, this.context.messenger.registerWebviewView(view), this.saved());
    view.onDidDispose(() => { this.side = null; });
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.adopt(panel, []); // its page knows what it showed
    return Promise.resolve();
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
    for (const s of this.sessions.values()) s.close();
  }

  private adopt(panel: vscode.WebviewPanel, runs: readonly string[]): void {
    panel.iconPath = vscode.Uri.joinPath(this.context.extensionUri, 'media', 'trm.svg');
    this.open(panel, this.context.messenger.registerWebviewPanel(panel), runs);
  }

  private open(view: vscode.WebviewView | vscode.WebviewPanel, id: WebviewIdMessageParticipant, runs: readonly string[]): ChartsSession {
    const { messenger } = this.context;
    const session = new ChartsSession(this.source(), {
      visible: () => view.visible,
      state: state => messenger.sendNotification(chartsState, id, state),
      append: data => messenger.sendNotification(chartsAppend, id, data),
    }, [...runs]);
    this.sessions.set(id.webviewId, session);
    if ('onDidChangeVisibility' in view) view.onDidChangeVisibility(() => session.wake());
    else view.onDidChangeViewState(() => { if (!view.visible) session.close(); }); // its page is made anew, and says so
    view.onDidDispose(() => {
      session.close();
      this.sessions.delete(id.webviewId);
      this.prune();
    });
    showPage(view, this.context, 'live', vscode.l10n.t('Live Charts'));
    return session;
  }

  private source(): ChartsSource {
    const { runs, state } = this.context;
    const looks: LooksMemory = { get: () => looksSchema.catch({}).parse(state.get(looksKey)), set: known => void state.update(looksKey, known) };
    return {
      has: id => runs.get(id) !== undefined || runs.listStarting().some(s => s.id === id),
      run: id => {
        const run = runs.get(id);
        if (!run) {
          const starting = runs.listStarting().find(s => s.id === id);
          return starting ? { header: { ...startingHeader(starting), name: this.nameOf(starting) }, store: null, read: 1 } : null;
        }
        const { store, share, problem } = this.feed(run.dir);
        return { header: { ...runHeader(run, runs.line(id)?.status ?? null, store.last, problem), name: this.nameOf(run.manifest) }, store, read: share };
      },
      choices: () => [
        ...runs.listStarting().map(starting => ({ id: starting.id, name: this.nameOf(starting), state: 'pending' as const })),
        ...runs.list().map(({ manifest, state }) => ({ id: manifest.id, name: this.nameOf(manifest), state })),
      ],
      looks: ids => looksOf(ids, looks),
      settings: () => settingsSchema.catch(defaults).parse(state.get(settingsKey)),
      followed: () => this.followed.current(),
    };
  }

  /** The data of a run, which from now on wake the sessions. */
  private feed(dir: string): RunFeed {
    const feed = this.context.feeds.follow(dir);
    if (!this.heard.has(feed)) {
      this.heard.add(feed);
      feed.onDidChange(() => this.wake());
    }
    return feed;
  }

  /** The name of a run, told apart from others of that name. */
  private nameOf({ id, name }: NamedRun): string {
    const { runs } = this.context;
    this.names ??= distinctNames([...runs.listStarting(), ...runs.list().map(({ manifest }) => manifest)]);
    return this.names.get(id) ?? name;
  }

  private saved(): string[] {
    return z.array(z.string()).catch([]).parse(this.context.state.get(runsKey));
  }

  private wake(): void {
    for (const session of this.sessions.values()) session.wake();
  }

  private prune(): void {
    const inSight = [...this.sessions.values()].flatMap(({ inSight }) => inSight.map(id => this.context.runs.get(id)?.dir ?? ''));
    this.context.feeds.prune(new Set(inSight));
  }
}
