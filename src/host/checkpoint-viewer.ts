/**
 * The Checkpoint Viewer: what VS Code opens for a `.safetensors` file. It shows what is in the file and where it comes from, and leads to
 * the trace, to going on from there, and to a fork. Statistics are computed here, piece by piece, for the tensors that are looked at.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import type { MessageParticipant, WebviewIdMessageParticipant } from 'vscode-messenger-common';
import {
  checkpointAction, checkpointChanged, checkpointRun, getCheckpoint, getStatistics, statisticsProgress, type CheckpointAction, type CheckpointRun, type CheckpointState, type TensorStatistics,
} from '../protocol/checkpoint';
import { checkpointDir, listCheckpoints } from '../runs/checkpoints';
import { insideRun } from '../runs/paths';
import { isRead } from '../runs/safetensors';
import type { RunState } from '../runs/schema';
import { tensorStatistics } from '../runs/tensor-statistics';
import { describeRun, filesOf, findRunOf, readCheckpointFile, stampOf, type ReadCheckpointFile } from './checkpoint-file';
import { showProblem, type Commands, type Log } from './notify';
import { pickCheckpoint, pickRun } from './pick';
import { HostError, problemOf, problemText } from './problem';
import type { Runs } from './runs';
import { isResumable } from './run-text';
import type { RunNode } from './runs-tree';
import { viewTypes } from './view-types';
import { pageOptions, showPage } from './webview-page';

/** Milliseconds between two messages about progress. */
const progressEvery = 100;
/** Milliseconds of rest after which a file that changes is read again. */
const restBeforeReading = 300;

/** What the viewer needs of the window. */
export interface CheckpointContext {
  readonly extensionUri: vscode.Uri;
  readonly runs: Runs;
  readonly messenger: Messenger;
  readonly log: Log;
}

async function openInViewer(file: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), viewTypes.checkpoint);
}

/** Open Checkpoint: the weights that an evaluation uses, averaged where there are such. */
async function openCheckpoint(runs: Runs, given: unknown): Promise<void> {
  const run = await pickRun(runs, given, () => true, { ask: vscode.l10n.t('Open a checkpoint of which run?'), none: vscode.l10n.t('There is no run yet.'), next: vscode.l10n.t('Train a config first.') });
  const name = run && await pickCheckpoint(run, given);
  if (!run || name === undefined) return;
  const folder = checkpointDir(run.dir, name);
  const files = filesOf(folder);
  await openInViewer(path.join(folder, files.find(file => file.startsWith('ema')) ?? 'model.safetensors'));
}

/** The command that opens it. */
export function checkpointCommands(runs: Runs) {
  return { 'trm.openCheckpoint': given => openCheckpoint(runs, given) } satisfies Commands;
}

/** Why a run in this state, though it can be resumed, does not go on from a checkpoint of one's choice; empty when it does. */
function notFromHere(state: RunState): string {
  if (state === 'paused') return vscode.l10n.t('The run is paused: resumed, it goes on from its present step. To go on from here, stop it first, or fork.');
  if (state === 'lost') return vscode.l10n.t('Contact with the run was lost: Recover goes on from its newest checkpoint. To go on from here, fork.');
  return '';
}

/** One open file. */
class Session {
  private read: ReadCheckpointFile | null = null;
  private work: AbortController | null = null;
  /** What the page was told of the run. */
  private told = '';
  private readonly watcher: vscode.Disposable;
  private rest: NodeJS.Timeout | undefined;

  constructor(private readonly context: CheckpointContext, private readonly id: WebviewIdMessageParticipant, private readonly panel: vscode.WebviewPanel, readonly uri: vscode.Uri) {
    this.watcher = this.watch();
  }

  /** The file as it is now. */
  async state(): Promise<CheckpointState> {
    this.read = null;
    try {
      if (this.uri.scheme !== 'file') throw new HostError('not_local', vscode.l10n.t('{0} is not a file on this machine.', this.uri.toString()), vscode.l10n.t('Save it to a folder first.'));
      this.read = readCheckpointFile(this.uri.fsPath);
      let run = await this.run();
      if (run && !run.actions.inspect) {
        await this.context.runs.refresh(); // it may be newer than the list
        run = await this.run();
      }
      this.told = JSON.stringify(run);
      return { file: { ...this.read.file, run } };
    } catch (error) {
      const { message, next } = problemOf(error);
      return { problem: { message, next } };
    }
  }

  /** Tells the page how its run stands, when that is news and the page is seen. */
  async refresh(): Promise<void> {
    if (this.told === '' || !this.panel.visible) return;
    const run = await this.run();
    if (!run || JSON.stringify(run) === this.told) return;
    this.told = JSON.stringify(run);
    this.context.messenger.sendNotification(checkpointRun, this.id, run);
  }

