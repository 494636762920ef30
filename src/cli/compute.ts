/** `trm setup` and `trm engines`: what can compute here. */
import { bytesText } from '../runs/memory-need';
import { deviceFacts } from '../runtime/device';
import { explainNoGpu } from '../runtime/explain-gpu';
import { findRuntime } from '../runtime/find';
import { cudaMajor, whyNoGpu } from '../runtime/gpu-choice';
import { memoryFacts } from '../runtime/memory';
import { findGpus } from '../runtime/nvidia';
import type { FoundGpus } from '../runtime/nvidia';
import { adoptRuntime, removeRuntime, setUpRuntime } from '../runtime/setup';
import type { SetupProgress } from '../runtime/setup';
import { chooseEngine } from '../engine/choose';
import { EngineError } from '../engine/engine';
import type { ExitCode } from './errors';
import { Progress, note, print, printJson, table } from './output';

/** Options of `trm setup`. */
export interface SetupCommand { readonly dir?: string; readonly gpu?: boolean; readonly python?: string; readonly adopt?: string; readonly remove?: boolean; readonly json?: boolean }

/** `trm setup`: makes, adopts or removes the compute runtime. Ctrl-C leaves what was downloaded for the next attempt. */
export async function setupCommand({ dir, gpu, python, adopt, remove, json }: SetupCommand): Promise<ExitCode> {
  if (remove) {
    const removed = await removeRuntime(dir);
    if (json) printJson({ removed });
    else print(removed ? 'The compute runtime is removed.' : 'There is no compute runtime to remove.');
    return 0;
  }
  const progress = new Progress(null);
  const abort = new AbortController();
  const cancel = (): void => abort.abort(new Error('cancelled'));
  process.once('SIGINT', cancel);
  let phase = '';
  const onProgress = (p: SetupProgress): void => {
    if (p.fraction !== undefined) progress.update(Math.round(100 * p.fraction), 100, p.text);
    else if (p.phase !== phase) progress.line(p.text);
    phase = p.phase;
  };
  try {
    if (gpu && adopt === undefined) warnWithoutGpu(await findGpus());
    const options = { dir, signal: abort.signal, onProgress };
    const runtime = adopt === undefined ? await setUpRuntime({ ...options, variant: gpu ? 'cuda' : 'cpu', python }) : await adoptRuntime({ ...options, from: adopt });
    progress.end();
    if (json) printJson({ dir: runtime.dir, manifest: runtime.manifest });
    else print(`The tensorflow engine is ready: ${runtime.dir}`);
    if (runtime.manifest.variant === 'cuda' && !runtime.manifest.sawGpu) {
      const { why, next } = await explainNoGpu(runtime, process.execPath);
      note(`It computes on the CPU for now: ${why}. ${next}`);
    }
    return 0;
  } catch (error) {
    progress.end();
    if (abort.signal.aborted) return 130;
    throw error;
  } finally {
    process.off('SIGINT', cancel);
  }
}

/** Before gigabytes are fetched: says that there is no GPU to be seen here yet, which is no reason not to prepare for one. */
function warnWithoutGpu(found: FoundGpus): void {
  const trouble = found.state === 'found' ? null : whyNoGpu({ found, cuda: cudaMajor([]), visible: undefined, log: '' });
  if (trouble) note(`No GPU can be used here now: ${trouble.why}. ${trouble.next}`);
}

/** `trm devices`: the processor, and the GPUs as nvidia-smi counts them. */
export async function devicesCommand({ json }: { json?: boolean }): Promise<ExitCode> {
  const [found, { cpu, physicalCores, threads, memory }, { free }] = await Promise.all([findGpus(), deviceFacts(), memoryFacts()]);
  const gpus = found.state === 'found' ? found.gpus : [];
  const trouble = found.state === 'broken' ? { why: found.why, next: found.next } : null;
  if (json) {
    printJson({ cpu: { name: cpu, physical_cores: physicalCores, threads, memory, free }, gpus, driver: found.state, trouble });
    return 0;
  }
  print(table([
    ['cpu', cpu, `${physicalCores} core${physicalCores === 1 ? '' : 's'}`, `${bytesText(memory)} memory, ${bytesText(free)} free`, ''],
    ...gpus.map(gpu => [`gpu:${gpu.index}`, gpu.name, '', `${bytesText(gpu.memory)} memory${gpu.free === null ? '' : `, ${bytesText(gpu.free)} free`}`, `driver ${gpu.driver}`]),
  ]));
  if (trouble) print(`GPUs cannot be used: ${trouble.why}. ${trouble.next}`);
  else if (found.state === 'no-driver') print('No NVIDIA GPU was found: there is no nvidia-smi, which comes with its driver.');
  return 0;
}

/** `trm engines`: each engine, whether it works here, and which one `auto` takes. */
export async function enginesCommand({ json }: { json?: boolean }): Promise<ExitCode> {
  const facts = await deviceFacts();
  const runtime = await findRuntime();
  const auto = await chooseEngine('auto');
  const tensorflow = await tensorflowWorks(auto.engine.name);
  const engines = [
    { name: 'tensorflow', works: tensorflow === null, detail: tensorflow ?? auto.engine.device },
    { name: 'wasm', works: true, detail: 'embedded; CPU with SIMD' },
    { name: 'cpu', works: true, detail: 'plain JavaScript, for tests' },
  ];
  if (json) printJson({ auto: { engine: auto.engine.name, why: auto.why, notes: auto.notes }, engines, runtime: { dir: runtime.dir, state: runtime.state }, device: facts });
  else {
    print(table(engines.map(({ name, works, detail }) => [name, works ? 'works' : 'not here', detail])));
    print(`auto takes ${auto.why}`);
    for (const line of auto.notes) print(line);
  }
  return 0;
}

/** Null when the tensorflow engine works, else why not. */
async function tensorflowWorks(auto: string): Promise<string | null> {
  if (auto === 'tensorflow') return null;
  try {
    await chooseEngine('tensorflow');
    return null;
  } catch (error) {
    if (error instanceof EngineError) return `${error.message} ${error.next}`;
    throw error;
  }
}
