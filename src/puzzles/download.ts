/**
 * Fetching a published file over HTTPS: redirects are followed here so that no step leaves HTTPS, what was fetched before an
 * interruption is kept and continued, and the file takes its name only when it is whole and, where the server says what it
 * must be, has the right checksum.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { DatasetError, writeError } from './errors';
import type { LongWork } from './pacing';

const mostRedirects = 5;

/** A fetched file. */
export interface Fetched {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** True when the server named this checksum, too. */
  readonly checked: boolean;
  /** Bytes that were there from an earlier attempt. */
  readonly continued: number;
}

function unreachable(url: URL, why: string, cause?: unknown): DatasetError {
  return new DatasetError('unreachable', `${url.href}: cannot be fetched: ${why}`, 'Check the network (HF_ENDPOINT names another server), or fetch the file by other means and give it with --csv. What has arrived is kept and continued.', { cause });
}

const isLoopback = (url: URL): boolean => url.hostname === '127.0.0.1' || url.hostname === '[::1]' || url.hostname === 'localhost';

function mustBeSafe(url: URL): void {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) throw unreachable(url, 'only https is used');
}

/** What a server says of a file, on the way to it: its checksum, and a tag that changes with it. */
interface Promised { sha256: string | undefined; tag: string | undefined }

function note(promised: Promised, headers: Headers): void {
  const tags = [headers.get('x-linked-etag'), headers.get('etag')].map(tag => tag?.replace(/^W\//, '').replaceAll('"', ''));
  promised.sha256 ??= tags.find(tag => tag !== undefined && /^[0-9a-f]{64}$/.test(tag));
  promised.tag ??= tags.find(tag => tag !== undefined);
}

/** Asks for a file from byte `from` on, following redirects. */
async function request(start: URL, from: number, signal: AbortSignal | undefined): Promise<{ response: Response; promised: Promised; url: URL }> {
  const promised: Promised = { sha256: undefined, tag: undefined };
  let url = start;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    mustBeSafe(url);
    let response: Response;
    try {
      response = await fetch(url, { redirect: 'manual', headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) }, ...(signal ? { signal } : {}) });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw unreachable(url, reasonOf(thrown), thrown);
    }
    note(promised, response.headers);
    const target = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || target === null) return { response, promised, url };
    await response.body?.cancel();
    url = new URL(target, url);
  }
  throw unreachable(start, `more than ${mostRedirects} redirects`);
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Bytes of an unfinished download that are still of the same file. */
function partBytes(part: string): { bytes: number; tag: string | undefined } {
  if (!existsSync(part)) return { bytes: 0, tag: undefined };
  return { bytes: statSync(part).size, tag: existsSync(`${part}.tag`) ? readFileSync(`${part}.tag`, 'utf8') : undefined };
}

async function sha256Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/**
 * Fetches `address` to `path`, whose folder is made. Throws DatasetError `unreachable` (what has arrived is kept for the
 * next attempt), `mismatch` for a wrong checksum, `unwritable`, or the signal's reason.
 */
export async function download(address: string, path: string, work: LongWork = {}): Promise<Fetched> {
  const start = new URL(address);
  const part = `${path}.part`;
  const { signal } = work;
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (thrown) {
    throw writeError(path, thrown);
  }
  const before = partBytes(part);
  let { response, promised, url } = await request(start, before.bytes, signal);
  let continued = response.status === 206 && before.tag !== undefined && before.tag === promised.tag ? before.bytes : 0;
  if (before.bytes > 0 && continued === 0 && response.status !== 200) {
    // The rest of a file that is no longer the same, or more than there is: once more, from the beginning.
    await response.body?.cancel();
    ({ response, promised, url } = await request(start, 0, signal));
  }
  if (!response.ok || !response.body) throw unreachable(url, `the server answers ${response.status} ${response.statusText}`);
  if (response.status === 200) continued = 0;
  const length = Number(response.headers.get('content-length') ?? NaN);
  const total = Number.isFinite(length) ? continued + length : undefined;
  let done = continued;
  const counted = new Transform({
    transform(chunk: Buffer, _, give) {
      done += chunk.length;
      work.onProgress?.({ stage: `Fetching ${start.pathname.split('/').at(-1) ?? ''}${total === undefined ? '' : `, ${(total / 1e6).toFixed(1)} MB`}`, done, total: total ?? done, fraction: total ? done / total : 0 });
      give(null, chunk);
    },
  });
  try {
    if (promised.tag !== undefined) writeFileSync(`${part}.tag`, promised.tag);
    await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), counted, createWriteStream(part, { flags: continued > 0 ? 'a' : 'w' }), signal ? { signal } : {});
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'write') throw writeError(part, thrown);
    throw unreachable(url, `broken off after ${done} bytes: ${reasonOf(thrown)}`, thrown);
  }
  if (total !== undefined && done !== total) throw unreachable(url, `broken off after ${done} of ${total} bytes`);
  const sha256 = await sha256Of(part, signal);
  if (promised.sha256 !== undefined && promised.sha256 !== sha256) {
    rmSync(part);
    throw new DatasetError('mismatch', `${url.href}: has checksum sha256 ${sha256}, the server says ${promised.sha256}`, 'Fetch it again.');
  }
  try {
    renameSync(part, path);
    rmSync(`${part}.tag`, { force: true });
  } catch (thrown) {
    throw writeError(path, thrown);
  }
  return { path, bytes: done, sha256, checked: promised.sha256 !== undefined, continued };
}
