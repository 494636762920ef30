/** Playing a refinement: a clock that asks for the next frame until there is none. Knows nothing of what is played. */

/** Frames per second a person may choose. */
export const speeds = [1, 2, 4, 8, 16, 32] as const;

/** What a player drives. `advance` returns false at the end. */
export interface Played { advance(): boolean; rewind(): void; atEnd(): boolean; changed(playing: boolean): void }

/** A clock that plays. */
export class Player {
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly played: Played, private framesPerSecond: number) {}

  get playing(): boolean {
    return this.timer !== null;
  }

  get speed(): number {
    return this.framesPerSecond;
  }

  /** Frames per second; takes effect at once. */
  set speed(framesPerSecond: number) {
    this.framesPerSecond = framesPerSecond;
    if (this.timer !== null) {
      clearInterval(this.timer);
      this.tick();
    }
  }

  /** Plays (from the beginning when at the end) or pauses. */
  toggle(): void {
    if (this.timer !== null) { this.pause(); return; }
    if (this.played.atEnd()) this.played.rewind();
    this.tick();
    this.played.changed(true);
  }

  /** Pauses. */
  pause(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.played.changed(false);
  }

  private tick(): void {
    this.timer = setInterval(() => { if (!this.played.advance()) this.pause(); }, 1000 / this.framesPerSecond);
  }
}
