/** Numbers out of repeated timings, and what this process needed in memory. */
import { readFileSync } from 'node:fs';

/** How often something is repeated. */
export interface Repetition { readonly warmUp: number; readonly least: number; readonly most: number; readonly seconds: number }

/** How training steps are timed, ours and the published code's. */
export const stepTiming: Repetition = { warmUp: 3, least: 10, most: 100, seconds: 20 };

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Milliseconds of each repetition: at least `least`, at most `most`, none begun after `seconds`.
 * The first `warmUp` are not among them.
 */
export async function repeated(work: () => unknown, { warmUp, least, most, seconds }: Repetition): Promise<number[]> {
  for (let i = 0; i < warmUp; i++) await work();
  const began = performance.now();
  const times: number[] = [];
  while (times.length < most && (times.length < least || performance.now() - began < seconds * 1000)) times.push(await timed(work));
  return times;
}

/** The most memory this process held at any time, in megabytes (10^6 bytes). */
export function peakMemory(): number {
  let kibibytes = process.resourceUsage().maxRSS;
  try {
    // maxRSS also counts the process that started this one; VmHWM does not.
    kibibytes = Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? kibibytes);
  } catch {
    // no /proc on this system
  }
  return (kibibytes * 1024) / 1e6;
}

/** Rounded to three telling digits, for tables. */
export const round = (value: number): number => (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
