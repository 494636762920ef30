/** The published CSV files on the dataset hub: which they are, and fetching those that are not there yet. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { download } from './download';
import type { Fetched } from './download';
import type { LongWork } from './pacing';
import { csvFilesOf } from './write-splits';

/** Datasets as published with the paper's code. */
export const hubDatasets = { sudoku: 'sapientinc/sudoku-extreme', maze: 'sapientinc/maze-30x30-hard-1k' } as const;

/** Where the hub is; HF_ENDPOINT names a mirror, as in the hub's own tools. */
const hubAddress = (): string => process.env.HF_ENDPOINT ?? 'https://huggingface.co';

/**
 * Makes sure that `folder` has train.csv and test.csv of a dataset; files that are there are left alone. Returns those it
 * fetched. Throws DatasetError, or the signal's reason.
 */
export async function fetchHubCsv(kind: keyof typeof hubDatasets, folder: string, work: LongWork = {}): Promise<Fetched[]> {
  const fetched: Fetched[] = [];
  for (const { path } of Object.values(csvFilesOf(folder))) {
    if (existsSync(path)) continue;
    fetched.push(await download(`${hubAddress().replace(/\/+$/, '')}/datasets/${hubDatasets[kind]}/resolve/main/${basename(path)}`, path, work));
  }
  return fetched;
}
