/** Process time of a run: seconds of work over all its attempts, without pauses, and the speed of late. */

/** Seconds since the Unix epoch. */
export const wallSeconds = (): number => Date.now() / 1000;

/** A clock that can be stopped, and that knows how fast steps have been going. */
export class RunClock {
  private startedAt: number | null = performance.now();
  private readonly recent: number[] = [];

  constructor(private before: number) {}

  /** Seconds worked, over all attempts. */
  get seconds(): number {
    return this.before + (this.startedAt === null ? 0 : (performance.now() - this.startedAt) / 1000);
  }

  /** Stops counting. */
  pause(): void {
    this.before = this.seconds;
    this.startedAt = null;
  }

  /** Counts again. */
  go(): void {
    this.startedAt ??= performance.now();
  }

  /** Notes that a step took so many seconds. */
  step(seconds: number): void {
    this.recent.push(seconds);
    if (this.recent.length > 50) this.recent.shift();
  }

  /** Steps per second over the last 50 steps; null before the first. */
  get rate(): number | null {
    const sum = this.recent.reduce((total, seconds) => total + seconds, 0);
    return sum > 0 ? this.recent.length / sum : null;
  }
}
