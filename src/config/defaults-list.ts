/**
 * The entries of a `defaults:` list, understood: `- _self_`, `- arch: trm`, `- optional arch: trm`, `- base`. An override
 * `arch=NAME` chooses another file of a group that the list has. What else Hydra knows is refused by name.
 */
import type { ConfigProblemCode } from './errors';

/** Keys and values. */
export type Mapping = Record<string, unknown>;

/** True for a mapping of keys to values. */
export function isMapping(value: unknown): value is Mapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Another file of a group, chosen by an override; null: none. */
export interface Choice {
  readonly option: string | null;
  /** The override, as it was given. */
  readonly override: string;
}

/** One entry of a defaults list. */
export type Entry =
  | { readonly kind: 'self' }
  | { readonly kind: 'file'; /** Folder, '' for the list's own. */ readonly group: string; /** File without `.yaml`. */ readonly option: string; readonly optional: boolean; readonly override?: string | undefined }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wrong'; readonly code: ConfigProblemCode; readonly what: string; readonly expected: string; readonly override?: string | undefined };

/** What an entry can be, in words. */
export const entryForm = '`- arch: trm`, `- _self_`, or the name of a file beside the config';
const plainName = /^\w[\w.-]*(\/\w[\w.-]*)*$/;

/** Group and option as written, and the word before them. */
function split(item: unknown): { word: string; group: string; option: unknown } | undefined {
  if (typeof item === 'string') {
    const slash = item.lastIndexOf('/');
    return { word: '', group: slash < 0 ? '' : item.slice(0, slash), option: item.slice(slash + 1) };
  }
  if (!isMapping(item) || Object.keys(item).length !== 1) return undefined;
  const [key, option] = Object.entries(item)[0]!;
  const [, word = '', group] = /^(?:(optional|override)\s+)?(.*)$/.exec(key)!;
  return { word, group: group!, option };
}

/** Reads one entry. `choices` by group. */
export function defaultsEntry(item: unknown, choices: ReadonlyMap<string, Choice>): Entry {
  const wrong = (code: ConfigProblemCode, what: string, expected = entryForm, override?: string): Entry => ({ kind: 'wrong', code, what, expected, override });
  if (item === '_self_') return { kind: 'self' };
  const read = split(item);
  if (!read) return wrong('wrong_type', 'not an entry of a defaults list');
  const { word, group } = read;
  if (/^hydra(\/|$)/.test(group)) return { kind: 'nothing' }; // settings of Hydra itself, as the key `hydra`
  if (word === 'override') return wrong('not_available', '`override` in a defaults list is not available', `\`- ${group}: NAME\``);
  const choice = typeof item === 'string' ? undefined : choices.get(group);
  const option = choice ? choice.option : read.option;
  if (option === null) return { kind: 'nothing' };
  if (typeof option !== 'string') return wrong('wrong_type', 'not the name of a file');
  if (`${group}${option}`.includes('@')) return wrong('not_available', 'packages (@) in a defaults list are not available');
  const name = group === '' ? option : `${group}/${option}`;
  if (!plainName.test(name)) return wrong('bad_defaults', `${JSON.stringify(name)} does not name a file in the config's own folder`, 'names of letters, digits, ".", "-" and "_", separated by /', choice?.override);
  return { kind: 'file', group, option: option.replace(/\.yaml$/, ''), optional: word === 'optional', override: choice?.override };
}

/** The groups in which a config's defaults list names a file: `arch` of `- arch: trm`. */
export function defaultsGroups(data: Mapping): Set<string> {
  const list: unknown[] = Array.isArray(data['defaults']) ? data['defaults'] : [];
  return new Set(list.flatMap(item => (typeof item === 'string' ? [] : split(item)?.group ?? [])));
}
