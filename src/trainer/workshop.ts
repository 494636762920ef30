/**
 * What every mode of the trainer needs before it can work: the config's data, opened; the engine; the model. Training,
 * evaluation and tracing all stand on this.
 */
import type { ResolvedConfig } from '../config/resolve';
import { configSchema } from '../config/schema';
import { resolveConfig } from '../config/resolve';
import { chooseEngine } from '../engine/choose';
import type { Engine } from '../engine/engine';
import { buildModel } from '../model/architectures';
import type { Model } from '../model/model';
import { datasetCard } from '../puzzles/dataset-card';
import type { DatasetMetadata, DatasetSplit } from '../puzzles/dataset';
import type { DatasetFolders } from '../puzzles/build-dataset';
import { openSplit } from '../puzzles/read-dataset';
import { DatasetError } from '../puzzles/errors';
import { devicePattern } from '../runtime/gpu-choice';
import { DEVICE_VARIABLE } from '../runtime/places';
import { RunFolderError } from '../runs/errors';
import type { CheckpointState, DatasetCard, RunManifest } from '../runs/schema';
import { UsageError } from './failure';

/** The dataset of a run, open. */
export interface Data {
  readonly train: DatasetSplit;
  readonly test: DatasetSplit;
  readonly cards: { train: DatasetCard; test: DatasetCard };
}

/** Opens both splits and describes them. Throws DatasetError, also when they do not fit each other. */
export function openData(folders: DatasetFolders, config: ResolvedConfig): Data {
  const train = openSplit(folders.train, 'train');
  const test = openSplit(folders.test, 'test');
  for (const key of ['seq_len', 'vocab_size'] as const) {
    if (train.metadata[key] !== test.metadata[key]) {
      throw new DatasetError('bad-metadata', `${key} is ${train.metadata[key]} in the training data (${folders.train.join(', ')}) and ${test.metadata[key]} in the test data (${folders.test.join(', ')}).`, 'Use folders made from the same puzzles.');
    }
  }
  const onTheFly = config.dataset?.augment === 'on_the_fly';
  return { train, test, cards: { train: datasetCard(folders.train, 'train', onTheFly), test: datasetCard(folders.test, 'test') } };
}

/**
 * Opens the engine the config asks for; `threads` and `name` are those of the run when it is resumed. The device is the one
 * given, else the config's, else (auto) that of TRM_DEVICE, which the editor sets from its own settings. `rows` at once, and the `runs` of
 * their step, are those of a training unless they are given: on them it depends how threads share the work.
 */
export async function openEngine(config: ResolvedConfig, wanted?: { name?: ResolvedConfig['engine'] | undefined; threads?: number | undefined; device?: string | undefined; rows?: number; runs?: number }): Promise<{ engine: Engine; facts: NonNullable<RunManifest['engine']> }> {
  const { engine, why, notes } = await chooseEngine(wanted?.name ?? config.engine, {
    forwardDtype: config.arch.forward_dtype,
    device: wanted?.device ?? (config.device === 'auto' ? deviceOfEnvironment() : config.device),
    threads: wanted?.threads ?? config.threads,
    rows: wanted?.rows ?? config.micro_batch_size,
    runs: wanted?.runs,
    ...(process.env.TRM_RUNTIME_DIR === undefined ? {} : { runtimeDir: process.env.TRM_RUNTIME_DIR }),
  });
  const forward_dtype = engine.dtypes.includes(config.arch.forward_dtype) ? config.arch.forward_dtype : 'float32';
  return { engine, facts: { name: engine.name, device: engine.device, threads: engine.threads, why, notes: [...notes], forward_dtype, deterministic: engine.deterministic, ...(engine.gpu ? { gpu: gpuRecord(engine.gpu) } : {}) } };
}

function deviceOfEnvironment(): string {
  const device = process.env[DEVICE_VARIABLE] ?? 'auto';
  if (!devicePattern.test(device)) throw new UsageError(`${DEVICE_VARIABLE} is "${device}".`, 'Set it to auto, cpu, gpu, or gpu:N as `trm devices` counts.');
  return device;
}

const gpuRecord = ({ index, name, uuid, memory, driver }: NonNullable<Engine['gpu']>): NonNullable<NonNullable<RunManifest['engine']>['gpu']> => ({ index, name, uuid, memory, driver });

/** The model of a config for data of this shape. */
export const openModel = (config: ResolvedConfig, metadata: DatasetMetadata): Model => buildModel(config.arch, metadata);

/** The resolved config a run recorded. Throws RunFolderError when it does not fit this version's schema. */
export function configOfRun(manifest: Pick<RunManifest, 'config' | 'id'>): ResolvedConfig {
  const parsed = configSchema.safeParse(manifest.config);
  if (parsed.success) return resolveConfig(parsed.data);
  const issue = parsed.error.issues[0];
  throw new RunFolderError('shape', `The config recorded in run ${manifest.id} does not fit this version: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, 'Open it with the version that made it.');
}

/** Keys of `arch:` that decide which weights there are, and of what shape. */
const shapeKeys = ['name', 'hidden_size', 'H_layers', 'L_layers', 'mlp_t', 'expansion', 'num_heads', 'puzzle_emb_ndim', 'puzzle_emb_len', 'pos_encodings', 'separate_networks', 'z_features'] as const;

/** Throws RunFolderError naming both values when a checkpoint is not of this model and data. */
export function checkFits(state: CheckpointState, config: ResolvedConfig, metadata: DatasetMetadata): void {
  const differences: string[] = [];
  for (const key of ['seq_len', 'vocab_size', 'num_puzzle_identifiers'] as const) {
    if (state[key] !== metadata[key]) differences.push(`${key} is ${state[key]} in the checkpoint and ${metadata[key]} in the data`);
  }
  const wanted: Readonly<Record<string, unknown>> = config.arch;
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  for (const key of shapeKeys) {
    // A key that one of them does not have is of another architecture, which the name says, or of a later version.
    if (state.arch[key] === undefined || wanted[key] === undefined) continue;
    if (state.arch[key] !== wanted[key]) differences.push(`arch.${key} is ${text(state.arch[key])} in the checkpoint and ${text(wanted[key])} in the config`);
  }
  if (differences.length) throw new RunFolderError('shape', `The checkpoint of step ${state.step} does not fit: ${differences.join('; ')}.`, 'Use the config and data it was trained with.');
}
