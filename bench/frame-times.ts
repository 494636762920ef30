/** How long scripts run in each frame of a page, from a trace that Chromium recorded. */
import { round } from './statistics';
import type { Row } from './task';

interface TraceEvent { readonly name: string; readonly ph: string; readonly ts: number; readonly dur?: number; readonly tdur?: number; readonly pid: number; readonly tid: number }

/** What counts as scripting, garbage collection included; of nested ones the outermost. */
const scripting = new Set(['FunctionCall', 'EvaluateScript', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'HandlePostMessage', 'MajorGC', 'MinorGC']);

/**
 * The page's process, and milliseconds of scripting in the frames of its main thread in which any ran: processor time of the thread, which others on
 * the machine do not lengthen, and time on the clock. Throws when the trace has no frames.
 */
export function frameTimes(trace: Buffer): Row & { readonly pid: number } {
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const scripts = traceEvents.filter(event => event.ph === 'X' && scripting.has(event.name));
  const thread = mostFrequent(scripts.map(({ pid, tid }) => `${pid} ${tid}`));
  const own = (event: TraceEvent): boolean => `${event.pid} ${event.tid}` === thread;
  const begins = traceEvents.filter(event => own(event) && event.name === 'AnimationFrame' && event.ph === 'b').map(({ ts }) => ts).sort((a, b) => a - b);
  if (begins.length < 2) throw new Error('the trace has no frames');
  const cpu = new Float64Array(begins.length), wall = new Float64Array(begins.length);
  let end = -Infinity;
  for (const { ts, dur = 0, tdur = dur } of scripts.filter(own).sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))) {
    if (ts < end) continue; // inside the one before
    end = ts + dur;
    const frame = begins.findLastIndex(begin => begin <= ts);
    if (frame < 0) continue;
    cpu[frame]! += tdur / 1000;
    wall[frame]! += dur / 1000;
  }
  const busy = [...cpu.keys()].filter(frame => wall[frame]! > 0);
  const at = (times: Float64Array, share: number): number => round(busy.map(frame => times[frame]!).sort((a, b) => a - b)[Math.min(busy.length - 1, Math.floor(share * busy.length))]!);
  return { pid: Number(thread?.split(' ')[0]), frames: busy.length, scripting_p50_ms: at(cpu, 0.5), scripting_p95_ms: at(cpu, 0.95), scripting_max_ms: at(cpu, 1), scripting_p95_clock_ms: at(wall, 0.95) };
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
