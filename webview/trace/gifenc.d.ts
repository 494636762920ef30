/** The part of gifenc that is used here; the package brings no types. */
declare module 'gifenc' {
  /** Colours as [r, g, b]. */
  export type Palette = number[][];
  /** A GIF being written. */
  export interface Encoder {
    writeFrame(index: Uint8Array, width: number, height: number, options: { palette?: Palette; delay?: number; repeat?: number }): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  /** Begins a GIF. */
  export function GIFEncoder(): Encoder;
  /** A palette for RGBA pixels. */
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, maxColors: number): Palette;
  /** Index of the nearest palette colour, per pixel. */
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array;
}
