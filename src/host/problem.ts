/**
 * An error as people read it: what happened and what to do next. All our error classes carry a `next`; anything else is told
 * by its message, and never with a stack trace.
 */

/** What a person is told. */
export interface Problem {
  /** What happened, where, what was expected. */
  readonly message: string;
  /** What to try. */
  readonly next: string;
  /** The error's own code, or '' when it has none. */
  readonly code: string;
}

/** Something the editor could not do. */
export class HostError extends Error {
  override readonly name = 'HostError';
  constructor(readonly code: string, message: string, readonly next: string) {
    super(message);
  }
}

const field = (value: object, name: string): string => {
  const found: unknown = (value as Record<string, unknown>)[name];
  return typeof found === 'string' ? found : '';
};

/** Describes any thrown value. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Error) {
    return { message: error.message.split('\n    at ')[0]!, next: field(error, 'next'), code: field(error, 'code') };
  }
  if (typeof error === 'object' && error !== null && field(error, 'message') !== '') {
    return { message: field(error, 'message'), next: field(error, 'next'), code: field(error, 'code') };
  }
  return { message: String(error), next: '', code: '' };
}

/** Whether a thrown value means that the user changed their mind. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ['cancelled', 'aborted'].includes(problemOf(error).code));
}

/** The problem in one line: message, then next step. */
export function problemText(problem: Pick<Problem, 'message' | 'next'>): string {
  const { message, next } = problem;
  return next === '' ? message : `${message}${/[.!?]$/.test(message) ? '' : '.'} ${next}`;
}
