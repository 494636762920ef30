/**
 * Import: a published checkpoint becomes a run of this project, finished, with one checkpoint, so that everything that looks at
 * runs looks at it too. Nothing of its training is known, so it cannot be resumed; `load_checkpoint` trains on from it.
 */
import path from 'node:path';
import { loadConfig } from '../config/load';
import { parameterCount } from '../model/shapes';
import { fitWeights } from '../published/fit-weights';
import { ensureDataset } from '../puzzles/build-dataset';
import { newRunId } from '../runs/paths';
import { removeFolderQuietly } from '../runs/atomic-write';
import { RunWriter } from '../runs/run-writer';
import { weightsAt } from './stored-weights';
import { openData } from './workshop';

/** What to import. */
export interface ImportOptions {
  /** The checkpoint. */
  readonly file: string;
  readonly configPath: string;
  readonly overrides: readonly string[];
  readonly runsDir: string;
  /** Default: by the config's name and the time. */
  readonly id?: string | undefined;
  readonly onProgress?: (text: string, fraction: number) => void;
}

/** The run it became. */
export interface Imported {
  readonly run: string;
  readonly dir: string;
  readonly checkpoint: string;
  readonly step: number;
  /** What was changed to make it fit, and warnings of the config. */
  readonly notes: readonly string[];
}

/** The step in the published names of checkpoints, `step_123`; else 0. */
const stepOf = (file: string): number => Number(/(?:^|[^a-z])step[_-](\d{1,12})(?:\.|$)/i.exec(path.basename(file))?.[1] ?? 0);

/** Imports a checkpoint. Throws errors of this project; then there is no new run. */
export async function importCheckpoint({ file, configPath, overrides, runsDir, id, onProgress }: ImportOptions): Promise<Imported> {
  const configFile = path.resolve(configPath);
  const source = path.resolve(file);
  const { config, problems, bytes, included } = loadConfig(configFile, overrides);
  const { folders } = await ensureDataset(config, path.dirname(configFile), { onProgress: ({ stage, done, total, fraction }) => onProgress?.(`${stage}: ${done} of ${total}`, fraction) });
  const { train, test, cards } = openData(folders, config);
  const { seq_len, vocab_size, num_puzzle_identifiers } = train.metadata;
  train.close();
  test.close();
  const { model, buffers, puzzleEmb, notes } = fitWeights(await weightsAt(source), config.arch, train.metadata);
  const step = stepOf(source);
  const counts = parameterCount(config.arch, train.metadata);
  const name = path.basename(configFile).replace(/(\.trm)?\.ya?ml$/, '');
  const writer = RunWriter.create({
    runsDir, name, id: id ?? newRunId(name), configText: bytes, included,
    manifest: { config_path: configFile, config: { ...config }, overrides: [...overrides], dataset: cards, step, total_steps: step, parameters: { dense: counts.dense, puzzle_emb: counts.puzzleEmbedding }, tags: ['imported'], notes: `Imported from ${source}.` },
  });
  try {
    const checkpoint = await writer.writeCheckpoint({
      model: { ...model, ...buffers, ...(puzzleEmb ? { 'inner.puzzle_emb.weights': { shape: [num_puzzle_identifiers, config.arch.puzzle_emb_ndim], data: puzzleEmb } } : {}) },
      optimizer: {}, carry: {},
      state: {
        step, seed: config.seed, engine: { name: 'cpu', threads: 1, forward_dtype: config.arch.forward_dtype }, data: { block: 0, cursor: 0, batch: 0 },
        process_seconds: 0, evaluation_due: false, best: null, arch: config.arch, seq_len, vocab_size, num_puzzle_identifiers,
      },
    });
    writer.update({ state: 'finished', finished_because: `imported from ${source}` });
    await writer.close();
    return { run: writer.manifest.id, dir: writer.dir, checkpoint, step, notes: [...problems.map(({ message }) => message), ...notes] };
  } catch (error) {
    removeFolderQuietly(writer.dir);
    throw error;
  }
}
