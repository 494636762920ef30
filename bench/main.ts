/**
 * `npm run bench [-- --json] [--markdown] [--only NAME ...]`: how fast everything is on this machine. NAME is a task or the
 * beginning of one (`step`, `step/A`, `trace/4x4/wasm`); `--list` prints all names. Results go to standard output; with --json its last line is
 * one document. With --peer-checkout and --peer-python the published PyTorch code is timed between our own. What is measured,
 * and numbers of a known machine: README.md here.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { measuredSizes } from '../src/config/example-sizes';
import { deviceFacts } from '../src/runtime/device';
import { findRuntime } from '../src/runtime/find';
import { markdown } from './markdown';
import { fittedLines } from './memory-fit';
import { memoryShapes } from './memory-shapes';
import type { MemoryShape } from './memory-shapes';
import { findPeer, peerTime, rememberPeer } from './peer';
import { shapes } from './shapes';
import type { Dtype, ShapeName } from './shapes';
import { answerParent, measureInChild } from './task';
import type { Outcome, Task } from './task';

/** Everything there is to measure here, in order. Modules with an engine in them are loaded by the process that measures only. */
async function tasks(): Promise<Task[]> {
  const tensorflow = (await findRuntime()).state === 'ready';
  const fast = tensorflow ? ['wasm', 'tensorflow'] as const : ['wasm'] as const;
  const peer = findPeer();
  const step = (shape: ShapeName, engine: 'tensorflow' | 'wasm' | 'cpu', dtype: Dtype = 'float32'): Task => (
    { name: `step/${shape}/${engine}${dtype === 'float32' ? '' : `-${dtype}`}`, measure: async () => (await import('./step-time')).stepTime(shape, engine, dtype) });
  // Ours and theirs by turns, so that a machine whose speed changes with time is as unkind to both.
  const compared = (shape: ShapeName, dtype: Dtype): Task[] => [
    ...(tensorflow ? [step(shape, 'tensorflow', dtype)] : []),
    ...(peer && shape !== '4x4' ? (['eager', 'compile'] as const).map(mode => ({ name: `peer/${shape}/${dtype}/${mode}`, measure: () => peerTime(peer, shape, dtype, mode) })) : []),
  ];
  return [
    ...(Object.keys(shapes) as ShapeName[]).flatMap(shape => [
      ...compared(shape, 'float32'), ...compared(shape, 'bfloat16'), step(shape, 'wasm'), ...(shape === '4x4' ? [step(shape, 'cpu')] : []),
    ]),
    ...(['4x4', 'A', 'B'] as const).flatMap(shape => fast.map(engine => (
      { name: `start/${shape}/${engine}`, measure: async () => (await import('./start-time')).startTime(shape, engine) }))),
    ...fast.flatMap(engine => (['built', 'present'] as const).map(dataset => (
      { name: `first-event/dataset-${dataset}/${engine}`, measure: async () => (await import('./first-event')).firstEvent(engine, dataset) }))),
    ...(['4x4', 'A'] as const).flatMap(shape => fast.map(engine => (
      { name: `trace/${shape}/${engine}`, measure: async () => (await import('./trace-time')).traceTime(shape, engine) }))),
    ...(Object.keys(memoryShapes) as MemoryShape[]).flatMap(shape => fast.map(engine => (
      { name: `memory/${shape}/${engine}`, measure: async () => (await import('./memory')).memory(shape, engine) }))),
    ...Object.keys(measuredSizes).flatMap(example => fast.map(engine => (
      { name: `example/${example}/${engine}`, measure: async () => (await import('./example-size')).exampleSize(example, engine) }))),
    ...fast.map(engine => ({ name: `leak/${engine}`, measure: async () => (await import('./leak')).leak(engine) })),
    { name: 'runs', measure: async () => (await import('./run-listing')).runListing() },
    { name: 'editor/activation', measure: async () => (await import('./editor')).activation() },
    { name: 'editor/500-runs', measure: async () => (await import('./editor')).runsShown() },
    { name: 'charts/data', measure: async () => (await import('./charts-data')).chartsData() },
    { name: 'charts/page', measure: async () => (await import('./charts-page')).chartsPage() },
    { name: 'sizes', measure: async () => (await import('./sizes')).sizes() },
  ];
}

/** A result as text: its name, and a line per number. */
function show(name: string, outcome: Outcome): string {
  if ('problem' in outcome) return `${name}: not measured: ${outcome.problem}`;
  if ('absent' in outcome) return `${name}: not measured: ${outcome.absent}`;
  const entries = Object.entries(outcome.row);
  const width = Math.max(...entries.map(([key]) => key.length));
  return [name, ...entries.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`)].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' }, markdown: { type: 'boolean' }, only: { type: 'string', multiple: true }, list: { type: 'boolean' }, task: { type: 'string' },
      'peer-checkout': { type: 'string' }, 'peer-python': { type: 'string' }, 'peer-device': { type: 'string' },
    },
  });
  rememberPeer({ checkout: values['peer-checkout'], python: values['peer-python'], device: values['peer-device'] });
  const all = await tasks();
  if (values.task !== undefined) {
    const task = all.find(({ name }) => name === values.task);
    if (!task) throw new Error(`there is no task ${values.task}`);
    await answerParent(task);
    return 0;
  }
  if (values.list) {
    for (const { name } of all) console.log(name);
    return 0;
  }
  const { only = [''] } = values;
  const unknown = only.filter(wanted => !all.some(({ name }) => isAsked(name, wanted)));
  if (unknown.length > 0) {
    console.error(`There is nothing called ${unknown.join(' or ')} to measure here; --list prints the names.${unknown.some(name => name.startsWith('peer')) ? ' Tasks of the published code need --peer-checkout and --peer-python.' : ''}`);
    return 2;
  }
  const chosen = all.filter(({ name }) => only.some(wanted => isAsked(name, wanted)));
  const { cpu, physicalCores, memory, gpus } = await deviceFacts();
  const machine = { cpu, physical_cores: physicalCores, memory_gb: Math.round(memory / 1e9), gpus: gpus.map(gpu => gpu.name), system: `${os.type()} ${os.arch()}`, node: process.versions.node };
  const date = new Date().toISOString();
  const load = os.loadavg()[0]!;
  console.log(`${machine.physical_cores} cores of ${cpu}, Node ${machine.node}, load ${load.toFixed(2)} at the start`);
  if (load > 0.5) console.error(`The machine is busy (load ${load.toFixed(2)}): times will be too long. Measure when nothing else runs.`);
  const results: Record<string, Outcome> = {};
  for (const { name } of chosen) {
    results[name] = await measureInChild(name);
    console.log(show(name, results[name]));
  }
  for (const line of fittedLines(results)) console.log(line);
  if (values.markdown) console.log(`\n${markdown(results)}`);
  if (values.json) console.log(JSON.stringify({ date, machine, load_at_start: load, results: Object.fromEntries(Object.entries(results).map(([name, outcome]) => [name, 'row' in outcome ? outcome.row : outcome])) }));
  return Object.values(results).some(outcome => 'problem' in outcome) ? 1 : 0;
}

const isAsked = (name: string, wanted: string): boolean => wanted === '' || name === wanted || name.startsWith(`${wanted}/`);

main().then(
  code => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
