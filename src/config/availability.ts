/**
 * What configs may ask for and this version does not have: architectures. Each gets its own clear error instead of "unknown
 * key".
 */
import type { KeyPath } from './describe';

/** The published class path of TRM; accepted as `trm`. */
const trmClassPath = 'recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1';

/** Architectures with a name that this version cannot train. */
const laterArchitectures = ['hrm', 'trm_singlez', 'trm_hier6', 'transformers_baseline', 'direct', 'deq'];

/** Something the config asks for that is not there. */
export interface Unavailable {
  readonly path: KeyPath;
  readonly what: string;
}

/** `trm` for the published class path of TRM, any other name as it is; a class path is shortened to its module. */
export function architectureName(name: string): string {
  if (name === trmClassPath) return 'trm';
  const module = /^recursive_reasoning\.(\w+)@\w+$/.exec(name)?.[1];
  return module === undefined || module === 'trm' ? name : module;
}

/** True for a name that is an architecture, but one of a later version. */
function isLaterArchitecture(name: string): boolean {
  return laterArchitectures.includes(architectureName(name));
}

/** Everything in the data (as written, overrides applied) that is for a later version. */
export function findUnavailable(data: Record<string, unknown>): Unavailable[] {
  const found: Unavailable[] = [];
  const arch = data['arch'];
  const name = typeof arch === 'string' ? arch : arch !== null && typeof arch === 'object' ? (arch as Record<string, unknown>)['name'] : undefined;
  if (typeof name === 'string' && isLaterArchitecture(name)) {
    found.push({ path: ['arch', 'name'], what: `architecture ${architectureName(name)} is not available in this version; available: trm` });
  }
  return found;
}
