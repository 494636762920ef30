/**
 * How the command line speaks. Results go to standard output, everything on the way to standard error: a progress bar on
 * a terminal, plain lines elsewhere. With --json the last line of standard output is one JSON document.
 */
import { Presets, SingleBar } from 'cli-progress';

/** A bar on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly bar: SingleBar | null;
  private started = false;
  private lastLine = 0;

  /** `label` says what is counted, e.g. "steps"; null: a share of a hundred. */
  constructor(private readonly label: string | null) {
    this.bar = process.stderr.isTTY
      ? new SingleBar({ format: `{bar} {percentage} % | ${label === null ? '' : `{value}/{total} ${label} | `}{text}`, stream: process.stderr, hideCursor: true, clearOnComplete: false, etaBuffer: 50 }, Presets.shades_classic)
      : null;
  }

  /** Shows `done` of `total` and a remark. */
  update(done: number, total: number, text: string): void {
    if (this.bar) {
      if (!this.started) this.bar.start(total, done, { text });
      this.bar.setTotal(total);
      this.bar.update(done, { text });
    } else if (Date.now() - this.lastLine > 5000) {
      this.lastLine = Date.now();
      process.stderr.write(`${this.label === null ? `${done} %` : `${done}/${total} ${this.label}`}, ${text}\n`);
    }
    this.started = true;
  }

  /** A line that stays, above the bar. */
  line(text: string): void {
    if (this.bar && this.started) {
      this.bar.stop();
      this.started = false;
    }
    process.stderr.write(`${text}\n`);
  }

  /** Ends the bar. */
  end(): void {
    if (this.started) this.bar?.stop();
    this.started = false;
  }
}

/** A line of results. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** The JSON document that --json asks for. */
export const printJson = (document: unknown): void => print(JSON.stringify(document));

/** A line beside the results. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Rows of text in aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length))) ?? [];
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}
