/**
 * What a trainer process prints, understood: JSON lines `{"progress": {text, fraction}}` and `{"partial": answer}` while it works and one
 * `{"error": {code, message, next}}` when it cannot go on. Everything else is its log and is left alone.
 */
import { HostError } from './problem';

/** How far a job is. */
export interface JobProgress {
  readonly text: string;
  /** 0..1, or null when it cannot be said. */
  readonly fraction: number | null;
}

/** Seconds left at the pace so far; null as long as there is no pace to speak of. */
export function secondsLeft(fraction: number | null, secondsSoFar: number): number | null {
  return fraction === null || fraction < 0.02 || secondsSoFar < 1 ? null : secondsSoFar * (1 - fraction) / fraction;
}

/** One line, understood; null for lines of the log. */
export type TrainerLine = { readonly progress: JobProgress } | { readonly partial: unknown } | { readonly error: HostError } | null;

const text = (value: unknown, fallback: string): string => (typeof value === 'string' && value !== '' ? value : fallback);

/** Understands one line. */
export function parseTrainerLine(line: string): TrainerLine {
  if (!line.startsWith('{')) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { progress, partial, error } = value as { progress?: Record<string, unknown>; partial?: unknown; error?: Record<string, unknown> };
  if (typeof error === 'object') {
    return { error: new HostError(text(error['code'] ?? error['cause'], 'failed'), text(error['message'], 'The trainer failed.'), text(error['next'], 'See the log.')) };
  }
  if (typeof progress === 'object') {
    const fraction = progress['fraction'];
    return { progress: { text: text(progress['text'], ''), fraction: typeof fraction === 'number' && Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : null } };
  }
  return partial === undefined ? null : { partial };
}

/** Cuts a stream into lines, across chunks. */
export class LineSplitter {
  private rest = '';
  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, 1_000_000);
    for (const line of lines) this.onLine(line.trimEnd());
  }

  end(): void {
    if (this.rest !== '') this.onLine(this.rest.trimEnd());
    this.rest = '';
  }
}

/**
 * Why a trainer ended before it made its run folder, from all that it printed.
 * @returns its own error, else its last words, else that it said nothing
 */
export function startFailure(log: string, exitCode: number | null): HostError {
  const lines = log.split('\n').map(l => l.trimEnd()).filter(l => l !== '');
  for (const line of lines.toReversed()) {
    const understood = parseTrainerLine(line);
    if (understood && 'error' in understood) return understood.error;
  }
  const lastWords = lines.filter(l => !/^\s+at /.test(l) && !l.startsWith('{')).slice(-3).join(' ').slice(0, 500);
  const how = exitCode === null ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
  return new HostError('start', `The trainer ${how} before it started${lastWords === '' ? ' and said nothing.' : `: ${lastWords}`}`, 'See its log.');
}
