/**
 * Keeps long work responsive: a loop that calls `tick` now and then reports its progress, lets other events run, and stops
 * when it is aborted.
 */

/** How far a dataset build is. */
export interface BuildProgress {
  /** What is being done, in words. */
  readonly stage: string;
  /** Items of this stage done, and in all. */
  readonly done: number;
  readonly total: number;
  /** Share of the whole build, 0..1, never going back. */
  readonly fraction: number;
}

/** What long work takes. */
export interface LongWork {
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

const breathEveryMs = 50;

/** Progress of one stage, which is the share `from`..`to` of the whole. */
export class Pacer {
  private last = performance.now();

  constructor(private readonly work: LongWork, private readonly stage: string, private readonly from: number, private readonly to: number) {}

  /** Cheap to call often. Throws the signal's reason when aborted. */
  async tick(done: number, total: number): Promise<void> {
    if (performance.now() - this.last < breathEveryMs) return;
    this.report(done, total);
    await new Promise(resolve => setImmediate(resolve));
    this.work.signal?.throwIfAborted();
    this.last = performance.now();
  }

  /** Reports the stage as done. Throws the signal's reason when aborted. */
  finish(total: number): void {
    this.work.signal?.throwIfAborted();
    this.report(total, total);
  }

  private report(done: number, total: number): void {
    this.work.onProgress?.({ stage: this.stage, done, total, fraction: this.from + (this.to - this.from) * (total === 0 ? 1 : Math.min(1, done / total)) });
  }
}
