/**
 * The dataset a config asks for: where its folders are, and, when its one folder is not there yet, making it as `dataset:`
 * says. What a folder was built from is recorded beside it, so that a config that asks for something else is not silently
 * given the old one.
 */
import { isDeepStrictEqual } from 'node:util';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { madeDatasetKinds } from '../config/schema';
import type { DatasetSpec, MadeDatasetSpec, TrmConfig } from '../config/schema';
import type { RowAugmentation } from './augmentation';
import { arcVersions, buildArc, generatedArcBuild, readArcBuild } from './build-arc';
import type { ArcBuild } from './build-arc';
import { buildMaze } from './build-maze';
import { buildSudoku } from './build-sudoku';
import type { DatasetMetadata } from './dataset';
import { DatasetError, readError } from './errors';
import { gridShape } from './grid';
import { dihedralAugmentation } from './maze-symmetry';
import type { LongWork } from './pacing';
import { readMetadata } from './read-dataset';
import { sudokuGeometry } from './sudoku-board';
import { symmetryAugmentation } from './sudoku-symmetry';
import { csvFilesOf } from './write-splits';
import type { BuildReport, CsvSource } from './write-splits';

/** Where a config's datasets are, absolute. */
export interface DatasetFolders {
  readonly train: string[];
  readonly test: string[];
}

type DatasetKeys = Pick<TrmConfig, 'data_paths' | 'data_paths_test'> & { readonly dataset?: DatasetSpec | undefined };

/** The folders a config names, seen from the folder it lies in. */
export function datasetFolders(config: DatasetKeys, configFolder: string): DatasetFolders {
  const train = config.data_paths.map(path => resolve(configFolder, path));
  return { train, test: config.data_paths_test.length > 0 ? config.data_paths_test.map(path => resolve(configFolder, path)) : train };
}

/** What decides the bytes of a built folder: the keys of `dataset:` without the way it is drawn from in training. */
const builtFromSchema = z.looseObject({ kind: z.enum(madeDatasetKinds) });

function builtFrom(spec: MadeDatasetSpec): z.infer<typeof builtFromSchema> {
  const { augment, ...rest } = spec;
  const recorded: unknown = JSON.parse(JSON.stringify({ ...rest, copies: storedCopies<number>(augment) }));
  return builtFromSchema.parse(recorded);
}

function storedCopies<N extends number>(augment: N | 'on_the_fly'): N | 0 {
  return augment === 'on_the_fly' ? 0 : augment;
}

/** The CSV files a spec names, when it names any. */
function csvSourceOf(spec: Extract<MadeDatasetSpec, { csv?: unknown }>, configFolder: string): CsvSource | undefined {
  if (spec.csv === undefined) return undefined;
  const { train, test } = csvFilesOf(resolve(configFolder, spec.csv));
  return { csv: { train: { ...train, count: spec.train }, test: { ...test, count: spec.test } }, minRating: spec.min_rating, skipBadRows: spec.skip_bad_rows };
}

/**
 * Builds the dataset of a `dataset:` section at `folder`; all of it or nothing. `configFolder`: what its paths are relative
 * to. Throws DatasetError (`exists` when something is there already), or the signal's reason.
 */
export async function buildDataset(spec: DatasetSpec, folder: string, options: LongWork & { configFolder: string; overwrite?: boolean }): Promise<BuildReport> {
  if (spec.kind === 'folder') {
    throw new DatasetError('bad-option', `${folder}: dataset.kind is folder, so there is nothing to build.`, 'Put a dataset in the published layout there, or choose another kind.');
  }
  const common = { seed: spec.seed, overwrite: options.overwrite ?? false, builtFrom: builtFrom(spec) };
  switch (spec.kind) {
    case 'sudoku':
      return buildSudoku(
        { ...common, size: spec.size, copies: storedCopies(spec.augment), from: csvSourceOf(spec, options.configFolder) ?? { generate: { train: spec.train, test: spec.test, holes: spec.holes } } },
        folder, options,
      );
    case 'maze':
      return buildMaze(
        { ...common, size: spec.size, copies: storedCopies(spec.augment), from: csvSourceOf(spec, options.configFolder) ?? { generate: { train: spec.train, test: spec.test, minPath: spec.min_path, layout: spec.layout, loops: spec.loops } } },
        folder, options,
      );
    case 'arc':
      return buildArc(readArcBuild({ ...common, ...arcSubsets(spec), files: resolve(options.configFolder, spec.files), copies: spec.augment }), folder, options);
    case 'arc_like':
      return buildArc(await generatedArcBuild({ ...common, size: spec.size, train: spec.train, test: spec.test, copies: spec.augment }, options, [0, 0.5]), folder, options, [0.5, 1]);
    default:
      return spec satisfies never;
  }
}

