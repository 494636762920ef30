/**
 * Reading metrics.jsonl while it grows. Each read returns the events of the complete lines that came since the last one,
 * a bounded piece at a time; a last line without its newline waits until it is complete, and what is no event is skipped and counted.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { RunFolderError, asRunFolderError } from './errors';
import { insideRun } from './paths';
import { metricEventSchema } from './schema';
import type { MetricEvent } from './schema';

/** Bytes one read() takes from the file at most: some 4000 events, so that an editor stays responsive between two reads. */
const defaultLimit = 1 << 20;
/** Bytes of the longest line that is an event; longer ones are skipped without being held. */
const maxLineBytes = 4 << 20;

/** Parses one line; null when it is no event of this schema. */
export function parseMetricLine(line: string): MetricEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = metricEventSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** Reads the events of one run as they come. Not reentrant: await a read before the next. */
export class MetricsReader {
  /** Lines so far that are no event: cut off by a kill, edited, or of a newer version. */
  invalid = 0;
  /** Whether the last read stopped at its limit and there is more to read now. */
  more = false;
  /** How often the file was found shorter than what was read of it, and was begun anew: drop earlier events then. */
  restarts = 0;
  /** Share of the file's bytes that the last read came to, 0 to 1; 0 before the first. */
  share = 0;
  private offset = 0;
  /** The incomplete last line: its bytes, or null while a line that is too long is being passed over. */
  private partial: Buffer | null = Buffer.alloc(0);

  constructor(private readonly dir: string, private readonly limit: number = defaultLimit) {}

  /**
   * New complete events since the last call; at most `limit` bytes of the file (then `more` is true).
   * A file that is not there yet has none.
   * @throws RunFolderError corrupt (no regular file, leads out of the run), read_only (no permission), io.
   */
  async read(): Promise<MetricEvent[]> {
    this.more = false;
    let file = '';
    try {
      file = insideRun(this.dir, 'metrics.jsonl');
      const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stats = await handle.stat();
        if (!stats.isFile()) throw new RunFolderError('corrupt', `${file} is not a regular file.`, 'Move it away; it was not written by a training run.');
        if (stats.size < this.offset) {
          this.offset = 0;
          this.partial = Buffer.alloc(0);
          this.restarts++;
        }
        const bytes = Buffer.allocUnsafe(Math.min(this.limit, stats.size - this.offset));
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, this.offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        this.offset += filled;
        this.more = filled > 0 && this.offset < stats.size;
        this.share = this.more ? this.offset / stats.size : 1;
        return this.take(bytes.subarray(0, filled));
      } finally {
        await handle.close();
      }
    } catch (error) {
      const problem = asRunFolderError(error, `read ${file}`);
      this.share = 1;
      if (problem.code === 'missing') return [];
      throw problem;
    }
  }

  /** All events from here to the present end, calling `each` per piece. */
  async readAll(each: (events: MetricEvent[]) => void, signal?: AbortSignal): Promise<void> {
    do {
      signal?.throwIfAborted();
      each(await this.read());
    } while (this.more);
  }

  private take(bytes: Buffer): MetricEvent[] {
    const events: MetricEvent[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      const piece = bytes.subarray(start, end);
      if (this.partial === null) this.invalid++;
      else this.line(this.partial.length ? Buffer.concat([this.partial, piece]) : piece, events);
      this.partial = Buffer.alloc(0);
      start = end + 1;
    }
    if (start < bytes.length && this.partial !== null) {
      const rest = Buffer.concat([this.partial, bytes.subarray(start)]);
      this.partial = rest.length > maxLineBytes ? null : rest;
    }
    return events;
  }

  private line(bytes: Buffer, events: MetricEvent[]): void {
    if (bytes.length === 0) return;
    const event = bytes.length > maxLineBytes ? null : parseMetricLine(bytes.toString('utf8'));
    if (event) events.push(event);
    else this.invalid++;
  }
}

/**
 * The events that still count: where a later attempt resumed from step n, those of earlier attempts beyond n are dropped.
 * Order is kept. Markers of all attempts beyond n are dropped too, except the resume marker itself.
 */
export function dropSuperseded<E extends Pick<MetricEvent, 'kind' | 'attempt' | 'step'> & { supersedes?: number | undefined }>(events: readonly E[]): E[] {
  const cuts: { attempt: number; after: number }[] = [];
  for (const event of events) {
    if (event.kind === 'marker' && event.supersedes !== undefined) cuts.push({ attempt: event.attempt, after: event.supersedes });
  }
  if (cuts.length === 0) return [...events];
  return events.filter(event => !cuts.some(cut => event.attempt < cut.attempt && event.step > cut.after));
}
