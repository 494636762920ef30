/**
 * Work that others ask of a live training. It is done between optimiser steps, or between the supervision steps of an
 * evaluation, never inside one: `serve` does all that waits, and while the training is paused keeps doing so.
 */

import { setImmediate } from 'node:timers/promises';

/** Turns of the event loop per opening: enough to accept a connection, read a request, answer it and send the answer. */
const turns = 5;
/** Milliseconds between two looks whether a hindrance is gone. */
const lookEvery = 2000;

/** Work asked for, to be done at the next opening. */
interface Waiting { run: () => Promise<void>; signal: AbortSignal; fail: (reason: unknown) => void }

/** The queue of a live training. */
export class Requests {
  private readonly waiting: Waiting[] = [];
  private wake: (() => void) | null = null;
  private paused = false;
  private busy = false;
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

  /** Whether training is to wait from its next opening on, or waits. */
  get pauseAsked(): boolean {
    return this.paused;
  }

  /** Training should end at its next opening. */
  stop(): void {
    this.stopping.abort(new Stopped());
    this.wake?.();
  }

  /** True while work that was asked for is being done: such work must not wait for anything but itself. */
  get serving(): boolean {
    return this.busy;
  }

  /**
   * Does what waits, and waits itself while paused (calling the hooks), or until `passed` says that a hindrance is gone.
   * Called from work that was asked for, it only lets messages come and go.
   */
  async serve(hooks: { onPause: () => void; onContinue: () => void }, passed?: () => Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await setImmediate(); // else a request would take as many steps to arrive
    if (this.busy) return;
    this.busy = true;
    let told = false;
    let hindered = passed !== undefined;
    try {
      for (;;) {
        for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
          if (next.signal.aborted) next.fail(next.signal.reason);
          else await next.run();
        }
        if (this.stopping.signal.aborted) break;
        hindered = hindered && !(told && await passed!());
        if (!this.paused && !hindered) break;
        if (!told) hooks.onPause();
        told = true;
        await this.woken(hindered ? lookEvery : null);
      }
    } finally {
      this.busy = false;
      if (told) hooks.onContinue();
    }
  }

  /** Fulfilled when there is something to do, or after some milliseconds. */
  private async woken(atLatest: number | null): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>(resolve => {
      this.wake = resolve;
      if (atLatest !== null) timer = setTimeout(resolve, atLatest);
    });
    clearTimeout(timer);
    this.wake = null;
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
