/** The extension host as a webview talks with it; the line itself is messenger.ts's. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';

/** The extension host, as a webview talks with it. */
export interface Host {
  /**
   * Asks and waits for the answer.
   * @throws {Error} when the host answers with an error, or says nothing for `timeoutMs` milliseconds (15,000 when not given; 0: wait for ever).
   */
  request<P, R>(type: RequestType<P, R>, params: P, timeoutMs?: number): Promise<R>;
  /** Tells, without an answer. */
  notify<P>(type: NotificationType<P>, params: P): void;
  /** Listens; one listener per message type. */
  on<P>(type: NotificationType<P>, handler: (params: P) => void): void;
  /** State VS Code keeps for this webview while it is hidden or the window reloads; undefined at first. */
  savedState(): unknown;
  saveState(state: unknown): void;
}
