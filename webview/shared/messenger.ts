/**
 * The webview's end of the line to the extension host: vscode-messenger bound to the one VS Code API object a webview may
 * acquire. Data comes and goes here and nowhere else.
 */
import { Messenger } from 'vscode-messenger-webview';
import { HOST_EXTENSION } from 'vscode-messenger-common';
import type { Host } from './host';

/** Connects this webview to the host. Call it once: VS Code hands out its API object a single time. */
export function connectHost(): Host {
  const api = acquireVsCodeApi();
  const messenger = new Messenger(api);
  messenger.start();
  return {
    request: async (type, params, timeoutMs = 15_000) => {
      const answer = messenger.sendRequest(type, HOST_EXTENSION, params).catch((error: unknown) => {
        throw new Error(messageOf(error));
      });
      return timeoutMs > 0 ? Promise.race([answer, silence(timeoutMs)]) : answer;
    },
    notify: (type, params) => messenger.sendNotification(type, HOST_EXTENSION, params),
    on: (type, handler) => { messenger.onNotification(type, handler); },
    savedState: () => api.getState(),
    saveState: state => { api.setState(state); },
  };
}

function silence(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`The extension did not answer within ${Math.round(ms / 1000)} s.`)), ms);
  });
}

function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') return error.message;
  return String(error);
}
