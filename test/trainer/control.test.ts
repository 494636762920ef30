/** Talking to a live trainer over its control socket, as the editor does, and as somebody does who should not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResponseError, SocketMessageReader, SocketMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { ControlError, connectTrainer } from '../../src/protocol/control-client';
import type { TrainerConnection } from '../../src/protocol/control-client';
import { readCheckpoint } from '../../src/runs/checkpoints';
import { readRun } from '../../src/runs/read-run';
import { metricEventSchema, traceSchema } from '../../src/runs/schema';
import type { MetricEvent, RunOwner } from '../../src/runs/schema';
import { readTrace } from '../../src/runs/traces';
import { temporaryFolder } from '../unit/runs-fixture';
import { connected, endless, eventsOf, listening, ofKind, startTraining, tiny, until, writeConfig } from './programs';
import type { Program } from './programs';

const folder = temporaryFolder();
let trainer: Program;
let dir: string;
let owner: RunOwner;
let connection: TrainerConnection;

beforeAll(async () => {
  ({ trainer, dir } = startTraining(folder, writeConfig(folder, { ...tiny, ...endless, keep_checkpoints: 5 }), 'live'));
  ({ owner } = (await listening(dir)).manifest);
  connection = await connectTrainer(owner);
});
afterAll(() => { connection.dispose(); });

/** What the trainer answers to a request that it cannot serve. */
async function refusalOf(request: Promise<unknown>): Promise<ControlError> {
  const error: unknown = await request.then(() => new Error('it was served'), (e: unknown) => e);
  if (!(error instanceof ControlError)) throw error;
  return error;
}

const stepNow = async (): Promise<number> => (await connection.request('status', {})).step;

