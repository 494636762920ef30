/** Sockets that a run.json names, which may come from anywhere, and where a trainer is that does not answer. */
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awayFrom, isOwnSocket } from '../../src/runs/owner-socket';
import { thisProcess } from '../../src/runs/process-identity';
import { temporaryFolder } from './runs-fixture';

const socket = path.join(temporaryFolder(), 's');
const server = createServer();
beforeAll(() => new Promise<void>(resolve => { server.listen(socket, resolve); }));
afterAll(() => { server.close(); });

it('knows its own socket, and takes anything else for none', () => {
  expect(isOwnSocket(socket)).toBe(true);
  for (const file of [path.dirname(socket), `${socket}x`, 'a\0b', `/${'x'.repeat(5000)}`, `${socket}/below`, '']) expect(isOwnSocket(file)).toBe(false);
});

it('names the host of a trainer that runs elsewhere', () => {
  const owner = { ...thisProcess(), nonce: '', socket };
  expect(awayFrom(owner)).toBeNull();
  expect(awayFrom({ ...owner, socket: 'a\0b' })).toBeNull();
  expect(awayFrom({ ...owner, host: 'other', boot_id: 'other:other:' })).toEqual({ host: 'other' });
});
