/**
 * The Trace Inspector: an editor per run that shows how the model refines one puzzle. A panel is a session of a choice, its
 * trace and what went wrong; it comes back after a reload with the choice it had.
 */
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import type { MessageParticipant, WebviewIdMessageParticipant } from 'vscode-messenger-common';
import {
  askBeside, cancelCurve, cancelTrace, curveState, getInspectorState, inspectorOptions, inspectorProgress, inspectorState, lookAtCurve, measureCurve, requestTrace,
  type Beside, type BesideChoice, type CurveState, type InspectorOptions, type InspectorState, type TraceChoice,
} from '../protocol/inspector';
import type { RunSummary } from '../runs/read-run';
import type { Trace } from '../runs/schema';
import { CurveWork, noCurve } from './curve-work';
import type { DepthCurves } from './depth-curves';
import type { TraceSource } from './inspector-source';
import type { Log } from './notify';
import { pickBeside } from './pick-beside';
import { HostError, isCancelled, problemOf, problemText } from './problem';
import type { Runs } from './runs';
import { depthLimit } from './run-text';
import { asTraceChoice } from './trace-choice';
import { viewTypes } from './view-types';
import { pageOptions, showPage } from './webview-page';

const choicesKey = 'trm.trace.choice';

/** What the inspector needs of the window. */
export interface InspectorContext {
  readonly extensionUri: vscode.Uri;
  readonly state: vscode.Memento;
  readonly runs: Runs;
  readonly source: TraceSource;
  readonly curves: DepthCurves;
  readonly messenger: Messenger;
  readonly log: Log;
}

const noOptions: InspectorOptions = { runName: '', live: false, checkpoints: [], puzzles: 0, paste: null, watched: [], haltMaxSteps: 16, maxDepth: 128 };

/** One open inspector. */
class Session {
  private trace: Trace | null = null;
  private isKept = false;
  private problem: InspectorState['problem'] = null;
  private second: Beside | null = null;
  private work: AbortController | null = null;
  /** Ends, without an error, when the trace that is being made is there or will not be. */
  private making: Promise<void> = Promise.resolve();
  /** What the page was last told that can be chosen. */
  private offered = '';
  private readonly curve: CurveWork;

  constructor(private readonly context: InspectorContext, private readonly id: WebviewIdMessageParticipant, private readonly panel: vscode.WebviewPanel, public choice: TraceChoice) {
    this.title();
    this.curve = new CurveWork(context.curves, state => context.messenger.sendNotification(curveState, id, state));
  }

  /** Another choice from outside: told to the page, which asks for its trace. */
  async show(asked: TraceChoice): Promise<void> {
    const choice = this.choice.beside ? { ...asked, beside: this.choice.beside } : asked;
    await this.make(choice);
    this.context.messenger.sendNotification(inspectorState, this.id, await this.state());
  }

  /** What a page that is made anew shows, once what is being made is there. */
  async settled(): Promise<InspectorState> {
    let made: Promise<void>;
    do {
      made = this.making;
      await made;
    } while (made !== this.making);
    return this.state();
  }

  async state(): Promise<InspectorState> {
    const options = await this.options();
    this.offered = JSON.stringify(options);
    return { choice: this.choice, options, trace: this.trace, kept: this.isKept, problem: this.problem, beside: this.second };
  }

  async options(): Promise<InspectorOptions> {
    const run = this.run();
    if (!run) return noOptions;
    try {
      return await this.context.source.options(run);
    } catch (error) {
      this.context.log.warn(problemText(problemOf(error)));
      return noOptions;
    }
  }

  async request(value: unknown): Promise<InspectorState> {
    const choice = asTraceChoice(value);
    if (!choice) throw new Error(vscode.l10n.t('This is no choice of a trace.'));
    await this.make({ ...choice, run: this.choice.run });
    return this.state();
  }

  /** Asks what to compare with; the page then asks for the traces. */
  async askBeside(value: unknown): Promise<BesideChoice | null> {
    const choice = asTraceChoice(value), run = this.run();
    return choice && run ? pickBeside(this.context.runs, this.context.source, run, choice) : null;
  }

  /** The curve of the present checkpoint over this many puzzles: what is known, or, with `measure`, all of it. */
  curveOf(puzzles: unknown, measure: boolean): CurveState {
    const run = this.run();
    if (!run || typeof puzzles !== 'number' || !Number.isInteger(puzzles) || puzzles < 1) return noCurve(1);
    try {
      const checkpoint = this.context.source.checkpointOf(run, this.choice);
      if (!measure) return this.curve.look(run, checkpoint, puzzles);
      void this.curve.measure(run, checkpoint, puzzles);
      return noCurve(puzzles);
    } catch (error) {
      this.curve.leave();
      const { message, next } = problemOf(error);
      return { ...noCurve(puzzles), problem: { message, next } };
    }
  }

  cancelCurve(): void { this.curve.cancel(); }

  cancel(): void { this.work?.abort(); }

  /** Ends all work. */
  dispose(): void {
    this.cancel();
    this.cancelCurve();
  }

  /** What there is to choose may have changed; the page is told only when it has, since a live run says something every second. */
  refresh(): void {
    this.title();
    if (!this.panel.visible) return;
    void this.options().then(options => {
      const offered = JSON.stringify(options);
      if (offered === this.offered) return;
      this.offered = offered;
      this.context.messenger.sendNotification(inspectorOptions, this.id, options);
    });
  }

  private run(): RunSummary | undefined {
    return this.choice.run === null ? undefined : this.context.runs.get(this.choice.run);
  }

  private title(): void {
    const name = this.run()?.manifest.name;
    this.panel.title = name === undefined ? vscode.l10n.t('Puzzle Trace') : vscode.l10n.t('Trace: {0}', name);
  }

