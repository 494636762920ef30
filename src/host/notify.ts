/**
 * The few words the editor says by itself. A problem is told once, with its next step and at most a button or two; its
 * details go to the output channel.
 *
 * VS Code makes links of `[words](command:...)` in messages, in the titles of progress and in what an input box says, and runs the command
 * on a click. Names of runs, tags, paths and configs come from folders of others: so all such words go through here (a lint rule holds
 * the rest of the host to it), and here nothing is a link.
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

/** Words in which VS Code finds no link: an invisible space parts the brackets of one. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}

async function offer(shown: Thenable<Action | undefined>): Promise<void> {
  await (await shown)?.run();
}

/** The button that leads to the next step of a problem, where a command does it; else the one that shows the log. */
function nextAction(log: Log, code: string): Action {
  if (code === 'untrusted') return { title: vscode.l10n.t('Manage Workspace Trust'), run: () => vscode.commands.executeCommand('workbench.trust.manage') };
  if (code === 'no_config') return { title: vscode.l10n.t('New Config from Preset'), run: () => vscode.commands.executeCommand('trm.newConfig') };
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
  offer(vscode.window.showErrorMessage(withoutLinks(text), ...buttons)).catch((e: unknown) => log.error(String(e)));
}

/** Says something good. Does not wait for the message to be closed. */
export function showInfo(log: Log, text: string, ...actions: Action[]): void {
  log.info(text);
  offer(vscode.window.showInformationMessage(withoutLinks(text), ...actions)).catch((e: unknown) => log.error(String(e)));
}

/** Asks in a dialog that stays until it is answered. The answer; undefined when the user changed their mind. */
export function confirm(question: string, detail: string, ...answers: string[]): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(withoutLinks(question), { modal: true, detail: withoutLinks(detail) }, ...answers);
}

/** Asks for a line of text, and stays until it is answered or Escape is pressed. `validateInput` answers in words, or with null where nothing is wrong. */
export function askText(options: vscode.InputBoxOptions & { readonly prompt: string }, token?: vscode.CancellationToken): Thenable<string | undefined> {
  const validate = async (typed: string): Promise<string | vscode.InputBoxValidationMessage | null> => {
    const problem = await options.validateInput?.(typed) ?? null;
    return typeof problem === 'string' ? withoutLinks(problem) : problem && { ...problem, message: withoutLinks(problem.message) };
  };
  return vscode.window.showInputBox({ ignoreFocusOut: true, ...options, prompt: withoutLinks(options.prompt), validateInput: validate }, token);
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

/** Shows a notification while something is done that nobody can call back. */
export function showUntilDone<T>(title: string, words: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: withoutLinks(title) }, progress => {
    progress.report({ message: withoutLinks(words) });
    return work();
  });
}

/** Shows a line in the status bar while something is done. */
export function showQuietly<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: withoutLinks(title) }, work);
}

/** Runs long work under a notification with a cancel; `report` says how far it is, in words and 0..1. */
export function withProgress<T>(title: string, work: (report: (text: string, fraction?: number | null) => void, signal: AbortSignal) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: withoutLinks(title), cancellable: true }, async (progress, token) => {
    const cancel = new AbortController();
    const listener = token.onCancellationRequested(() => cancel.abort());
    let done = 0;
    try {
      return await work((message, fraction = null) => {
        const percent = fraction === null ? 0 : Math.max(0, fraction * 100 - done);
        done += percent;
        progress.report({ message: withoutLinks(message), ...(fraction === null && done === 0 ? {} : { increment: percent }) }); // without one the bar only moves
      }, cancel.signal);
    } finally {
      listener.dispose();
    }
  });
}
