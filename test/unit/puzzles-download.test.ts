// Fetching published files: redirects, continuing, checksums, and failures in words; against a server on this machine.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download } from '../../src/puzzles/download';
import { fetchHubCsv } from '../../src/puzzles/hub';
import { rejectionOf, temporaryFolder } from './puzzles-fixture';

const body = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
const sha256 = createHash('sha256').update(body).digest('hex');
let server: Server;
let address: string;
let asked: { url: string; range: string | undefined }[];
/** What the server does with a request for /file; set by each test. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push({ url: request.url!, range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

/** Serves the body as the hub does: the checksum on a redirect, the bytes elsewhere, from any byte on. */
function serve(request: IncomingMessage, response: ServerResponse, tag = sha256): void {
  if (!request.url!.startsWith('/bytes')) {
    response.writeHead(302, { location: '/bytes', 'x-linked-etag': `"${tag}"` }).end();
    return;
  }
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from }).end(body.subarray(from));
}

test('a file is fetched through redirects, checked, and shown with size and checksum', async () => {
  answer = serve;
  const path = join(temporaryFolder(), 'new', 'a.csv');
  const shares: number[] = [];
  expect(await download(`${address}/file`, path, { onProgress: ({ fraction, stage }) => { expect(stage).toBe('Fetching file, 0.1 MB'); shares.push(fraction); } }))
    .toEqual({ path, bytes: body.length, sha256, checked: true, continued: 0 });
  expect(readFileSync(path).equals(body)).toBe(true);
  expect(shares.at(-1)).toBe(1);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('what was broken off is continued, unless the file has changed since', async () => {
  const path = join(temporaryFolder(), 'a.csv');
  answer = (request, response) => {
    if (!request.url!.startsWith('/bytes')) serve(request, response);
    else {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 20));
    }
  };
  const failure = await rejectionOf(download(`${address}/file`, path));
  expect(failure.code).toBe('unreachable');
  expect(failure.message).toContain('broken off after 20000');
  expect(failure.next).toContain('kept and continued');
  expect(existsSync(path)).toBe(false);
  answer = serve;
  expect(await download(`${address}/file`, path)).toMatchObject({ bytes: body.length, continued: 20_000, sha256 });
  expect(asked.at(-1)).toEqual({ url: '/bytes', range: 'bytes=20000-' });
  expect(readFileSync(path).equals(body)).toBe(true);

  const other = join(temporaryFolder(), 'a.csv');
  writeFileSync(`${other}.part`, Buffer.alloc(100));
  writeFileSync(`${other}.part.tag`, 'an older file');
  expect(await download(`${address}/file`, other)).toMatchObject({ continued: 0, sha256 });
});

test('a wrong checksum is refused and nothing is kept', async () => {
  const path = join(temporaryFolder(), 'a.csv');
  answer = (request, response) => { serve(request, response, 'f'.repeat(64)); };
  const failure = await rejectionOf(download(`${address}/file`, path));
  expect(failure.code).toBe('mismatch');
  expect(failure.message).toContain(`has checksum sha256 ${sha256}, the server says ${'f'.repeat(64)}`);
  expect(existsSync(path)).toBe(false);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('no server, no file, an endless chain and a way out of https are told', async () => {
  const path = join(temporaryFolder(), 'a.csv');
  answer = (_, response) => response.writeHead(404, 'Not Found').end();
  expect((await rejectionOf(download(`${address}/file`, path))).message).toBe(`${address}/file: cannot be fetched: the server answers 404 Not Found`);
  answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
  expect((await rejectionOf(download(`${address}/file`, path))).message).toContain('more than 5 redirects');
  answer = (_, response) => response.writeHead(302, { location: 'http://example.invalid/file' }).end();
  expect((await rejectionOf(download(`${address}/file`, path))).message).toBe('http://example.invalid/file: cannot be fetched: only https is used');
  const nowhere = address.replace(/:\d+$/, ':1');
  const failure = await rejectionOf(download(`${nowhere}/file`, path));
  expect(failure.message).toContain(`${nowhere}/file: cannot be fetched: `);
  expect(failure.next).toContain('--csv');
});

test('the hub\'s files are fetched by their published names, those that are there are left alone', async () => {
  answer = serve;
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'test.csv'), 'mine');
  const before = process.env.HF_ENDPOINT;
  process.env.HF_ENDPOINT = `${address}/`;
  try {
    expect(await fetchHubCsv('sudoku', folder)).toMatchObject([{ path: join(folder, 'train.csv'), sha256 }]);
    expect(asked[0]!.url).toBe('/datasets/sapientinc/sudoku-extreme/resolve/main/train.csv');
    expect(readFileSync(join(folder, 'test.csv'), 'utf8')).toBe('mine');
  } finally {
    if (before === undefined) delete process.env.HF_ENDPOINT;
    else process.env.HF_ENDPOINT = before;
  }
});