  private make(choice: TraceChoice): Promise<void> {
    return this.making = this.makeNow(choice);
  }

  /** Makes a trace for a choice; what goes wrong becomes the session's problem. Newer work ends older. */
  private async makeNow(choice: TraceChoice): Promise<void> {
    this.work?.abort();
    const own = this.work = new AbortController();
    this.choice = choice;
    void this.context.state.update(choicesKey, choice);
    try {
      const run = this.run();
      if (!run) throw new HostError('no_run', vscode.l10n.t('The run {0} is not in this window.', choice.run ?? ''), vscode.l10n.t('Open the folder it is in, or inspect another run.'));
      const progress = (text: string): void => { if (this.work === own) this.context.messenger.sendNotification(inspectorProgress, this.id, { text }); };
      const trace = await this.context.source.trace(run, choice, progress, own.signal);
      if (this.work !== own) return;
      const second = choice.beside ? await this.makeBeside({ run, trace }, choice.beside, progress, own.signal) : null;
      if (this.work !== own) return;
      this.trace = trace;
      this.isKept = choice.kept !== undefined;
      this.problem = null;
      this.second = second;
    } catch (error) {
      if (this.work !== own) return;
      const { message, next, code } = problemOf(error);
      this.trace = null;
      this.second = null;
      this.problem = isCancelled(error) || own.signal.aborted
        ? { message: vscode.l10n.t('Cancelled: this trace was not made.'), next: vscode.l10n.t('Choose another puzzle, or ask again.'), ofPaste: false }
        : { message, next, ofPaste: code === 'bad-puzzle' };
      if (!isCancelled(error)) this.context.log.warn(problemText({ message, next }));
    } finally {
      if (this.work === own) this.work = null;
    }
  }

  /** The trace beside the first. That it cannot be made does not take the first one away. */
  private async makeBeside(first: { run: RunSummary; trace: Trace }, choice: BesideChoice, progress: (text: string) => void, signal: AbortSignal): Promise<Beside> {
    const run = this.context.runs.get(choice.run);
    const facts = { runName: run?.manifest.name ?? choice.run, maxDepth: run ? depthLimit(run.manifest.config) : choice.depth };
    try {
      if (!run) throw new HostError('no_run', vscode.l10n.t('The run {0} is not in this window.', choice.run), vscode.l10n.t('Compare with another run.'));
      return { ...facts, trace: await this.context.source.beside(first, run, choice, progress, signal), problem: null };
    } catch (error) {
      if (isCancelled(error) || signal.aborted) throw error;
      const { message, next } = problemOf(error);
      this.context.log.warn(problemText({ message, next }));
      return { ...facts, trace: null, problem: { message, next } };
    }
  }
}

/** All open inspectors. */
export class Inspector implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly sessions = new Map<string, { session: Session; panel: vscode.WebviewPanel }>();
  private readonly own: vscode.Disposable[];

  constructor(private readonly context: InspectorContext) {
    const { messenger, runs } = context;
    const of = (sender: MessageParticipant): Session => {
      const found = this.sessions.get('webviewId' in sender ? sender.webviewId : '');
      if (!found) throw new Error('This inspector is closed.');
      return found.session;
    };
    this.own = [
      messenger.onRequest(getInspectorState, (_, sender) => of(sender).settled()),
      messenger.onRequest(requestTrace, (choice, sender) => of(sender).request(choice)),
      messenger.onRequest(askBeside, (choice, sender) => of(sender).askBeside(choice)),
      messenger.onNotification(cancelTrace, (_, sender) => of(sender).cancel()),
      messenger.onRequest(lookAtCurve, ({ puzzles }, sender) => of(sender).curveOf(puzzles, false)),
      messenger.onNotification(measureCurve, ({ puzzles }, sender) => { of(sender).curveOf(puzzles, true); }),
      messenger.onNotification(cancelCurve, (_, sender) => of(sender).cancelCurve()),
      runs.onDidChange(() => { for (const { session } of this.sessions.values()) session.refresh(); }),
    ];
  }

  /** Opens an inspector; one that shows the same run is used again. */
  open(choice: TraceChoice): void {
    for (const { session, panel } of this.sessions.values()) {
      if (session.choice.run !== choice.run) continue;
      panel.reveal();
      void session.show(choice);
      return;
    }
    this.adopt(vscode.window.createWebviewPanel(viewTypes.trace, vscode.l10n.t('Puzzle Trace'), vscode.ViewColumn.Active, { ...pageOptions(this.context.extensionUri), retainContextWhenHidden: true }), choice);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, saved: unknown): Promise<void> {
    const inside = typeof saved === 'object' && saved !== null && 'choice' in saved ? saved.choice : saved;
    const choice = asTraceChoice(inside) ?? asTraceChoice(this.context.state.get(choicesKey));
    if (!choice) { panel.dispose(); return; }
    if (choice.run !== null && !this.context.runs.get(choice.run)) await this.context.runs.refresh();
    this.adopt(panel, choice);
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
    for (const { session } of this.sessions.values()) session.dispose();
  }

  private adopt(panel: vscode.WebviewPanel, choice: TraceChoice): void {
    const { messenger, extensionUri } = this.context;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'trm.svg');
    const id = messenger.registerWebviewPanel(panel);
    const session = new Session(this.context, id, panel, choice);
    this.sessions.set(id.webviewId, { session, panel });
    panel.onDidChangeViewState(() => session.refresh()); // what changed while it was hidden
    panel.onDidDispose(() => {
      session.dispose();
      this.sessions.delete(id.webviewId);
    });
    showPage(panel, this.context, 'trace', panel.title);
  }
}
