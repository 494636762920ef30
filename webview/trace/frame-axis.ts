/** The horizontal axis of a refinement: frames in order, each as wide as the others, between two edges in CSS pixels. */
export class FrameAxis {
  /** Width of one frame. */
  readonly unit: number;

  constructor(readonly left: number, readonly right: number, readonly length: number) {
    this.unit = (right - left) / length;
  }

  /** Left edge of a frame (of `length`: the right edge of the last one). */
  x(frame: number): number {
    return this.left + frame * this.unit;
  }

  /** Middle of a frame. */
  middle(frame: number): number {
    return this.x(frame + 0.5);
  }

  /** The frame at a place; places beyond the edges belong to the first and last frame. */
  frameAt(x: number): number {
    return Math.min(this.length - 1, Math.max(0, Math.floor((x - this.left) / this.unit)));
  }
}
