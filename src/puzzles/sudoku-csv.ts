/**
 * Sudoku puzzles from CSV files in the published columns `source,question,answer,rating`, read as a stream. Every row is
 * checked: an answer that is no solution of its question is an error naming file, line and column, not a bad label.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { RandomStream } from '../random/stream';
import { DatasetError, readError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';
import { sudokuConflicts } from './sudoku-board';
import type { SudokuSize } from './sudoku-board';
import type { SudokuPuzzle } from './sudoku-generate';

const columns = ['source', 'question', 'answer', 'rating'] as const;

/** Which rows of a file. */
export interface CsvOptions {
  readonly size: SudokuSize;
  /** Keep only rows rated at least this. */
  readonly minRating?: number | undefined;
  /** Called with a damaged row's error, which is then left out; undefined: the first one is thrown. */
  readonly onBadRow?: ((error: DatasetError) => void) | undefined;
}

function bad(path: string, line: number, what: string): DatasetError {
  return new DatasetError('bad-row', `${path}, line ${line}: ${what}`, 'Mend that line (source,question,answer,rating; empty cells are . or 0), or leave such rows out with skip_bad_rows: true.');
}

/** Digits of a column; `.` and `0` are empty where that is allowed. Throws DatasetError `bad-row`. */
function parseBoard(path: string, line: number, column: 'question' | 'answer', text: string, size: SudokuSize): Uint8Array {
  const cells = size * size;
  if (text.length !== cells) throw bad(path, line, `${column} has ${text.length} cells, expected ${cells}`);
  const board = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const code = text.charCodeAt(cell);
    const digit = code === 0x2e ? 0 : code - 0x30;
    if (!(digit >= 0 && digit <= size)) throw bad(path, line, `${column} has '${text[cell]!}' at cell ${cell + 1}, expected 1 to ${size}${column === 'question' ? ', . or 0' : ''}`);
    if (digit === 0 && column === 'answer') throw bad(path, line, `answer has no digit at cell ${cell + 1}`);
    board[cell] = digit;
  }
  return board;
}

/** One row as a puzzle; undefined when it is not wanted. Throws DatasetError `bad-row`. */
function parseRow(path: string, line: number, fields: readonly string[], options: CsvOptions): SudokuPuzzle | undefined {
  if (fields.length !== columns.length) throw bad(path, line, `${fields.length} columns, expected ${columns.length} (${columns.join(',')})`);
  const [, asked, answered, rating] = fields as [string, string, string, string];
  if (!/^-?\d+$/.test(rating)) throw bad(path, line, `rating is '${rating.slice(0, 20)}', expected a whole number`);
  if (options.minRating !== undefined && Number(rating) < options.minRating) return undefined;
  const question = parseBoard(path, line, 'question', asked, options.size);
  const solution = parseBoard(path, line, 'answer', answered, options.size);
  const changed = question.findIndex((digit, cell) => digit !== 0 && digit !== solution[cell]);
  if (changed >= 0) throw bad(path, line, `answer has ${solution[changed]!} at cell ${changed + 1}, where question has ${question[changed]!}`);
  const [clash] = sudokuConflicts(options.size, solution);
  if (clash !== undefined) throw bad(path, line, `answer has ${solution[clash]!} twice in a row, column or box (cell ${clash + 1})`);
  return { question, solution };
}

/** As `parseRow`, with damaged rows handed to `onBadRow` when there is one. */
function wantedPuzzle(path: string, line: number, fields: readonly string[], options: CsvOptions): SudokuPuzzle | undefined {
  try {
    return parseRow(path, line, fields, options);
  } catch (thrown) {
    if (!(options.onBadRow && thrown instanceof DatasetError)) throw thrown;
    options.onBadRow(thrown);
    return undefined;
  }
}

/** Reads the puzzles of a CSV file one by one. Throws DatasetError, or the signal's reason. */
export async function* readSudokuCsv(path: string, options: CsvOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): AsyncGenerator<SudokuPuzzle> {
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
  } catch (thrown) {
    throw readError(path, thrown);
  }
  const pacer = new Pacer(work, `Reading ${path}`, ...share);
  const file = createReadStream(path, { encoding: 'utf8' });
  const parser = file.pipe(parse({ info: true, relax_column_count: true, skip_empty_lines: true, bom: true }));
  file.on('error', error => parser.destroy(error));
  let header = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header) {
        if (record.join() !== columns.join()) throw bad(path, info.lines, `header is '${record.join().slice(0, 80)}', expected '${columns.join()}'`);
        header = false;
        continue;
      }
      const puzzle = wantedPuzzle(path, info.lines, record, options);
      if (puzzle) yield puzzle;
      await pacer.tick(file.bytesRead, bytes);
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && thrown.code.startsWith('CSV_')) throw new DatasetError('bad-row', `${path}: ${thrown.message}`, 'Mend that line of the CSV.', { cause: thrown });
    if (thrown instanceof Error && 'syscall' in thrown) throw readError(path, thrown);
    throw thrown;
  } finally {
    file.destroy();
    parser.destroy();
  }
  if (header) throw new DatasetError('bad-row', `${path}: empty, expected the header '${columns.join()}'`, 'Check that this is the right file.');
  pacer.finish(bytes);
}

/**
 * Takes `count` puzzles of a file at random, in the file's order, holding no more than that many. The same seed takes the
 * same ones. Throws DatasetError `not-enough` when the file has fewer.
 */
export async function sampleSudokuCsv(path: string, count: number, seed: number, options: CsvOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<SudokuPuzzle[]> {
  const stream = RandomStream.named(seed, 'csv-subsample');
  const reservoir: { at: number; puzzle: SudokuPuzzle }[] = [];
  let seen = 0;
  for await (const puzzle of readSudokuCsv(path, options, work, share)) {
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
