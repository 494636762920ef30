/** "Set Up Compute Runtime": which kind, then the work under a progress message; what was done is kept when it is cancelled. */
import * as vscode from 'vscode';
import { deviceFacts } from '../runtime/device';
import { explainNoGpu } from '../runtime/explain-gpu';
import { findNode } from '../runtime/node';
import { findRuntime, type FoundRuntime, type ReadyRuntime } from '../runtime/find';
import { adoptRuntime, removeRuntime, setUpRuntime, type SetupOptions } from '../runtime/setup';
import { confirm, showInfo, withProgress, type Commands, type Log } from './notify';
import { nodePathSetting, runtimeDirSetting } from './settings';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

interface Way extends vscode.QuickPickItem { readonly way: 'cpu' | 'cuda' | 'adopt' | 'remove' }

/** What is in the runtime folder, in words. */
function state(found: FoundRuntime): string {
  switch (found.state) {
    case 'ready': return l10n('TensorFlow {0} ({1}) is set up', found.manifest.tensorflow, found.manifest.variant);
    case 'absent': return l10n('nothing is set up yet; training runs on the built-in engine');
    case 'broken': return l10n('what is there does not work: {0}', found.why);
  }
}

async function ways(found: FoundRuntime): Promise<Way[]> {
  const { gpus } = await deviceFacts();
  const cuda: Way = { way: 'cuda', label: l10n('TensorFlow for CUDA GPUs'), description: gpus.length > 0 ? gpus.map(g => g.name).join(', ') : l10n('no NVIDIA GPU was found here'), detail: l10n('Downloads about 4 GB with pip.') };
  const cpu: Way = { way: 'cpu', label: l10n('TensorFlow for the CPU'), detail: l10n('Downloads about 300 MB with pip.') };
  return [
    ...(gpus.length > 0 ? [cuda, cpu] : [cpu, cuda]),
    { way: 'adopt', label: l10n('Use a TensorFlow that is here already'), detail: l10n('A Python environment with TensorFlow, or the folder of a working @tensorflow/tfjs-node.') },
    ...(found.state === 'absent' ? [] : [{ way: 'remove' as const, label: l10n('Remove it'), detail: found.dir }]),
  ];
}

async function adoptedFrom(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title: l10n('Python environment, Python program, or tfjs-node folder'), canSelectFolders: true, canSelectFiles: true, canSelectMany: false });
  return chosen?.[0]?.fsPath;
}

async function setUp(log: Log): Promise<void> {
  requireTrust(l10n('Setting up a runtime starts programs with the settings of this folder, which is not trusted yet.'));
  const dir = runtimeDirSetting();
  const found = await findRuntime(dir);
  const way = (await vscode.window.showQuickPick(await ways(found), { ignoreFocusOut: true, title: l10n('Set Up Compute Runtime'), placeHolder: state(found) }))?.way;
  if (way === undefined) return;
  if (way === 'remove') {
    const remove = l10n('Remove');
    if (await confirm(l10n('Remove the compute runtime in {0}?', found.dir), '', remove) !== remove) return;
    await removeRuntime(dir);
    showInfo(log, l10n('The compute runtime was removed; training runs on the built-in engine.'));
    return;
  }
  const from = way === 'adopt' ? await adoptedFrom() : '';
  if (from === undefined) return;
  const runtime = await withProgress(l10n('Setting up the compute runtime'), (report, signal) => {
    const options: SetupOptions = { dir, nodePath: nodePathSetting(), signal, onProgress: p => report(p.fraction === undefined ? p.text : `${p.text} (${Math.round(p.fraction * 100)} %)`) };
    return way === 'adopt' ? adoptRuntime({ ...options, from }) : setUpRuntime({ ...options, variant: way });
  });
  await done(log, runtime);
}

async function done(log: Log, runtime: ReadyRuntime): Promise<void> {
  const { manifest, dir } = runtime;
  const trouble = manifest.variant === 'cuda' && !manifest.sawGpu ? await explainNoGpu(runtime, (await findNode(nodePathSetting())).executable) : null;
  const gpu = manifest.sawGpu ? l10n('it computes on the GPU') : trouble ? l10n('it computes on the CPU for now, because {0} ({1})', trouble.why, trouble.next) : l10n('it computes on the CPU');
  showInfo(log, l10n('TensorFlow {0} is set up and was tried: {1}. engine: auto uses it from now on.', manifest.tensorflow, gpu), {
    title: l10n('Train TRM'), run: () => vscode.commands.executeCommand('trm.train'),
  });
  log.info(dir);
}

/** The command. `onChange`: the runtime may be another now. */
export function runtimeCommands(log: Log, onChange: () => void) {
  return { 'trm.setUpRuntime': () => setUp(log).finally(onChange) } satisfies Commands;
}
