/**
 * One live run, as this window talks with it: a connection to the trainer's control socket that is opened again when it is
 * lost, for as long as the run lives. The run folder is the truth; the socket tells sooner (`onDidHear`: there is
 * something to read in the folder) and more (rate, time left, what it is doing), and takes requests.
 */
import * as vscode from 'vscode';
import type { ControlRequests, TrainerStatus } from '../protocol/control';
import type { TrainerConnection } from '../protocol/control-client';
import { oneLine } from '../runs/read-json';
import type { RunOwner } from '../runs/schema';
import type { Log } from './notify';
import { HostError, problemOf, problemText } from './problem';

/** Milliseconds until a lost connection is tried again. */
const retryAfter = 2000;

/** Why nobody answers for a run: where its trainer is when that is not here. */
async function unreachable(id: string, owner: RunOwner): Promise<HostError> {
  const { awayFrom } = await import('../runs/owner-socket');
  const away = awayFrom(owner);
  if (away === null) return new HostError('unreachable', vscode.l10n.t('The trainer of {0} does not answer.', id), vscode.l10n.t('Its folder shows what it does; see its log, or try again in a moment.'));
  return 'host' in away
    ? new HostError('elsewhere', vscode.l10n.t('{0} is trained on {1}, which cannot be reached from here.', id, oneLine(away.host, 60)), vscode.l10n.t('Open its folder in a window there.'))
    : new HostError('elsewhere', vscode.l10n.t('{0} is trained by another user of this machine (uid {1}).', id, away.uid), vscode.l10n.t('Only they can do that.'));
}

/** Fulfilled when the signal fires. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }));
}

/** The line to one live trainer. */
export class LiveRun implements vscode.Disposable {
  private readonly statusEmitter = new vscode.EventEmitter<TrainerStatus>();
  private readonly heardEmitter = new vscode.EventEmitter<void>();
  private readonly endedEmitter = new vscode.EventEmitter<void>();
  /** The trainer said how it is. */
  readonly onDidChangeStatus = this.statusEmitter.event;
  /** The trainer wrote, or is about to write, to the run folder. */
  readonly onDidHear = this.heardEmitter.event;
  /** The connection ended: the run may have ended. */
  readonly onDidDisconnect = this.endedEmitter.event;

  private connection: TrainerConnection | null = null;
  private connecting: Promise<void> | null = null;
  private retry: NodeJS.Timeout | undefined;
  private disposed = false;
  private lastStatus: TrainerStatus | null = null;

  constructor(readonly id: string, private owner: RunOwner, private readonly log: Log) {
    this.connect();
  }

  /** What the trainer last said of itself; null before it did, and when the connection is lost. */
  get status(): TrainerStatus | null { return this.lastStatus; }

  /** Takes the owner that run.json names now; a new trainer or a new socket is connected to. */
  update(owner: RunOwner): void {
    const same = owner.nonce === this.owner.nonce && owner.socket === this.owner.socket;
    this.owner = owner;
    if (same) return;
    this.connection?.dispose();
    this.connection = null;
    this.connect();
  }

  /**
   * Asks the trainer.
   * @throws ControlError, or HostError `unreachable` when there is no connection
   */
  async request<M extends keyof ControlRequests>(method: M, params: ControlRequests[M][0], signal?: AbortSignal): Promise<ControlRequests[M][1]> {
    if (this.connection === null) this.connect();
    await Promise.race([this.connecting, aborted(signal)]);
    if (signal?.aborted) throw new HostError('cancelled', vscode.l10n.t('Cancelled.'), '');
    if (this.connection === null) throw await unreachable(this.id, this.owner);
    return this.connection.request(method, params, signal);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.retry);
    this.connection?.dispose();
    this.statusEmitter.dispose();
    this.heardEmitter.dispose();
    this.endedEmitter.dispose();
  }

  private connect(): void {
    clearTimeout(this.retry);
    if (this.disposed || this.connecting !== null) return;
    this.connecting = this.open().finally(() => { this.connecting = null; });
  }

  private async open(): Promise<void> {
    const { owner } = this;
    try {
      const { isOwnSocket } = await import('../runs/owner-socket');
      if (owner.socket === null || !isOwnSocket(owner.socket)) { this.tryLater(); return; }
      const { connectTrainer } = await import('../protocol/control-client'); // and JSON-RPC with it: not loaded before a run lives
      const connection = await connectTrainer(owner);
      if (this.isDisposed() || owner.nonce !== this.owner.nonce) {
        connection.dispose();
        this.tryLater(0);
        return;
      }
      this.connection = connection;
      this.heard(connection.hello);
      connection.onNotification('status', status => this.heard(status));
      connection.onNotification('metrics', () => this.heardEmitter.fire());
      connection.onNotification('trace', () => this.heardEmitter.fire());
      connection.onClose(() => this.lost(connection));
    } catch (error) {
      this.log.debug(`${this.id}: ${problemText(problemOf(error))}`);
      this.tryLater();
    }
  }

  private heard(status: TrainerStatus): void {
    this.lastStatus = status;
    this.statusEmitter.fire(status);
    this.heardEmitter.fire();
  }

  private lost(connection: TrainerConnection): void {
    if (this.connection !== connection) return;
    this.connection = null;
    this.lastStatus = null;
    if (this.disposed) return;
    this.endedEmitter.fire();
    this.heardEmitter.fire();
    this.tryLater();
  }

  private tryLater(after = retryAfter): void {
    clearTimeout(this.retry);
    if (!this.disposed) this.retry = setTimeout(() => this.connect(), after);
  }

  private isDisposed(): boolean { return this.disposed; }
}
