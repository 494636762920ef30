/**
 * The watcher's end of the control socket: connects to a live trainer, says hello with the nonce of run.json, and then asks
 * and listens in the types of `control.ts`. A connection that ends is not an error: everything is in the run folder too.
 */
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CancellationTokenSource, createMessageConnection, ResponseError, SocketMessageReader, SocketMessageWriter,
  type Message, type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { RunOwner } from '../runs/schema';
import type { ControlNotifications, ControlRequests, TrainerStatus } from './control';

/** Why a live trainer could not be asked, or what it answered; `next` says what the user can try. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  constructor(readonly code: 'unreachable' | 'refused' | 'closed' | 'cancelled' | 'failed', message: string, readonly next: string) {
    super(message);
  }
}

/** An open connection to a live trainer. */
export interface TrainerConnection {
  /** What the trainer said of itself in answer to `hello`. */
  readonly hello: TrainerStatus;
  /** Asks; an aborted signal sends a cancellation. Throws ControlError. */
  request<M extends keyof ControlRequests>(method: M, params: ControlRequests[M][0], signal?: AbortSignal): Promise<ControlRequests[M][1]>;
  /** Listens to one kind of notification until disposed. */
  onNotification<M extends keyof ControlNotifications>(method: M, handler: (params: ControlNotifications[M]) => void): { dispose(): void };
  /** Called once when the connection has ended, by either side. */
  onClose(handler: () => void): void;
  dispose(): void;
}

/** Milliseconds to wait for the socket, and for the answer to `hello`: a trainer answers between two steps, and steps can be long. */
const connectTimeout = 5000, helloTimeout = 60_000;

const unreachable = (why: string): ControlError =>
  new ControlError('unreachable', `The trainer does not answer on its control socket: ${why}`, 'If the run is still going, its folder shows so; try again, or see its log.');

/** Opens a socket, or throws `unreachable`. */
function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (error: Error): void => { clearTimeout(timer); socket.destroy(); reject(unreachable(error.message)); };
    const timer = setTimeout(() => fail(new Error('nobody took the connection within 5 seconds')), connectTimeout);
    socket.once('error', fail);
    socket.once('connect', () => { clearTimeout(timer); socket.off('error', fail); resolve(socket); });
  });
}

/** A trainer's error as people should read it. */
function asControlError(error: unknown, closed: boolean): ControlError {
  if (error instanceof ControlError) return error;
  if (error instanceof ResponseError) {
    const data: unknown = error.data;
    const next = typeof data === 'object' && data !== null && 'next' in data && typeof data.next === 'string' ? data.next : 'See the log of the run.';
    return new ControlError('failed', error.message, next);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ControlError(closed ? 'closed' : 'failed', closed ? 'The trainer ended before it answered.' : message, 'See the log of the run.');
}

/**
 * Writes as long as somebody reads. A write that fails is no error of its own: the socket closes then, which ends whatever waits for an answer. To
 * throw it would end the process, since the library throws on where nobody can catch it.
 */
class QuietWriter extends SocketMessageWriter {
  override write(message: Message): Promise<void> {
    return super.write(message).catch(() => undefined);
  }
}

class SocketConnection implements TrainerConnection {
  hello!: TrainerStatus;
  private closed = false;
  private readonly closeHandlers: (() => void)[] = [];
  private readonly rpc: MessageConnection;
  /** Messages taken in so far. */
  private heard = 0;

  constructor(private readonly socket: Socket) {
    const rpc = this.rpc = createMessageConnection(new SocketMessageReader(socket), new QuietWriter(socket), undefined, {
      messageStrategy: { handleMessage: (message, next) => { this.heard++; next(message); } },
    });
    const close = (): void => { void this.close(); };
    rpc.onClose(close);
    rpc.onError(() => { /* a broken message: the connection closes or goes on, the folder has it all */ });
    socket.on('error', close);
    socket.on('close', close);
    rpc.listen();
  }

  /** The other side has ended. What it said last comes first: messages are taken in one per turn of the event loop. */
  private async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (let before = -1; before !== this.heard;) {
      before = this.heard;
      for (let turn = 0; turn < 2; turn++) await nextTurn();
    }
    for (const handler of this.closeHandlers.splice(0)) handler();
  }

  async request<M extends keyof ControlRequests>(method: M, params: ControlRequests[M][0], signal?: AbortSignal): Promise<ControlRequests[M][1]> {
    if (this.closed) throw asControlError(undefined, true);
    const cancel = new CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    let rejectOnClose: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      rejectOnClose = () => reject(asControlError(undefined, true));
      this.closeHandlers.push(rejectOnClose);
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await Promise.race([this.rpc.sendRequest<ControlRequests[M][1]>(method, params, cancel.token), ended]);
    } catch (error) {
      if (signal?.aborted) throw new ControlError('cancelled', 'Cancelled.', 'Ask again when you like.');
      throw asControlError(error, this.isClosed());
    } finally {
      signal?.removeEventListener('abort', abort);
      cancel.dispose();
      const at = this.closeHandlers.findIndex(h => h === rejectOnClose);
      if (at >= 0) this.closeHandlers.splice(at, 1);
    }
  }

  onNotification<M extends keyof ControlNotifications>(method: M, handler: (params: ControlNotifications[M]) => void): { dispose(): void } {
    return this.rpc.onNotification(method, handler);
  }

  onClose(handler: () => void): void {
    if (this.closed) handler();
    else this.closeHandlers.push(handler);
  }

  dispose(): void {
    this.rpc.dispose();
    this.socket.destroy();
  }

  private isClosed(): boolean { return this.closed; }
}

/**
 * Connects to the trainer that holds a run folder.
 * @throws ControlError `unreachable` when nobody listens there, `refused` when the trainer does not accept the nonce
 */
export async function connectTrainer(owner: RunOwner): Promise<TrainerConnection> {
  if (owner.socket === null) throw unreachable('it has none yet');
  const socket = await open(owner.socket);
  const connection = new SocketConnection(socket);
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), helloTimeout);
  const late = new Promise<never>((_, reject) => timeout.signal.addEventListener('abort', () => reject(unreachable('no answer within a minute'))));
  try {
    connection.hello = await Promise.race([connection.request('hello', { nonce: owner.nonce }), late]);
    return connection;
  } catch (error) {
    connection.dispose();
    if (error instanceof ControlError && error.code === 'failed') throw new ControlError('refused', error.message, 'The run may have been taken over: refresh the list of runs.');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
