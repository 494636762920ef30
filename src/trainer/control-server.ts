/**
 * The trainer's end of the control socket (protocol/control.ts): a Unix socket in a folder only its owner can enter, or a
 * named pipe. A connection must say `hello` with the nonce of run.json before anything else is answered; nothing listens
 * on a network port.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ResponseError, SocketMessageReader, SocketMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { ControlNotifications, ControlRequests } from '../protocol/control';
import { describeFailure } from './failure';

/** Answers one kind of request. `signal` aborts when the asker cancels or leaves. */
export type ControlHandlers = {
  [M in Exclude<keyof ControlRequests, 'hello'>]: (params: ControlRequests[M][0], signal: AbortSignal) => Promise<ControlRequests[M][1]> | ControlRequests[M][1];
} & { hello: () => ControlRequests['hello'][1] };

/** Bytes that may wait for a watcher who does not read; beyond, notifications are left out for it: the folder has them. */
const mostUnread = 4 << 20;

const sameSecret = (given: unknown, nonce: string): boolean =>
  typeof given === 'string' && given.length === nonce.length && timingSafeEqual(Buffer.from(given), Buffer.from(nonce));

/** A short path for the socket, in a 0700 folder of this user's (Unix socket names hold about 100 characters). */
function socketPath(): string {
  const name = `trm-${process.pid}-${randomBytes(4).toString('hex')}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const base = process.env.XDG_RUNTIME_DIR && existsSync(process.env.XDG_RUNTIME_DIR) ? process.env.XDG_RUNTIME_DIR : os.tmpdir();
  const folder = path.join(base, `trm-explorer-${os.userInfo().uid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { mode: 0o700 });
  chmodSync(folder, 0o700);
  return path.join(folder, `${process.pid}`);
}

/** A listening control socket. */
export class ControlServer {
  private readonly connections = new Map<MessageConnection, Socket>();
  private readonly sockets = new Set<Socket>();
  private readonly answering = new Set<Promise<unknown>>();

  private constructor(readonly socket: string, private readonly server: Server, private handlers: ControlHandlers) {}

  /** Listens, and answers with `handlers` whoever knows the nonce. */
  static async listen(nonce: string, handlers: ControlHandlers): Promise<ControlServer> {
    const server = createServer();
    const control = new ControlServer(socketPath(), server, handlers);
    server.on('connection', socket => control.accept(socket, nonce));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(control.socket, () => resolve());
    });
    server.on('error', () => undefined); // a refused connection must not end a training
    return control;
  }

  /** Tells everyone who said hello; losing a listener loses nothing, the folder has it all. */
  notify<M extends keyof ControlNotifications>(method: M, params: ControlNotifications[M]): void {
    for (const [connection, socket] of this.connections) {
      if (socket.writableLength < mostUnread) void connection.sendNotification(method, params).catch(() => undefined);
    }
  }

  /** From now on these answer, also on connections there are. */
  handOver(handlers: ControlHandlers): void {
    this.handlers = handlers;
  }

  /** True when somebody listens. */
  get watched(): boolean {
    return this.connections.size > 0;
  }

  /** Lets answers under way reach their askers (for at most a second), ends all connections and removes the socket. */
  async close(): Promise<void> {
    this.server.close();
    await Promise.race([this.flush(), sleep(1000)]);
    for (const connection of this.connections.keys()) connection.dispose();
    this.connections.clear();
    if (process.platform !== 'win32') rmSync(path.dirname(this.socket), { recursive: true, force: true });
  }

  /** Fulfilled when all that was to be said has left. */
  private async flush(): Promise<void> {
    await Promise.allSettled(this.answering);
    await nextTurn(); // an answer that was found is queued by then
    // Messages leave a connection one after another: when this empty one has left, so have the answers before it.
    await Promise.allSettled([...this.connections.keys()].map(connection => connection.sendNotification('metrics', { events: [] })));
    await Promise.all([...this.sockets].map(socket => new Promise<void>(resolve => socket.end(resolve))));
  }

  private accept(socket: Socket, nonce: string): void {
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    const left = new AbortController();
    let known = false;
    this.sockets.add(socket);
    const introduction = setTimeout(() => socket.destroy(), 10_000);
    const end = (): void => {
      clearTimeout(introduction);
      this.connections.delete(connection);
      this.sockets.delete(socket);
      left.abort(new Error('the asker left'));
      socket.destroy();
    };
    socket.on('error', end);
    connection.onError(end);
    connection.onClose(end);
    connection.onRequest(async (method, params, cancel) => {
      const { handlers } = this;
      if (method === 'hello') {
        if (!sameSecret((params as { nonce?: unknown } | undefined)?.nonce, nonce)) {
          setTimeout(end, 1000).unref(); // not before the refusal has been sent
          throw new ResponseError(-32001, 'The nonce is not that of this run.', { next: 'Read run.json again: the run may have been resumed.' });
        }
        known = true;
        clearTimeout(introduction);
        this.connections.set(connection, socket);
        return handlers.hello();
      }
      if (!known) throw new ResponseError(-32002, 'Say hello first.', { next: 'Send hello with the nonce of run.json.' });
      const handler = Object.hasOwn(handlers, method) ? (handlers[method as keyof ControlRequests] as (params: unknown, signal: AbortSignal) => unknown) : null;
      if (!handler) throw new ResponseError(-32601, `This trainer has no request "${method}".`, { next: 'Use the version of the extension that started it.' });
      const asked = new AbortController();
      const takeBack = (): void => asked.abort(new Error('cancelled'));
      if (cancel.isCancellationRequested) takeBack(); // it came with the request: nobody calls back then
      cancel.onCancellationRequested(takeBack);
      try {
        const answer = Promise.resolve(handler(params, AbortSignal.any([asked.signal, left.signal])));
        this.answering.add(answer);
        void answer.finally(() => setImmediate(() => this.answering.delete(answer))).catch(() => undefined);
        return await answer;
      } catch (error) {
        const failure = describeFailure(error);
        throw new ResponseError(-32000, failure.message, { next: failure.next });
      }
    });
    connection.listen();
  }
}
