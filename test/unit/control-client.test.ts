/** The watcher's end of the control socket, against a real socket that speaks the protocol. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMessageConnection, ResponseError, SocketMessageReader, SocketMessageWriter, type CancellationToken, type MessageConnection } from 'vscode-jsonrpc/node';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainerStatus } from '../../src/protocol/control';
import { connectTrainer } from '../../src/protocol/control-client';
import type { RunOwner } from '../../src/runs/schema';

const status: TrainerStatus = { run: 'r', state: 'running', step: 3, totalSteps: 10, activity: 'training', stepsPerSecond: 2, eta: 4 };
const dir = mkdtempSync(path.join(tmpdir(), 'trm-control-'));
let server: Server | undefined;
afterEach(() => new Promise<void>(resolve => { if (server) server.close(() => resolve()); else resolve(); server = undefined; }));

/** A trainer's end: checks the nonce, then lets the test speak. */
async function listen(nonce: string, onOpen: (rpc: MessageConnection) => void = () => undefined): Promise<RunOwner> {
  const socket = path.join(dir, `${Math.random().toString(36).slice(2)}.sock`);
  server = createServer(s => {
    const rpc = createMessageConnection(new SocketMessageReader(s), new SocketMessageWriter(s));
    s.on('error', () => undefined);
    rpc.onRequest('hello', (p: { nonce: string }) => p.nonce === nonce ? status : new ResponseError(1, 'wrong nonce'));
    onOpen(rpc);
    rpc.listen();
  });
  await new Promise<void>(resolve => server!.listen(socket, resolve));
  return { host: 'h', boot_id: 'b', pid: 1, process_start: '1', nonce: 'secret', socket };
}

describe('connectTrainer', () => {
  it('says hello, asks, and hears notifications', async () => {
    let peer: MessageConnection | undefined;
    const owner = await listen('secret', rpc => { peer = rpc; rpc.onRequest('pause', () => ({ ...status, state: 'paused' })); });
    const connection = await connectTrainer(owner);
    expect(connection.hello).toEqual(status);
    expect((await connection.request('pause', {})).state).toBe('paused');
    const heard = new Promise<number>(resolve => connection.onNotification('status', s => resolve(s.step)));
    await peer!.sendNotification('status', { ...status, step: 7 });
    expect(await heard).toBe(7);
    connection.dispose();
  });

  it('names a refusal, a missing socket and an absent trainer', async () => {
    await expect(connectTrainer(await listen('another'))).rejects.toMatchObject({ code: 'refused' });
    const owner = { host: 'h', boot_id: 'b', pid: 1, process_start: '1', nonce: 'n' };
    await expect(connectTrainer({ ...owner, socket: null })).rejects.toMatchObject({ code: 'unreachable' });
    await expect(connectTrainer({ ...owner, socket: path.join(dir, 'nobody.sock') })).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('ends pending requests when the trainer goes away, and says so once', async () => {
    const owner = await listen('secret', rpc => rpc.onRequest('evaluate', () => { rpc.end(); rpc.dispose(); return new Promise(() => undefined); }));
    const connection = await connectTrainer(owner);
    let closed = 0;
    connection.onClose(() => closed++);
    await expect(connection.request('evaluate', {})).rejects.toMatchObject({ code: 'closed' });
    await expect(connection.request('status', {})).rejects.toMatchObject({ code: 'closed' });
    expect(closed).toBe(1);
    connection.dispose();
  });

  it('says so, too, when the trainer is gone and nobody has noticed yet', async () => {
    const sockets: Socket[] = [];
    const owner = await listen('secret');
    server!.on('connection', socket => sockets.push(socket));
    for (let i = 0; i < 5; i++) {
      const connection = await connectTrainer(owner);
      const gone = sockets.pop()!;
      gone.destroy();
      await new Promise(resolve => { process.nextTick(resolve); });
      await expect(connection.request('status', {})).rejects.toMatchObject({ code: 'closed' }); // and no failed write is left without a handler, which would end the process
      connection.dispose();
    }
  });

  it("carries the trainer's own message and next step", async () => {
    const owner = await listen('secret', rpc => rpc.onRequest('trace', () => new ResponseError(2, 'There is no puzzle 900.', { next: 'Choose 0 to 199.' })));
    const connection = await connectTrainer(owner);
    await expect(connection.request('trace', { puzzle: { index: 900 } })).rejects.toMatchObject({ message: 'There is no puzzle 900.', next: 'Choose 0 to 199.' });
    connection.dispose();
  });

  it('cancels', async () => {
    const owner = await listen('secret', rpc => rpc.onRequest('trace', (_p: unknown, token: CancellationToken) => new Promise((_, reject) => token.onCancellationRequested(() => reject(new Error('stopped'))))));
    const connection = await connectTrainer(owner);
    const cancel = new AbortController();
    const asked = connection.request('trace', { puzzle: { index: 0 } }, cancel.signal);
    setTimeout(() => cancel.abort(), 20);
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    connection.dispose();
  });
});

process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
