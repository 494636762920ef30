/** Canvases at the screen's own resolution: sized in CSS pixels, drawn in device pixels. */

/**
 * Fits a canvas to a size in CSS pixels and clears it.
 * @returns its context, scaled so that one unit is one CSS pixel
 */
export function prepareCanvas(canvas: HTMLCanvasElement, width: number, height: number, ratio = devicePixelRatio): CanvasRenderingContext2D {
  const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('This view cannot draw: the editor gives it no canvas.');
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}
