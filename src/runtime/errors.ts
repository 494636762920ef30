/** What can go wrong while a compute runtime is set up, with what to do about it. */

/** Kinds of failure: see `next` of the error for the way out. */
export type RuntimeErrorCode =
  | 'missing_tool' // python, pip, a compiler, headers
  | 'unsupported' // this platform, or no matching version exists
  | 'network'
  | 'disk'
  | 'corrupt' // a file is not what its checksum says
  | 'does_not_run' // everything is there, but the library does not load or computes wrongly
  | 'busy' // another set-up works on the same folder
  | 'aborted';

/** A set-up, an adoption or a check that failed; `next` says what the user can try. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  constructor(readonly code: RuntimeErrorCode, message: string, readonly next: string) {
    super(message);
  }
}
