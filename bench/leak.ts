/**
 * Ten thousand optimiser steps of the smallest model: whether memory, tensors and open files stay what they were after the first
 * thousand. Garbage is collected before each sample, so that what is compared is held, not waiting.
 */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Engine } from '../src/engine/engine';
import { smallest } from './shapes';
import { peakMemory, round } from './statistics';
import type { Row } from './task';
import { openEngine, openTraining } from './trainings';

const steps = 10_000;
const every = 1000;
const tolerance = 5; // percent of the memory held after the first `every` steps

/** What a process holds at one time. */
export interface Holding {
  /** Resident memory, bytes. */
  readonly rss: number;
  readonly tensors: number;
  /** Open file descriptors; null where the system does not tell. */
  readonly descriptors: number | null;
}

/** Measures it on an engine. */
export async function leak(engineName: Engine['name']): Promise<Row> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const engine = await openEngine(engineName, smallest, 'float32');
  const { training, advance } = openTraining(engine, smallest, 'float32');
  const held: Holding[] = [];
  const began = performance.now();
  while (training.step < steps) {
    await advance();
    if (training.step % every !== 0) continue;
    collect();
    held.push({ rss: process.memoryUsage.rss(), tensors: engine.memory().tensors, descriptors: openDescriptors() });
  }
  const seconds = (performance.now() - began) / 1000;
  training.dispose();
  return { steps, steps_per_s: round(steps / seconds), ...growth(held), tensors_after_dispose: engine.memory().tensors, peak_mb: round(peakMemory()) };
}

/** What grew from the first sample to the last. `flat`: memory by at most the tolerance, tensors and descriptors not at all. */
export function growth(held: readonly Holding[]): Row {
  const [first, last] = [held[0]!, held.at(-1)!];
  const percent = (last.rss / first.rss - 1) * 100;
  const flat = percent <= tolerance && last.tensors <= first.tensors && (last.descriptors ?? 0) <= (first.descriptors ?? 0);
  return {
    flat: flat ? 'yes' : 'no', growth_percent: Number(percent.toFixed(2)), rss_mb: held.map(({ rss }) => Math.round(rss / 1e6)).join(' '),
    tensors: `${first.tensors} -> ${last.tensors}`, descriptors: first.descriptors === null ? 'unknown here' : `${first.descriptors} -> ${last.descriptors}`,
  };
}

function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}