/** The subsets and test set of an ARC spec: its own, else the published ones of its version. */
export function arcSubsets({ version, subsets, test_set }: Pick<Extract<DatasetSpec, { kind: 'arc' }>, 'version' | 'subsets' | 'test_set'>): Pick<ArcBuild, 'subsets' | 'testSet'> {
  const published = arcVersions[version];
  return { subsets: subsets ?? published.subsets, testSet: test_set ?? published.testSet };
}

/** Throws DatasetError `mismatch` when the folder was built from other values of `dataset:` than these. */
function checkBuiltFrom(spec: MadeDatasetSpec, folder: string): void {
  const path = join(folder, 'built_from.json');
  if (!existsSync(path)) return; // a folder of another origin: the user's own
  let found: z.infer<typeof builtFromSchema>;
  try {
    found = builtFromSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (thrown) {
    throw readError(path, thrown);
  }
  const asked = builtFrom(spec);
  const key = [...new Set([...Object.keys(asked), ...Object.keys(found)])].find(k => !isDeepStrictEqual(asked[k], found[k]));
  if (key === undefined) return;
  const name = key === 'copies' ? 'augment (stored copies)' : key;
  const shown = (value: unknown) => (value === undefined ? 'left out' : JSON.stringify(value));
  throw new DatasetError(
    'mismatch',
    `${folder} was built with dataset.${name} ${shown(found[key])}; the config now has ${shown(asked[key])}.`,
    'Delete that folder to have it built again, or name another one in data_paths.',
  );
}

/**
 * Makes sure the config's datasets are there, building the one of its `dataset:` section when its folder is missing or
 * empty. Returns the folders and, when one was built, the report. Throws DatasetError, or the signal's reason.
 */
export async function ensureDataset(config: DatasetKeys, configFolder: string, work: LongWork & { onBuild?: (folder: string) => void } = {}): Promise<{ folders: DatasetFolders; built: BuildReport | undefined }> {
  const folders = datasetFolders(config, configFolder);
  const spec = config.dataset;
  let built: BuildReport | undefined;
  if (spec && spec.kind !== 'folder') {
    const [folder] = folders.train;
    if (folder === undefined || folders.train.length !== 1) {
      throw new DatasetError('bad-option', `data_paths names ${folders.train.length} folders, but dataset: makes one.`, 'Name one folder, or leave dataset: out.');
    }
    if (!existsSync(join(folder, 'train', 'dataset.json'))) {
      try {
        work.onBuild?.(folder);
        built = await buildDataset(spec, folder, { ...work, configFolder });
      } catch (thrown) {
        // Another process may have built it meanwhile: then what it built must be what is asked for.
        if (!(thrown instanceof DatasetError && thrown.code === 'exists' && existsSync(join(folder, 'train', 'dataset.json')))) throw thrown;
      }
    }
    checkBuiltFrom(spec, folder);
  }
  for (const folder of folders.train) readMetadata(folder, 'train');
  for (const folder of folders.test) readMetadata(folder, 'test');
  return { folders, built };
}

/** How a config varies training rows at every draw: fresh symmetries, or undefined. Throws DatasetError when rows of this shape have none. */
export function rowAugmentation(spec: DatasetSpec | undefined, metadata: Pick<DatasetMetadata, 'vocab_size' | 'seq_len'>): RowAugmentation | undefined {
  if (spec?.augment !== 'on_the_fly') return undefined;
  const shape = gridShape(metadata);
  if (shape.kind === 'sudoku') return symmetryAugmentation(sudokuGeometry(shape.size));
  if (shape.kind === 'maze') return dihedralAugmentation(shape.rows);
  throw new DatasetError('bad-option', `dataset.augment is on_the_fly, but rows of ${metadata.seq_len} tokens with a vocabulary of ${metadata.vocab_size} are neither Sudoku boards of 4, 6 or 9 nor square mazes.`, 'Set dataset.augment to 0.');
}
