/** Files made of a trace: the present frame as PNG, the refinement as an animated GIF, the trace itself as JSON. */
import { GIFEncoder, applyPalette, quantize } from 'gifenc';
import { exportName } from './export-name';
import { paintPicture, pictureSize, type PictureScene } from './picture';
import { selectFrames } from './select-frames';

/** A file to be saved by the host. */
export interface ExportFile { readonly name: string; readonly data: string; readonly encoding: 'utf8' | 'base64' }

/** Frames a GIF may have; longer refinements show fewer, and say so. */
const gifLimit = 240;

function base64(data: Uint8Array): string {
  let text = '';
  for (let from = 0; from < data.length; from += 0x8000) text += String.fromCharCode(...data.subarray(from, from + 0x8000));
  return btoa(text);
}

const nameOf = ({ stage: { panels, compared } }: PictureScene, suffix: string): string => {
  const [first, second] = panels.map(panel => panel.source.sent);
  return exportName(compared ? [first!, second!] : [first!], suffix);
};

/** The present frame, at twice the size of the screen. */
export function exportPng(scene: PictureScene, frame: number): ExportFile {
  const canvas = document.createElement('canvas');
  paintPicture(canvas, scene, frame, 2);
  const data = canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
  return { name: nameOf(scene, `frame-${frame + 1}.png`), data, encoding: 'base64' };
}

/** The trace as the host sent it; two that are compared as a list. */
export function exportJson({ stage: { panels, compared } }: PictureScene): ExportFile {
  const [first, second] = panels.map(panel => panel.source.sent);
  const traces = compared ? [first!, second!] as const : [first!] as const;
  return { name: exportName(traces, 'trace.json'), data: `${JSON.stringify(compared ? traces : traces[0], null, 1)}\n`, encoding: 'utf8' };
}

function pixels(canvas: HTMLCanvasElement, scene: PictureScene, frame: number): Uint8ClampedArray {
  const ctx = paintPicture(canvas, scene, frame, 1);
  return ctx.getImageData(0, 0, canvas.width, canvas.height).data;
}

/** One palette for all frames, from the first, a middle and the last one. */
function sharedPalette(canvas: HTMLCanvasElement, scene: PictureScene, frames: readonly number[]): number[][] {
  const samples = [0, Math.floor(frames.length / 2), frames.length - 1].map(k => pixels(canvas, scene, frames[k]!));
  const joined = new Uint8ClampedArray(samples.reduce((sum, s) => sum + s.length, 0));
  let at = 0;
  for (const sample of samples) { joined.set(sample, at); at += sample.length; }
  return quantize(joined, 128);
}

/**
 * The whole refinement, animated at a speed; the last frame stays longer. Yields to the page between frames.
 * @throws DOMException AbortError when the signal asks
 */
export async function exportGif(scene: PictureScene, framesPerSecond: number, progress: (text: string) => void, signal: AbortSignal): Promise<ExportFile> {
  const { width, height } = pictureSize(scene);
  const canvas = document.createElement('canvas');
  canvas.getContext('2d', { willReadFrequently: true });
  const chosen = selectFrames(scene.stage.lead.timeline, gifLimit);
  const palette = sharedPalette(canvas, scene, chosen.frames);
  const gif = GIFEncoder();
  for (const [k, frame] of chosen.frames.entries()) {
    signal.throwIfAborted();
    progress(`Drawing the animation: frame ${k + 1} of ${chosen.frames.length} (${chosen.words})`);
    const delay = k === chosen.frames.length - 1 ? 2500 : Math.max(20, 1000 / framesPerSecond);
    gif.writeFrame(applyPalette(pixels(canvas, scene, frame), palette), width, height, { ...(k === 0 && { palette, repeat: 0 }), delay });
    await new Promise(resolve => setTimeout(resolve, 0));
  }
  gif.finish();
  return { name: nameOf(scene, 'refinement.gif'), data: base64(gif.bytes()), encoding: 'base64' };
}