  /** Statistics of a tensor; ends what was asked before. */
  async statistics(row: number, onProgress: (share: number) => void): Promise<TensorStatistics> {
    const { read } = this;
    const entry = read?.entries[row];
    if (!entry || !isRead(entry)) throw new Error(vscode.l10n.t('There is no such tensor.'));
    this.work?.abort();
    const own = this.work = new AbortController();
    let told = Date.now();
    const found = await tensorStatistics(this.uri.fsPath, entry, share => {
      if (Date.now() - told < progressEvery) return;
      told = Date.now();
      onProgress(share);
    }, own.signal);
    if (stampOf(this.uri.fsPath) !== read.stamp) throw new Error(vscode.l10n.t('The file has changed since it was opened: what is in it now is shown in a moment.'));
    return found;
  }

  /** What the page's buttons do. */
  async act(action: CheckpointAction): Promise<void> {
    if (action === 'text') {
      await vscode.commands.executeCommand('vscode.openWith', this.uri, 'default');
      return;
    }
    const folder = path.dirname(this.uri.fsPath);
    if (typeof action === 'object') {
      const name = filesOf(folder).find(file => file === action.open);
      if (name !== undefined) await openInViewer(path.join(folder, name));
      return;
    }
    const found = await findRunOf(this.uri.fsPath);
    const checkpoint = found && listCheckpoints(found.run.dir).find(c => c.name === found.checkpoint);
    if (!found || !checkpoint) throw new HostError('missing', vscode.l10n.t('The checkpoint is not there any more.'), vscode.l10n.t('Newer checkpoints take the place of old ones, unless they are pinned.'));
    const { dir, state, manifest: { id } } = found.run;
    const note = action === 'resume' ? notFromHere(state) : '';
    if (note !== '') throw new HostError('not_from_here', note, '');
    if (action === 'config') {
      await vscode.window.showTextDocument(vscode.Uri.file(insideRun(dir, 'config.trm.yaml')));
      return;
    }
    const command = { inspect: 'trm.inspectPuzzle', resume: 'trm.resume', fork: 'trm.forkRun' }[action];
    await vscode.commands.executeCommand(command, { kind: 'checkpoint', id, checkpoint } satisfies RunNode);
  }

  dispose(): void {
    this.work?.abort();
    this.watcher.dispose();
    clearTimeout(this.rest);
  }

  /** Has the page ask again when the file has become another. That it is deleted takes nothing from the page: the run says so. */
  private watch(): vscode.Disposable {
    const { fsPath } = this.uri;
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(path.dirname(fsPath)), '*'), false, false, true);
    const changed = (uri: vscode.Uri): void => {
      if (uri.fsPath !== fsPath) return;
      clearTimeout(this.rest);
      this.rest = setTimeout(() => {
        const now = stampOf(fsPath);
        if (now !== null && now !== this.read?.stamp) this.context.messenger.sendNotification(checkpointChanged, this.id, undefined);
      }, restBeforeReading);
    };
    return vscode.Disposable.from(watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed));
  }

  /** The run around it, with what can be done in this window. */
  private async run(): Promise<CheckpointRun | null> {
    const found = await findRunOf(this.uri.fsPath);
    if (!found) return null;
    const { runs } = this.context;
    const { id } = found.run.manifest;
    const here = runs.get(id)?.dir === found.run.dir;
    const note = notFromHere(found.run.state);
    const commands = await vscode.commands.getCommands(true);
    const actions = { inspect: here, resume: here && isResumable(found.run) && note === '', fork: here && commands.includes('trm.forkRun') };
    return describeRun(found, filesOf(path.dirname(this.uri.fsPath)), actions, here ? note : '');
  }
}

/** Opens checkpoints. */
export class CheckpointViewer implements vscode.Disposable {
  private readonly sessions = new Map<string, Session>();
  private readonly own: vscode.Disposable[];

  constructor(private readonly context: CheckpointContext) {
    const { messenger, runs, log } = context;
    const of = (sender: MessageParticipant): Session => {
      const found = this.sessions.get('webviewId' in sender ? sender.webviewId : '');
      if (!found) throw new Error('This viewer is closed.');
      return found;
    };
    this.own = [
      runs.onDidChange(() => { for (const session of this.sessions.values()) this.refresh(session); }),
      messenger.onRequest(getCheckpoint, (_, sender) => of(sender).state()),
      messenger.onRequest(getStatistics, ({ row }, sender) => of(sender).statistics(row, share => messenger.sendNotification(statisticsProgress, sender, { row, share }))),
      messenger.onNotification(checkpointAction, (action, sender) => { of(sender).act(action).catch((error: unknown) => showProblem(log, error)); }),
    ];
  }

  /** Shows a file in an editor that VS Code has made for it. */
  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const { messenger, extensionUri } = this.context;
    panel.webview.options = pageOptions(extensionUri);
    const id = messenger.registerWebviewPanel(panel);
    const session = new Session(this.context, id, panel, uri);
    this.sessions.set(id.webviewId, session);
    panel.onDidChangeViewState(() => this.refresh(session));
    panel.onDidDispose(() => {
      session.dispose();
      this.sessions.delete(id.webviewId);
    });
    showPage(panel, this.context, 'checkpoint', path.basename(uri.path));
  }

  private refresh(session: Session): void {
    session.refresh().catch((error: unknown) => this.context.log.warn(problemText(problemOf(error))));
  }

  dispose(): void {
    for (const d of [...this.own, ...this.sessions.values()]) d.dispose();
  }
}
