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

/** Tells what went wrong; says nothing when the user cancelled. Does not wait for the message to be closed. */
export function showProblem(log: Log, error: unknown, ...actions: Action[]): void {
  if (isCancelled(error)) return;
  const text = problemText(problemOf(error));
  log.error(text);
  offer(vscode.window.showErrorMessage(text, ...actions)).catch((e: unknown) => log.error(String(e)));
}

/** Says something good. Does not wait for the message to be closed. */
export function showInfo(log: Log, text: string, ...actions: Action[]): void {
  log.info(text);
  offer(vscode.window.showInformationMessage(text, ...actions)).catch((e: unknown) => log.error(String(e)));
}

/** Registers a command whose errors are told, never thrown at VS Code. */
export function command<A extends unknown[]>(log: Log, id: string, run: (...args: A) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: A) => {
    try {
      return await run(...args);
    } catch (error) {
      showProblem(log, error);
      return undefined;
    }
  });
}

/** An AbortSignal that follows a cancellation token; dispose of it when the work is done. */
export function abortSignal(token: vscode.CancellationToken): { signal: AbortSignal } & vscode.Disposable {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const listener = token.onCancellationRequested(() => controller.abort());
  return { signal: controller.signal, dispose: () => { listener.dispose(); } };
}
