/** The folders that a config names and that are not there: datasets, and files that a dataset is to be made from. */
import { existsSync } from 'node:fs';
import { spanOfPath } from '../../config/document';
import type { TextSpan } from '../../config/errors';
import { resolveDataPath, type ParsedConfig } from '../../config/load';
import { madeDatasetKinds, type DatasetSpec } from '../../config/schema';

/** A folder that is not there. */
export interface MissingData {
  readonly span: TextSpan;
  /** The file that names it, when that is one the config includes and not the config itself. */
  readonly file?: string;
  /** Absolute. */
  readonly folder: string;
  /** made: a dataset that `dataset:` says how to make; source: what that is made from; data: a dataset nobody makes. */
  readonly kind: 'made' | 'source' | 'data';
}

/** The folder of files that a dataset is made from, with the key that names it. */
export function madeFrom(dataset: DatasetSpec | undefined): { key: string; folder: string }[] {
  if (dataset?.kind === 'arc') return [{ key: 'files', folder: dataset.files }];
  return dataset && 'csv' in dataset && dataset.csv !== undefined ? [{ key: 'csv', folder: dataset.csv }] : [];
}

const isMade = (dataset: DatasetSpec | undefined): boolean => dataset !== undefined && (madeDatasetKinds as readonly string[]).includes(dataset.kind);

/** What is missing. `file`: where the config lies; a config without a place names nothing that could be looked for. */
export function missingData({ config, places }: ParsedConfig, file: string | undefined): MissingData[] {
  if (!config || !places || file === undefined) return [];
  const found = (where: (string | number)[], named: string, kind: MissingData['kind']): MissingData[] => {
    const folder = resolveDataPath(file, named);
    const text = existsSync(folder) ? undefined : places.textOf(where);
    if (!text) return [];
    const { source, path } = text;
    return [{ span: spanOfPath(source.document, path, 'value'), ...(source.file === undefined ? {} : { file: source.file }), folder, kind }];
  };
  const made = isMade(config.dataset) && config.data_paths.length === 1;
  const data = config.data_paths.flatMap((named, i) => found(['data_paths', i], named, made ? 'made' : 'data'));
  const sources = made && data.length > 0 ? madeFrom(config.dataset).flatMap(({ key, folder }) => found(['dataset', key], folder, 'source')) : [];
  return [...data, ...config.data_paths_test.flatMap((named, i) => found(['data_paths_test', i], named, 'data')), ...sources];
}
