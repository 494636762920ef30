/**
 * Appending to metrics.jsonl. Lines wait in memory until the end of the present turn of the event loop and go out in one
 * write. When the disk refuses, they stay in memory, the trouble is reported once, and the write is tried again: nothing is
 * thrown away, and a line of which only a part was written is continued where it stopped.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { asRunFolderError } from './errors';
import type { RunFolderError } from './errors';

/** Waiting text is written without waiting for the event loop beyond this many characters. */
const writeThroughAt = 1 << 16;
/** Milliseconds between tries while the disk refuses. */
export const retryAfter = 2000;

/** Writes one run's metrics.jsonl. */
export class MetricsWriter {
  private waiting: string[] = [];
  private waitingLength = 0;
  /** Bytes on their way to the file; the first `sent` of them are there. */
  private outgoing: Buffer = Buffer.alloc(0);
  private fd: number | null = null;
  private started = false;
  private immediate: NodeJS.Immediate | null = null;
  private retry: NodeJS.Timeout | null = null;
  private trouble: RunFolderError | null = null;

  constructor(private readonly file: string, private readonly onTrouble: (trouble: RunFolderError | null) => void) {}

  /** What keeps the lines in memory now; null when all is well. */
  get problem(): RunFolderError | null {
    return this.trouble;
  }

  /** Adds a line (without its newline). */
  add(line: string): void {
    this.waiting.push(line, '\n');
    this.waitingLength += line.length + 1;
    if (this.trouble) return; // the retry takes it along
    if (this.waitingLength >= writeThroughAt) this.write();
    else this.immediate ??= setImmediate(() => this.write());
  }

  /** Tries to write everything now; returns what is in the way, or null. */
  write(): RunFolderError | null {
    if (this.immediate) clearImmediate(this.immediate);
    if (this.retry) clearTimeout(this.retry);
    this.immediate = this.retry = null;
    try {
      this.fd ??= this.open();
      if (this.waiting.length > 0) {
        this.outgoing = Buffer.concat([this.outgoing, Buffer.from(this.waiting.join(''), 'utf8')]);
        this.waiting = [];
        this.waitingLength = 0;
      }
      while (this.outgoing.length > 0) this.outgoing = this.outgoing.subarray(writeSync(this.fd, this.outgoing));
      this.setTrouble(null);
    } catch (error) {
      this.closeFile(); // a stale handle of a network share does not recover
      this.retry = setTimeout(() => this.write(), retryAfter).unref();
      this.setTrouble(asRunFolderError(error, `write ${this.file}`));
    }
    return this.trouble;
  }

  /** Writes everything and forces it to the disk. @throws RunFolderError when it cannot; the lines are kept. */
  sync(): void {
    const trouble = this.write();
    if (trouble) throw trouble;
    try {
      if (this.fd !== null) fsyncSync(this.fd);
    } catch (error) {
      throw asRunFolderError(error, `write ${this.file}`);
    }
  }

  /** Writes nothing more and lets go of the file. */
  close(): void {
    if (this.immediate) clearImmediate(this.immediate);
    if (this.retry) clearTimeout(this.retry);
    this.closeFile();
  }

  private open(): number {
    const fd = openSync(this.file, 'a+');
    const { size } = fstatSync(fd);
    if (!this.started && size > 0) {
      // a killed process may have left part of a line: end it, so that it is a line of its own, which readers skip
      const last = Buffer.alloc(1);
      readSync(fd, last, 0, 1, size - 1);
      if (last[0] !== 0x0a) this.outgoing = Buffer.concat([Buffer.from('\n'), this.outgoing]);
    }
    this.started = true;
    return fd;
  }

  private closeFile(): void {
    if (this.fd === null) return;
    try {
      closeSync(this.fd);
    } catch {
      // the write that failed before has told the trouble
    }
    this.fd = null;
  }

  private setTrouble(trouble: RunFolderError | null): void {
    const changed = trouble?.code !== this.trouble?.code;
    this.trouble = trouble;
    if (changed) this.onTrouble(trouble);
  }
}
