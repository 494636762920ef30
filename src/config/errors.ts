/**
 * What can be wrong with a config, as data. A problem knows where it is (line and column of the file, or the override
 * of the command line), which key it is about, what was expected and what was found. The editor's squiggle, the CLI and the
 * trainer all show the same text, made here.
 */

/** A stretch of the config's text; lines and columns count from 1, the end is exclusive. */
export interface TextSpan {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The kind of a problem, for quick fixes and tests. */
export type ConfigProblemCode =
  | 'unreadable' | 'too_large' | 'syntax' | 'duplicate_key' | 'unknown_key' | 'unused_key' | 'missing'
  | 'wrong_type' | 'unknown_value' | 'out_of_range' | 'inconsistent' | 'not_available' | 'bad_override' | 'bad_defaults' | 'bad_reference';

/** One thing wrong with a config. A problem in an override has the span 1:1-1:1 and names the override instead. */
export interface ConfigProblem extends TextSpan {
  readonly severity: 'error' | 'warning';
  readonly code: ConfigProblemCode;
  /** Dotted path of the key, e.g. `arch.L_cycles`; empty when it is about the whole file. */
  readonly key: string;
  /** The whole text: `key: what; expected X; found Y; did you mean Z?` */
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  /** The nearest known key (dotted) or value. */
  readonly nearest?: string;
  /** Text that, put in place of the span, mends it. */
  readonly replacement?: string;
  /** The override it is in, as it was given. */
  readonly override?: string;
  /** The file it is in, when that is one the config includes and not the config itself. */
  readonly file?: string;
}

/** What a problem is made of; the message is put together from it. */
export interface ProblemParts {
  readonly severity?: ConfigProblem['severity'];
  readonly code: ConfigProblemCode;
  readonly key: string;
  readonly what: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly nearest?: string | undefined;
  readonly replacement?: string | undefined;
  readonly override?: string | undefined;
}

/** The place of everything that is not in the text: an override, or the file as a whole. */
export const startOfText: TextSpan = { line: 1, column: 1, endLine: 1, endColumn: 1 };

/** Makes a problem of its parts and its place. */
export function configProblem(span: TextSpan, parts: ProblemParts): ConfigProblem {
  const { severity, code, key, what, expected, found, nearest, replacement, override } = parts;
  const message = [
    key === '' ? what : `${key}: ${what}`,
    expected === undefined ? '' : `expected ${expected}`,
    found === undefined ? '' : `found ${found}`,
    nearest === undefined ? '' : `did you mean ${nearest}?`,
  ].filter(part => part !== '').join('; ');
  return {
    severity: severity ?? 'error', code, key, message,
    ...(override === undefined ? span : startOfText),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    ...(nearest === undefined ? {} : { nearest }),
    ...(replacement === undefined ? {} : { replacement }),
    ...(override === undefined ? {} : { override }),
  };
}

/** One line for people: `file:line:column: message`, or `override "arch.L_cycles=x": message`. `file`: the config's own. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const place = problem.override === undefined ? `${problem.file ?? file}:${problem.line}:${problem.column}` : `override "${problem.override}"`;
  return `${place}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`;
}

/** A config that cannot be used. The message lists every problem, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'bad_config';
  readonly next: string;
  constructor(readonly file: string, readonly problems: readonly ConfigProblem[]) {
    super(problems.map(problem => formatProblem(file, problem)).join('\n'));
    this.next = problems.some(problem => problem.override !== undefined)
      ? 'Correct the overrides and keys named above; docs/config.md lists every key.'
      : 'Correct the lines named above; docs/config.md lists every key, and the editor completes them.';
  }
}
