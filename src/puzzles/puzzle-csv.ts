/**
 * Puzzles from CSV files in the published columns `source,question,answer,rating`, read as a stream; what a question and an
 * answer must be is the puzzle's own. Every row is checked, and what is wrong with one names file and line.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { RandomStream } from '../random/stream';
import { DatasetError, readError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';

const columns = ['source', 'question', 'answer', 'rating'] as const;
/** Characters of a row that no real one comes near: more are no CSV of puzzles. */
const longestRow = 64 * 1024;

/** A row that is no puzzle; the reader adds file and line. */
export class BadRow extends Error {}

/** Makes a puzzle of a question and an answer. Throws BadRow. */
export type ParsePuzzleRow<P> = (question: string, answer: string) => P;

/** Which rows of a file, and what they hold. */
export interface CsvOptions<P> {
  readonly parse: ParsePuzzleRow<P>;
  /** How a row is written, for a person who has to mend one. */
  readonly form: string;
  /** Keep only rows rated at least this. */
  readonly minRating?: number | undefined;
  /** Called with a damaged row's error, which is then left out; undefined: the first one is thrown. */
  readonly onBadRow?: ((error: DatasetError) => void) | undefined;
}

function bad(path: string, line: number, what: string, form: string): DatasetError {
  return new DatasetError('bad-row', `${path}, line ${line}: ${what}`, `Mend that line (${columns.join()}; ${form}), or leave such rows out: \`skip_bad_rows: true\` under \`dataset:\`, or --skip-bad-rows of \`trm data\`.`);
}

/** One row as a puzzle; undefined when it is not wanted. Throws BadRow. */
function parseRow<P>(fields: readonly string[], options: CsvOptions<P>): P | undefined {
  if (fields.length !== columns.length) throw new BadRow(`${fields.length} columns, expected ${columns.length} (${columns.join(',')})`);
  const [, question, answer, rating] = fields as [string, string, string, string];
  if (!/^-?\d+$/.test(rating)) throw new BadRow(`rating is '${rating.slice(0, 20)}', expected a whole number`);
  if (options.minRating !== undefined && Number(rating) < options.minRating) return undefined;
  return options.parse(question, answer);
}

/** As `parseRow`, with damaged rows handed to `onBadRow` when there is one. */
function wantedPuzzle<P>(path: string, line: number, fields: readonly string[], options: CsvOptions<P>): P | undefined {
  try {
    return parseRow(fields, options);
  } catch (thrown) {
    if (!(thrown instanceof BadRow)) throw thrown;
    const error = bad(path, line, thrown.message, options.form);
    if (!options.onBadRow) throw error;
    options.onBadRow(error);
    return undefined;
  }
}

/** Reads the puzzles of a CSV file one by one. Throws DatasetError, or the signal's reason. */
export async function* readPuzzleCsv<P>(path: string, options: CsvOptions<P>, work: LongWork = {}, share: readonly [number, number] = [0, 1]): AsyncGenerator<P> {
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
  } catch (thrown) {
    throw readError(path, thrown);
  }
  const pacer = new Pacer(work, `Reading ${path}`, ...share);
  const file = createReadStream(path, { encoding: 'utf8' });
  const parser = file.pipe(parse({ info: true, relax_column_count: true, skip_empty_lines: true, bom: true, max_record_size: longestRow }));
  file.on('error', error => parser.destroy(error));
  let header = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header) {
        if (record.join() !== columns.join()) throw bad(path, info.lines, `header is '${printable(record.join().slice(0, 80))}', expected '${columns.join()}'`, options.form);
        header = false;
        continue;
      }
      const puzzle = wantedPuzzle(path, info.lines, record, options);
      if (puzzle) yield puzzle;
      await pacer.tick(file.bytesRead, bytes);
    }
  } catch (thrown) {
    if (thrown instanceof CsvError) throw new DatasetError('bad-row', `${path}: ${printable(thrown.message.slice(0, 300))}`, `Check that this is a CSV file of puzzles (${columns.join()}), or mend that line.`, { cause: thrown });
    if (thrown instanceof Error && 'syscall' in thrown) throw readError(path, thrown);
    throw thrown;
  } finally {
    file.destroy();
    parser.destroy();
  }
  if (header) throw new DatasetError('bad-row', `${path}: empty, expected the header '${columns.join()}'`, 'Check that this is the right file.');
  pacer.finish(bytes);
}

/** Text from a file of any bytes, without what a terminal would act on. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '\u00b7');
}

/**
 * Takes `count` puzzles of a file at random, in the file's order, holding no more than that many. The same seed takes the
 * same ones. Throws DatasetError `not-enough` when the file has fewer.
 */
export async function samplePuzzleCsv<P>(path: string, count: number, seed: number, options: CsvOptions<P>, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<P[]> {
  const stream = RandomStream.named(seed, 'csv-subsample');
  const reservoir: { at: number; puzzle: P }[] = [];
  let seen = 0;
  for await (const puzzle of readPuzzleCsv(path, options, work, share)) {
    const slot = seen < count ? seen : stream.integer(0, seen);
    if (slot < count) reservoir[slot] = { at: seen, puzzle };
    seen++;
  }
  if (seen < count) {
    const which = options.minRating === undefined ? '' : ` rated at least ${options.minRating}`;
    throw new DatasetError('not-enough', `${path}: ${seen} puzzles${which}, ${count} asked for`, `Ask for at most ${seen}${which && ', or lower min_rating'}.`);
  }
  return reservoir.sort((a, b) => a.at - b.at).map(({ puzzle }) => puzzle);
}