describe('the socket', () => {
  it('lies in a folder that only its owner can enter', () => {
    expect(statSync(path.dirname(owner.socket!)).mode & 0o777).toBe(0o700);
    expect(owner.socket!.length).toBeLessThan(100);
  });

  it('refuses a wrong nonce', async () => {
    for (const nonce of ['', 'x', 'f'.repeat(owner.nonce.length)]) {
      const refused = await refusalOf(connectTrainer({ ...owner, nonce }));
      expect(refused).toMatchObject({ code: 'refused', message: 'The nonce is not that of this run.' });
    }
  });

  it('answers nothing before hello, and names a request that it does not know', async () => {
    const socket = connect(owner.socket!);
    const raw: MessageConnection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    raw.listen();
    for (const method of ['status', 'stop', 'trace']) {
      await expect(raw.sendRequest(method, {})).rejects.toMatchObject({ message: 'Say hello first.' });
    }
    await raw.sendRequest('hello', { nonce: owner.nonce });
    for (const method of ['shutdown', 'toString', '__proto__']) {
      const refused: unknown = await raw.sendRequest(method, {}).catch((e: unknown) => e);
      expect(refused).toBeInstanceOf(ResponseError);
      expect(refused).toMatchObject({ code: -32601, data: { next: expect.any(String) as unknown } });
    }
    raw.dispose();
    socket.destroy();
  });

  it('survives bytes that are no message', async () => {
    const socket = connect(owner.socket!);
    socket.on('error', () => undefined);
    socket.write(`Content-Length: 5\r\n\r\n{{{{{Content-Length: nonsense\r\n\r\n`);
    await sleep(100);
    socket.destroy();
    expect(await stepNow()).toBeGreaterThanOrEqual(0);
  });

  it.skipIf(process.platform !== 'linux')('is all that listens: no network port', () => {
    const open = readdirSync(`/proc/${trainer.pid}/fd`).flatMap(fd => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${trainer.pid}/fd/${fd}`))?.[1]].filter(inode => inode !== undefined);
      } catch {
        return []; // closed meanwhile
      }
    });
    const inodesOf = (table: string): string[] => readFileSync(`/proc/${trainer.pid}/net/${table}`, 'utf8').trim().split('\n').slice(1).map(line => line.trim().split(/\s+/)[9]!);
    const unix = readFileSync(`/proc/${trainer.pid}/net/unix`, 'utf8');
    expect(open.length).toBeGreaterThan(0);
    expect(open.some(inode => unix.includes(inode))).toBe(true);
    for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) if (existsSync(`/proc/${trainer.pid}/net/${table}`)) expect(inodesOf(table).filter(inode => open.includes(inode))).toEqual([]);
  });
});

describe('a live trainer', () => {
  it('says of itself what it does', async () => {
    await until(async () => await stepNow() > 2);
    const status = await connection.request('status', {});
    expect(status).toMatchObject({ run: 'live', state: 'running', totalSteps: 7_500_000, activity: 'training' });
    expect(status.stepsPerSecond).toBeGreaterThan(0);
    expect(status.eta).toBeGreaterThan(0);
    expect(connection.hello).toMatchObject({ run: 'live' });
  });

  it('notifies of every step, and the folder has the same', async () => {
    const heard: MetricEvent[] = [];
    const listener = connection.onNotification('metrics', ({ events }) => void heard.push(...events));
    await until(() => ofKind(heard, 'train').length > 20);
    listener.dispose();
    for (const event of heard) expect(metricEventSchema.parse(event)).toEqual(event);
    const steps = ofKind(heard, 'train');
    expect(steps.map(e => e.step)).toEqual(steps.map((_, i) => steps[0]!.step + i));
    const written = await eventsOf(dir);
    expect(written).toEqual(expect.arrayContaining(heard.slice(0, 10)));
  });

  it('pauses: no step is made until it is resumed', async () => {
    await connection.request('pause', {});
    await until(async () => (await connection.request('status', {})).state === 'paused');
    const step = await stepNow();
    expect((await readRun(dir)).state).toBe('paused');
    await sleep(500);
    expect(await stepNow()).toBe(step);
    const answer = await connection.request('resume', {});
    expect(answer.step).toBe(step);
    await until(async () => await stepNow() > step);
    expect((await readRun(dir)).state).toBe('running');
    expect(ofKind(await eventsOf(dir), 'marker').map(e => e.marker)).toEqual(expect.arrayContaining(['paused', 'continued']));
  });

  it('writes a checkpoint when asked', async () => {
    const { checkpoint } = await connection.request('checkpoint', {});
    const { state } = readCheckpoint(path.join(dir, 'checkpoints', checkpoint));
    expect(checkpoint).toBe(`step-${state.step}`);
    expect(state.step).toBeLessThanOrEqual(await stepNow());
  });

  it('evaluates when asked, answers meanwhile, and keeps traces of the watched puzzles', async () => {
    expect(await connection.request('watch', { puzzles: [7, 7, 1] })).toEqual({ puzzles: [7, 1] });
    const files: string[] = [];
    connection.onNotification('trace', ({ file }) => void files.push(file));
    const evaluation = connection.request('evaluate', {});
    const { activity } = await connection.request('status', {});
    const summary = await evaluation;
    expect(activity).toMatch(/evaluating|training/);
    expect(summary).toMatchObject({ count: 20, total: 20, depth: 3, weights: 'ema' });
    await until(() => files.length === 2);
    expect(files).toEqual([`traces/${summary.step}/7.json`, `traces/${summary.step}/1.json`]);
    expect((await readTrace(dir, summary.step, 7)).puzzle.index).toBe(7);
    expect((await readRun(dir)).manifest.last_eval).toEqual(summary);
    const refused = await refusalOf(connection.request('watch', { puzzles: [20] }));
    expect(`${refused.message} ${refused.next}`).toBe('There is no test puzzle 20; the test data have 20. Choose a smaller number.');
  });

  it('traces a puzzle by its number and as pasted tokens, deeper than training', async () => {
    await connection.request('pause', {}); // the same weights for all
    const byIndex = traceSchema.parse(await connection.request('trace', { puzzle: { index: 2 } }));
    expect(byIndex).toMatchObject({ run: 'live', depth: 3, puzzle: { index: 2 } });
    const tokens = [...Buffer.from(byIndex.question, 'base64')];
    const pasted = traceSchema.parse(await connection.request('trace', { puzzle: { tokens }, depth: 3 }));
    expect(pasted.puzzle.index).toBeNull();
    expect({ ...pasted, puzzle: byIndex.puzzle }).toEqual(byIndex); // its solution is found, too
    const deep = traceSchema.parse(await connection.request('trace', { puzzle: { index: 2 }, depth: 20 }));
    expect(deep.halting.slice(0, 3)).toEqual(byIndex.halting);
    expect(deep.halting).toHaveLength(20);
    await connection.request('resume', {});
  });

  it.each([
    [{ puzzle: { index: 20 } }, 'There is no test puzzle 20; the test data have 20 (0 to 19).', 'Choose one of these.'],
    [{ puzzle: { index: -1 } }, 'There is no test puzzle -1', 'Choose one of these.'],
    [{ puzzle: { index: 0 }, depth: 129 }, 'A depth of 129 supervision steps is not possible.', 'Choose 1 to 128.'],
    [{ puzzle: { index: 0 }, depth: 0 }, 'A depth of 0 supervision steps is not possible.', 'Choose 1 to 128.'],
    [{ puzzle: { tokens: [1, 2, 3] } }, 'The puzzle has 3 cells; this model takes 16.', 'Paste a puzzle of that size.'],
    [{ puzzle: { tokens: Array.from({ length: 16 }, () => 99) } }, 'Cell 0 has token 99; this model knows 0 to', 'Paste a puzzle of the kind'],
  ])('refuses to trace %j, and says what can be done', async (request, message, next) => {
    const refused = await refusalOf(connection.request('trace', request));
    expect(refused.message).toContain(message);
    expect(refused.next).toContain(next);
  });

  it('lets an asker take back a request that still waits', async () => {
    const abort = new AbortController();
    const before = [1, 2, 3].map(() => connection.request('trace', { puzzle: { index: 0 }, depth: 128 }));
    const taken = refusalOf(connection.request('checkpoint', {}, abort.signal));
    abort.abort();
    expect((await taken).code).toBe('cancelled');
    await Promise.all(before);
    expect(await stepNow()).toBeGreaterThan(0);
  });

  it('goes on when a listener is killed, or stands still', async () => {
    const script = `
      const { connect } = require('node:net');
      const { createMessageConnection, SocketMessageReader, SocketMessageWriter } = require('vscode-jsonrpc/node');
      const socket = connect(process.argv[1]);
      const c = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
      c.onNotification('metrics', () => console.log('heard'));
      c.listen();
      void c.sendRequest('hello', { nonce: process.argv[2] }).then(() => c.sendRequest('trace', { puzzle: { index: 0 }, depth: 128 }));`;
    const listener = (): ReturnType<typeof spawn> => spawn(process.execPath, ['-e', script, owner.socket!, owner.nonce], { stdio: ['ignore', 'pipe', 'inherit'], cwd: path.resolve(import.meta.dirname, '../..') });
    const [killed, standing] = [listener(), listener()];
    await Promise.all([once(killed.stdout!, 'data'), once(standing.stdout!, 'data')]);
    killed.kill('SIGKILL');
    standing.kill('SIGSTOP');
    const step = await stepNow();
    await until(async () => await stepNow() > step + 20);
    standing.kill('SIGKILL');
    expect((await readRun(dir)).state).toBe('running');
    expect(ofKind(await eventsOf(dir), 'alert')).toEqual([]);
  });

  it('stops when asked: the checkpoint is on disk when it answers, and the socket is gone', async () => {
    const other = await connected(dir);
    const heard: string[] = [];
    other.onNotification('status', ({ state }) => void heard.push(state));
    const closed = new Promise<void>(resolve => { other.onClose(resolve); });
    const status = await connection.request('stop', {});
    expect(status.state).toBe('stopped');
    const { state } = readCheckpoint(path.join(dir, 'checkpoints', `step-${status.step}`));
    expect(state.step).toBe(status.step);
    expect(await trainer.ended, trainer.stderr).toBe(0);
    await closed;
    expect(heard.at(-1)).toBe('stopped');
    expect((await readRun(dir)).state).toBe('stopped');
    expect(existsSync(path.dirname(owner.socket!))).toBe(false);
    expect((await refusalOf(connectTrainer(owner))).code).toBe('unreachable');
  });
});
