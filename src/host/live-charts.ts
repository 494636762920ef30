/**
 * Live Charts: the view in the TRM container, and the same page as an editor. Each webview is a ChartsSession; this file
 * gives the sessions their runs and data, and answers what their pages ask.
 */
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import type { MessageParticipant, WebviewIdMessageParticipant } from 'vscode-messenger-common';
import { z } from 'zod';
import { chartsAppend, chartsState, getChartsState, mostRuns, runCommand, saveChartsSettings, showRuns, type ChartsSettings } from '../protocol/charts';
import { ChartsSession, type ChartsSource } from './charts-session';
import type { Log } from './notify';
import type { RunFeeds } from './run-feed';
import type { Runs } from './runs';
import { looksOf, type LooksMemory } from './run-looks';
import { isLive, runHeader, startingHeader } from './run-text';
import { viewTypes } from './view-types';
import { pageOptions, showPage } from './webview-page';

const settingsKey = 'trm.charts.settings', runsKey = 'trm.charts.runs', looksKey = 'trm.charts.looks';

const settingsSchema = z.object({ xAxis: z.enum(['step', 'examples', 'process', 'wall']), logX: z.boolean().default(false), smoothing: z.number().min(0).max(0.99), logY: z.boolean() });
const looksSchema = z.record(z.string(), z.int().min(0).max(mostRuns - 1));
const defaults: ChartsSettings = { xAxis: 'step', logX: false, smoothing: 0, logY: false };

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
  private readonly followed = new WeakSet<object>();

  constructor(private readonly context: ChartsContext) {
    const { messenger, runs } = context;
    const session = (sender: MessageParticipant): ChartsSession | undefined => this.sessions.get('webviewId' in sender ? sender.webviewId : '');
    this.own.push(
      messenger.onRequest(getChartsState, async ({ runs: wanted }, sender) => {
        const asking = session(sender);
        if (!asking) throw new Error('This view is closed.');
        if (wanted && asking !== this.side) asking.show(wanted); // what the view shows is chosen here: a run begun while it was away goes first
        return asking.state();
      }),
      messenger.onNotification(showRuns, ({ runs: ids }, sender) => {
        const asking = session(sender);
        asking?.show(ids);
        if (asking === this.side) void context.state.update(runsKey, ids);
      }),
      messenger.onNotification(saveChartsSettings, settings => void context.state.update(settingsKey, settingsSchema.parse(settings))),
      messenger.onNotification(runCommand, ({ command, run }) => void vscode.commands.executeCommand(commands[command], ...(run === undefined ? [] : [run]))),
      runs.onDidChange(() => this.wake()),
      runs.onDidChangeStatus(() => this.wake()),
      runs.onDidHear(id => { const run = runs.get(id); if (run) context.feeds.wake(run.dir); }),
    );
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
    this.adopt(panel, run === undefined ? this.side?.shown ?? this.saved() : [run]);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.side = this.open(view, this.context.messenger.registerWebviewView(view), this.saved());
    view.onDidDispose(() => { this.side = null; });
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.adopt(panel, this.saved());
    return Promise.resolve();
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
    for (const s of this.sessions.values()) s.dispose();
  }

  private adopt(panel: vscode.WebviewPanel, runs: readonly string[]): void {
    panel.iconPath = vscode.Uri.joinPath(this.context.extensionUri, 'media', 'trm.svg');
    this.open(panel, this.context.messenger.registerWebviewPanel(panel), runs);
  }

  private open(view: vscode.WebviewView | vscode.WebviewPanel, id: WebviewIdMessageParticipant, runs: readonly string[]): ChartsSession {
    const { messenger } = this.context;
    const session = new ChartsSession(this.source(), {
      visible: () => view.visible,
      replace: state => messenger.sendNotification(chartsState, id, state),
      append: data => messenger.sendNotification(chartsAppend, id, data),
    }, [...runs]);
    this.sessions.set(id.webviewId, session);
    if ('onDidChangeVisibility' in view) view.onDidChangeVisibility(() => { if (view.visible) session.seenAgain(); else session.hidden(); });
    else view.onDidChangeViewState(() => { if (!view.visible) session.hidden(); }); // its page is made anew, and asks
    view.onDidDispose(() => {
      session.dispose();
      this.sessions.delete(id.webviewId);
      this.prune();
    });
    showPage(view, this.context, 'live', vscode.l10n.t('Live Charts'));
    return session;
  }

  private source(): ChartsSource {
    const { runs, feeds, state } = this.context;
    const looks: LooksMemory = { get: () => looksSchema.catch({}).parse(state.get(looksKey)), set: known => void state.update(looksKey, known) };
    return {
      run: id => {
        const run = runs.get(id);
        if (!run) {
          const starting = runs.listStarting().find(s => s.id === id);
          return starting ? { header: startingHeader(starting), store: null, loaded: Promise.resolve() } : null;
        }
        const feed = feeds.follow(run.dir);
        if (!this.followed.has(feed)) {
          this.followed.add(feed);
          feed.onDidAppend(() => this.wake());
        }
        return { header: runHeader(run, runs.line(id)?.status ?? null, feed.store.last), store: feed.store, loaded: feed.loaded };
      },
      choices: () => [
        ...runs.listStarting().map(({ id, name }) => ({ id, name, state: 'pending' as const })),
        ...runs.list().map(r => ({ id: r.manifest.id, name: r.manifest.name, state: r.state })),
      ],
      looks: ids => looksOf(ids, looks),
      settings: () => settingsSchema.catch(defaults).parse(state.get(settingsKey)),
      first: () => runs.listStarting()[0]?.id ?? (runs.list().find(r => isLive(r.state)) ?? runs.list()[0])?.manifest.id ?? null,
    };
  }

  private saved(): string[] {
    return z.array(z.string()).catch([]).parse(this.context.state.get(runsKey));
  }

  private wake(): void {
    for (const session of this.sessions.values()) session.wake();
    this.prune();
  }

  private prune(): void {
    const used = [...this.sessions.values()].flatMap(s => s.shown.map(id => this.context.runs.get(id)?.dir ?? ''));
    this.context.feeds.prune(new Set(used));
  }
}
