/**
 * Work that others ask of a live training. It is done between optimiser steps, or between the supervision steps of an
 * evaluation, never inside one: `serve` does all that waits, and while the training is paused keeps doing so.
 */

import { setImmediate } from 'node:timers/promises';

/** Turns of the event loop per opening: enough to accept a connection, read a request, answer it and send the answer. */
const turns = 5;

/** Work asked for, to be done at the next opening. */
interface Waiting { run: () => Promise<void>; signal: AbortSignal; fail: (reason: unknown) => void }

/** The queue of a live training. */
export class Requests {
  private readonly waiting: Waiting[] = [];
  private wake: (() => void) | null = null;
  private paused = false;
  private serving = false;
  /** Aborted when the training is to end. */
  readonly stopping = new AbortController();

  /** Queues work; resolves with its result once it was done. Rejects when aborted before it began. */
  ask<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ run: () => work(signal).then(resolve, reject), signal, fail: reject });
      this.wake?.();
    });
  }

  /** Training should wait from its next opening on. */
  pause(): void {
    this.paused = true;
  }

  /** Training may go on. */
  resume(): void {
    this.paused = false;
    this.wake?.();
  }

  /** Training should end at its next opening. */
  stop(): void {
    this.stopping.abort(new Stopped());
    this.wake?.();
  }

  /** Does what waits, and waits itself while paused (calling the hooks). Work done from inside is not nested. */
  async serve(hooks: { onPause: () => void; onContinue: () => void }): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    let told = false;
    try {
      for (let turn = 0; turn < turns; turn++) await setImmediate(); // else a request would take as many steps to arrive
      for (;;) {
        for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
          if (next.signal.aborted) next.fail(next.signal.reason);
          else await next.run();
        }
        if (!this.paused || this.stopping.signal.aborted) break;
        if (!told) hooks.onPause();
        told = true;
        await new Promise<void>(resolve => (this.wake = resolve));
        this.wake = null;
      }
    } finally {
      this.serving = false;
      if (told) hooks.onContinue();
    }
  }

  /** Refuses what still waits. */
  close(reason: Error): void {
    for (const { fail } of this.waiting.splice(0)) fail(reason);
  }
}

/** Why a training was asked to end. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor() {
    super('stopped by the user');
  }
}
