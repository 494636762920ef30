/**
 * The few words the editor says by itself. A problem is told once, with its next step and at most a button or two; its
 * details go to the output channel.
 */
import * as vscode from 'vscode';
import { isCancelled, problemOf, problemText } from './problem';

/** A button of a message. */
export interface Action {
  readonly title: string;
  run(): unknown;
}

/** The extension's output channel. */
export type Log = vscode.LogOutputChannel;

/** Makes the output channel "TRM". */
export function createLog(): Log {
  return vscode.window.createOutputChannel('TRM', { log: true });
}

async function offer(shown: Thenable<Action | undefined>): Promise<void> {
  await (await shown)?.run();
}

/** The button that leads to the next step of a problem, where a command does it; else the one that shows the log. */
function nextAction(log: Log, code: string): Action {
  if (code === 'untrusted') return { title: vscode.l10n.t('Manage Workspace Trust'), run: () => vscode.commands.executeCommand('workbench.trust.manage') };
  return { title: vscode.l10n.t('Show Output'), run: () => log.show(true) };
}

/**
 * Tells what went wrong; says nothing when the user cancelled. Does not wait for the message to be closed. There is
 * always a button: VS Code folds a message without one into a single line.
 */
export function showProblem(log: Log, error: unknown, ...actions: Action[]): void {
  if (isCancelled(error)) return;
  const problem = problemOf(error);
  const text = problemText(problem);
  log.error(text);
  const buttons = actions.length > 0 ? actions : [nextAction(log, problem.code)];
  offer(vscode.window.showErrorMessage(text, ...buttons)).catch((e: unknown) => log.error(String(e)));
}

/** Says something good. Does not wait for the message to be closed. */
export function showInfo(log: Log, text: string, ...actions: Action[]): void {
  log.info(text);
  offer(vscode.window.showInformationMessage(text, ...actions)).catch((e: unknown) => log.error(String(e)));
}

/** What a command does. `given` is what it was called on, `selected` all that is selected in the tree where that is one: check both. */
export type Command = (given: unknown, selected: unknown) => unknown;
/** Commands by their ids. */
export type Commands = Readonly<Record<string, Command>>;

/** Registers a command whose errors are told, never thrown at VS Code. */
export function command(log: Log, id: string, run: Command): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (given: unknown, selected: unknown) => {
    try {
      return await run(given, selected);
    } catch (error) {
      showProblem(log, error);
      return undefined;
    }
  });
}

/** Runs long work under a notification with a cancel; `report` says how far it is, in words and 0..1. */
export function withProgress<T>(title: string, work: (report: (text: string, fraction?: number | null) => void, signal: AbortSignal) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, async (progress, token) => {
    const cancel = new AbortController();
    const listener = token.onCancellationRequested(() => cancel.abort());
    let done = 0;
    try {
      return await work((message, fraction = null) => {
        const percent = fraction === null ? 0 : Math.max(0, fraction * 100 - done);
        done += percent;
        progress.report({ message, increment: percent });
      }, cancel.signal);
    } finally {
      listener.dispose();
    }
  });
}
