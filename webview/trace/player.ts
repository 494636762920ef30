/** Playing a refinement: a clock that asks for the next frame until there is none. Knows nothing of what is played. */

/** Frames per second a person may choose. */
export const speeds = [1, 2, 4, 8, 16, 32] as const;

/** What a player drives. `advance` returns false at the end. */
export interface Played { advance(): boolean; rewind(): void; atEnd(): boolean; changed(playing: boolean): void }

/** Frames per second at most for people who wish for less motion: slower than anything that counts as flashing. */
const calmSpeed = 2;

/** A clock that plays. */
export class Player {
  private timer: ReturnType<typeof setInterval> | null = null;
  private isCalm = false;

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
    this.retime();
  }

  /** Whether it plays slowly whatever the speed, because less motion is wished for; takes effect at once. */
  set calm(calm: boolean) {
    if (calm === this.isCalm) return;
    this.isCalm = calm;
    this.retime();
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
    const speed = this.isCalm ? Math.min(calmSpeed, this.framesPerSecond) : this.framesPerSecond;
    this.timer = setInterval(() => { if (!this.played.advance()) this.pause(); }, 1000 / speed);
  }

  private retime(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.tick();
  }
}
