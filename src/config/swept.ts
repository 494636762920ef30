/**
 * The keys and values of a `sweep:`, which stand for keys of the config itself: each is checked, described and completed as the key it names.
 */
import { describeKey, keysOf, mappingOf, schemaAt, valueAt, type KeyDescription, type KeyPath } from './describe';
import { findingsOf, type Finding } from './issues';
import { applyOverrides } from './overrides';
import { startsWith } from './places';
import { configSchema, type Sweep } from './schema';

/** The path that a place within a `sweep:` is about: of a key the key it names, of one of its values that key's value. Any other path as it is. */
export function sweptPath(path: KeyPath): KeyPath {
  const [root, name, ...inside] = path;
  if (root !== 'sweep' || typeof name !== 'string') return path;
  return [...name.split('.'), ...inside.slice(1)]; // the first step inside is which of the values
}

/** The keys that a sweep can vary, by dotted name: those with one value. `data` decides between kinds of `arch:` and `dataset:`. */
export function sweepableKeys(data: unknown, within: KeyPath = []): KeyDescription[] {
  const mapping = mappingOf(schemaAt(within, data)!, valueAt(data, within));
  return keysOf(mapping).filter(name => within.length > 0 || (name !== 'sweep' && name !== 'stop_when')).flatMap(name => {
    const key = describeKey(within.join('.'), name, mapping)!;
    return key.mapping ? sweepableKeys(data, [...within, name]) : [key];
  });
}

/** A key of the config is set as an override sets it. Changes `data`; false when it cannot be. */
const set = (data: Record<string, unknown>, key: string, value: unknown): boolean => applyOverrides(data, [{ text: key, path: key.split('.'), value, remove: false }]).length === 0;

/** What is wrong with the name of a swept key, told of that name. */
function ofName(name: string, { path, nearest, replacement, ...finding }: Finding): Finding {
  const right = replacement === undefined ? undefined : [...path.slice(0, -1), replacement, ...name.split('.').slice(path.length)].join('.');
  return { ...finding, path: ['sweep', name], part: 'key', nearest: right ?? nearest, replacement: right };
}

const noKey = (name: string): Finding => ({ code: 'unknown_key', path: ['sweep', name], part: 'key', what: 'unknown key' });

/**
 * What is wrong with a sweep: keys that the config cannot have, and values that they cannot have. Whether values go together is seen when the
 * runs are planned. `data`: the config with that sweep, without other problems.
 */
export function sweepFindings(data: Readonly<Record<string, unknown>>, sweep: Sweep): Finding[] {
  const first = structuredClone(data) as Record<string, unknown>; // the first run: keys may be those of a swept architecture
  for (const [name, [value]] of Object.entries(sweep)) set(first, name, value);
  return Object.entries(sweep).flatMap(([name, values]) => {
    const swept = name === 'arch' ? ['arch', 'name'] : name.split('.');
    const found = values.map((value, index) => {
      const config = structuredClone(first);
      if (!set(config, name, value)) return [noKey(name)];
      const checked = configSchema.safeParse(config);
      return (checked.success ? [] : checked.error.issues.flatMap(issue => findingsOf(issue, config))).flatMap((finding): Finding[] => {
        if (finding.code === 'unknown_key' && startsWith(swept, finding.path)) return [ofName(name, finding)];
        if (finding.path.length < swept.length && startsWith(swept, finding.path)) return [noKey(name)]; // a key within one that holds a value
        return startsWith(finding.path, swept) ? [{ ...finding, path: ['sweep', name, index, ...finding.path.slice(swept.length)] }] : [];
      });
    });
    const unknown = found.flat().find(({ path }) => path.length === 2);
    return unknown ? [unknown] : found.flat();
  });
}
