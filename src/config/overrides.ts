/**
 * Overrides as in Hydra: `arch.L_cycles=4 lr=3e-4 watch=[0,1]`. `+key=` and `++key=` may add a key, `~key` takes one away;
 * values are YAML. `arch=NAME` changes the architecture's name and keeps its options. They change the data, never the text.
 */
import { parseDocument } from 'yaml';
import { configProblem, startOfText, type ConfigProblem } from './errors';

/** One override, understood. */
export interface Override {
  /** As it was given. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: unknown;
  readonly remove: boolean;
}

function problem(text: string, key: string, what: string, expected?: string): ConfigProblem {
  return configProblem(startOfText, { code: 'bad_override', key, what, expected, override: text });
}

/** Reads one override. */
export function parseOverride(text: string): Override | ConfigProblem {
  const form = 'key=value, e.g. arch.L_cycles=4';
  const match = /^(\+{0,2}|~)([A-Za-z_][\w/.-]*)(?:=([\s\S]*))?$/.exec(text.trim());
  if (!match) return problem(text, '', 'not an override', form);
  const remove = match[1] === '~';
  const key = match[2]!;
  const path = key.split('.');
  if (path.some(step => step === '' || step === '__proto__')) return problem(text, key, 'not a key', form);
  if (remove) return { text, path, value: undefined, remove };
  if (match[3] === undefined) return problem(text, key, 'no value', form);
  const parsed = parseDocument(match[3], { prettyErrors: false });
  const error = parsed.errors[0];
  if (error) return problem(text, key, `the value is not YAML: ${error.message}`);
  try {
    return { text, path, value: parsed.toJS({ maxAliasCount: 0 }) as unknown, remove };
  } catch {
    return problem(text, key, 'the value has aliases (*)', 'a plain value');
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Puts overrides into the data, in order. Changes `data`; says which could not be put in. */
export function applyOverrides(data: Record<string, unknown>, overrides: readonly Override[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const override of overrides) {
    let mapping = data;
    let reached = true;
    for (const [index, step] of override.path.slice(0, -1).entries()) {
      const next = Object.hasOwn(mapping, step) ? mapping[step] : undefined;
      if (isMapping(next)) {
        mapping = next;
      } else if (next === undefined || next === null || (step === 'arch' && index === 0 && typeof next === 'string')) {
        const made = typeof next === 'string' ? { name: next } : {};
        mapping[step] = made;
        mapping = made;
      } else {
        problems.push(problem(override.text, override.path.join('.'), `${override.path.slice(0, index + 1).join('.')} is not a mapping`));
        reached = false;
        break;
      }
    }
    if (!reached) continue;
    const name = override.path.at(-1)!;
    const old = Object.hasOwn(mapping, name) ? mapping[name] : undefined;
    if (override.remove) {
      if (old === undefined) problems.push(problem(override.text, override.path.join('.'), 'not in the config, so it cannot be taken away'));
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- taking a key away is what `~` says
      delete mapping[name];
    } else if (mapping === data && name === 'arch' && typeof override.value === 'string' && isMapping(old)) {
      old['name'] = override.value;
    } else {
      mapping[name] = override.value;
    }
  }
  return problems;
}
