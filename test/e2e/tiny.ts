/**
 * Experiments small enough to be trained while a test looks on, all on one dataset: 4x4 Sudoku with few holes, which a model of
 * a few thousand parameters learns in seconds. They differ only in how long they train.
 */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(__dirname, '..', '..');

/** A board's size and how much of it there is to learn. */
interface Board { readonly size: number; readonly train: number; readonly test: number; readonly holes: string; readonly batch: number; readonly T: number }
const small: Board = { size: 4, train: 120, test: 40, holes: '[4, 6]', batch: 32, T: 1 };

/** A config of this many epochs, evaluated four times, or every 30 steps when it is a long one. */
export function tinyConfig(epochs: number, board: Board = small): string {
  return `# A TRM for quick tests.
arch:
  name: trm
  mlp_t: true
  pos_encodings: none
  hidden_size: 32
  expansion: 2
  H_cycles: ${board.T}
  L_cycles: 2
  halt_max_steps: 4
  puzzle_emb_len: 2
  forward_dtype: float32

data_paths: [data/tiny-${board.size}x${board.size}]
dataset:
  kind: sudoku
  size: ${board.size}
  train: ${board.train}
  test: ${board.test}
  holes: ${board.holes}
  augment: on_the_fly

global_batch_size: ${board.batch}
epochs: ${epochs}
eval_interval: ${epochs > 100 ? 8 : Math.ceil(epochs / 4)}
lr: 2e-3
lr_warmup_steps: 10
weight_decay: 0.1
ema: true
ema_rate: 0.95
watch: [0, 1]
`;
}

/** The experiments by name, with their epochs. */
export const tiny = {
  /** Ends by itself after 12 steps. */
  'brief-4x4': 4,
  /** Has learned when it ends, after some 150 steps. */
  'tiny-4x4': 40,
  /** Goes on until somebody stops it. */
  'long-4x4': 20_000,
} as const;

/** Writes the configs into a folder. */
export function writeTinyConfigs(folder: string, names: readonly (keyof typeof tiny)[] = ['brief-4x4', 'tiny-4x4', 'long-4x4']): void {
  for (const name of names) writeFileSync(path.join(folder, `${name}.trm.yaml`), tinyConfig(tiny[name]));
}

/** Writes a config that makes two training steps on a larger board, with two latent recursions. Returns its name. */
export function writeLargerConfig(folder: string, size: 6 | 9): string {
  const name = `short-${size}x${size}`;
  writeFileSync(path.join(folder, `${name}.trm.yaml`), tinyConfig(2, { size, train: 8, test: 4, holes: '[5, 9]', batch: 8, T: 2 }));
  return name;
}

/** Trains a config of the folder to its end with the command line, as somebody did before the editor was opened. */
export async function trainBefore(folder: string, config: string, ...overrides: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [path.join(root, 'dist', 'trm.cjs'), 'train', `${config}.trm.yaml`, '--engine', 'wasm', ...overrides], { cwd: folder, maxBuffer: 1e8 });
}

/** Run folders of a workspace folder, oldest first. */
export function runFolders(folder: string): string[] {
  return readdirSync(path.join(folder, 'runs')).filter(name => !name.startsWith('.')).sort().map(name => path.join(folder, 'runs', name));
}

/** What run.json says. */
export function readManifest(run: string): { id: string; name: string; state: string; step: number; attempt: number } {
  return JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8')) as { id: string; name: string; state: string; step: number; attempt: number };
}
