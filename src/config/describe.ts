/**
 * What each key is, in words: read from the JSON schema, shown by hover, completion, errors and docs/config.md. A key is named
 * by its dotted path (`arch.L_cycles`); `arch:` and `dataset:` are of several kinds, whose keys carry the kind they belong to.
 */
import { configSchemaNode, type Scalar, type SchemaNode } from './json-schema';
import { numberedGpu, unusedPublishedKeys } from './schema';

/** A place in a config: keys and list indices from the root. */
export type KeyPath = readonly (string | number)[];

/** Everything known about a key. */
export interface KeyDescription {
  /** Dotted path, e.g. `arch.L_cycles`. */
  readonly path: string;
  readonly name: string;
  /** The kind it belongs to: the `arch.name`, or the `dataset.kind`. */
  readonly kind?: string;
  /** Type and range in words, e.g. `an integer of at least 1`. */
  readonly type: string;
  /** The default as YAML, or in words when it depends on other keys; undefined for a required key or none. */
  readonly default?: string;
  readonly required: boolean;
  /** The values it can have, when they can be listed. */
  readonly values: readonly Scalar[];
  readonly description: string;
  /** The paper's name (arXiv:2510.04871). */
  readonly paper?: string;
  /** What changes when it changes. */
  readonly effect?: string;
  readonly published: boolean;
  /** True for a mapping with keys of its own. */
  readonly mapping: boolean;
}

/** Defaults that depend on other keys, in words. */
const derivedDefaults: Readonly<Record<string, string>> = {
  'arch.puzzle_emb_ndim': 'hidden_size',
  eval_interval: '10000 where that divides epochs, else epochs',
  micro_batch_size: 'global_batch_size',
  threads: 'the physical cores',
  'dataset.holes': 'by size',
  'dataset.min_path': 'twice the side',
  'dataset.layout': 'free',
  'dataset.loops': 'a fifth of the side',
  'dataset.subsets': 'those of version',
  'dataset.test_set': 'that of version',
};

/** The keys that tell kinds apart, in words for all of them. */
const kindDescriptions: Readonly<Record<string, string>> = { name: 'The architecture.', kind: 'What the dataset is made of.' };

/** Numbers as people write them: `1e-5`, not `0.00001`. */
function numberText(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/** A value as one line of YAML. */
export function yamlText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(yamlText).join(', ')}]`;
  if (value !== null && typeof value === 'object') return `{${Object.entries(value).map(([key, item]) => `${key}: ${yamlText(item)}`).join(', ')}}`;
  return String(value);
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)!}`;
}

function numberRange(node: SchemaNode): string {
  const low = node.minimum !== undefined && node.minimum > Number.MIN_SAFE_INTEGER ? node.minimum : undefined;
  const high = node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER ? node.maximum : undefined;
  if (low !== undefined && high !== undefined) return ` from ${numberText(low)} to ${numberText(high)}`;
  if (node.exclusiveMinimum !== undefined) return ` above ${numberText(node.exclusiveMinimum)}`;
  if (low !== undefined) return ` of at least ${numberText(low)}`;
  return high === undefined ? '' : ` of at most ${numberText(high)}`;
}

/** Type and range of a node in words, as in "expected ...". */
export function typeText(node: SchemaNode): string {
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return join(node.enum.map(String));
  if (node.anyOf) return join(node.anyOf.map(typeText));
  if (isArchitecture(node)) return `an architecture by name (${join(kindsOf(node))}), or a mapping of its options`;
  switch (node.type) {
    case 'boolean': return 'true or false';
    case 'null': return 'null';
    case 'integer': return `an integer${numberRange(node)}`;
    case 'number': return `a number${numberRange(node)}`;
    case 'string': return node.pattern === numberedGpu.source ? 'gpu:N' : 'a text';
    case 'array': {
      if (node.prefixItems) return `a list of ${node.prefixItems.length}, each ${typeText(node.prefixItems[0]!)}`;
      const count = [node.minItems ? ` of at least ${node.minItems}` : '', node.maxItems ? ` of at most ${node.maxItems}` : ''].join('');
      return `a list${count}${typeof node.items === 'object' ? `, each ${typeText(node.items)}` : ''}`;
    }
    case 'object':
    case undefined:
      return 'a mapping';
    default:
      return node.type satisfies never;
  }
}

/** The values a node can have, when they can be listed. */
export function valuesOf(node: SchemaNode): Scalar[] {
  if (node.const !== undefined) return [node.const];
  if (node.enum) return [...node.enum];
  if (node.anyOf) return node.anyOf.flatMap(valuesOf);
  return node.type === 'boolean' ? [true, false] : [];
}

/** The key by which the kinds of a mapping are told apart: the one that is another constant in each. */
const kindKey = (node: SchemaNode): string => Object.entries(node.oneOf![0]!.properties!).find(([, value]) => value.const !== undefined)![0];

/** The kinds of a mapping that has several. */
const kindsOf = (node: SchemaNode): string[] => node.oneOf!.map(option => String(option.properties![kindKey(node)]!.const));

/** True for the node of `arch:`, which may also be written as a bare name. */
export const isArchitecture = (node: SchemaNode): boolean => node.oneOf !== undefined && kindKey(node) === 'name';

/** The mapping a node stands for: for `arch:` and `dataset:` the kind that `data` names, or all kinds' keys together. */
export function mappingOf(node: SchemaNode, data: unknown): SchemaNode {
  if (!node.oneOf) return node;
  const key = kindKey(node);
  const kind = data !== null && typeof data === 'object' ? (data as Record<string, unknown>)[key] : isArchitecture(node) ? data : undefined;
  const chosen = node.oneOf.find(option => option.properties?.[key]?.const === kind);
  if (chosen) return chosen;
  const properties = Object.assign({}, ...node.oneOf.map(option => option.properties).reverse()) as Record<string, SchemaNode>;
  return { type: 'object', properties: { ...properties, [key]: { description: kindDescriptions[key]!, type: 'string', enum: kindsOf(node) } }, required: [key] };
}

/** The schema at a path, or undefined for a path that is not known. `data` decides between kinds of `arch:` and `dataset:`. */
export function schemaAt(path: KeyPath, data: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = configSchemaNode();
  let here = data;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (typeof step === 'number') {
      node = node.prefixItems?.[step] ?? (typeof node.items === 'object' ? node.items : undefined);
    } else {
      const mapping = mappingOf(node, here);
      const known: SchemaNode | undefined = mapping.properties && Object.hasOwn(mapping.properties, step) ? mapping.properties[step] : undefined;
      node = known ?? (typeof mapping.additionalProperties === 'object' ? mapping.additionalProperties : undefined);
    }
    here = here !== null && typeof here === 'object' && Object.hasOwn(here, step) ? (here as Record<string | number, unknown>)[step] : undefined;
  }
  return node;
}

/** What plain data has at a path. */
export function valueAt(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, step) => (value !== null && typeof value === 'object' && Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined), data);
}

/** What `stop_when` may be about; the schema has them as a pattern. */
const evaluationMetrics: Readonly<Record<string, string>> = {
  'eval/exact_accuracy': 'Share of test puzzles that are right in every cell.',
  'eval/accuracy': 'Share of right cells, averaged over test puzzles.',
};

/** The keys a mapping can have. */
export function keysOf(node: SchemaNode): string[] {
  if (node.properties) return Object.keys(node.properties);
  const pattern = node.propertyNames?.pattern;
  return pattern === undefined ? [] : Object.keys(evaluationMetrics).filter(metric => new RegExp(pattern).test(metric));
}

/** Describes one key of a mapping. */
export function describeKey(parent: string, name: string, mapping: SchemaNode): KeyDescription | undefined {
  const node = mapping.properties?.[name] ?? (keysOf(mapping).includes(name) && typeof mapping.additionalProperties === 'object' ? mapping.additionalProperties : undefined);
  if (!node) return undefined;
  const path = parent === '' ? name : `${parent}.${name}`;
  const kind = parent === 'arch' ? mapping.properties?.['name']?.const : parent === 'dataset' ? mapping.properties?.['kind']?.const : undefined;
  const isMapping = node.properties !== undefined || node.oneOf !== undefined || node.propertyNames !== undefined;
  const byDefault = derivedDefaults[path] ?? (node.default === undefined || (isMapping && node.properties) ? undefined : yamlText(node.default));
  return {
    path, name,
    ...(kind === undefined ? {} : { kind: String(kind) }),
    type: typeText(node),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    required: mapping.required?.includes(name) ?? false,
    values: valuesOf(node),
    description: node.description ?? evaluationMetrics[name] ?? '',
    ...(node.paper === undefined ? {} : { paper: node.paper }),
    ...(node.effect === undefined ? {} : { effect: node.effect }),
    published: node.published ?? false,
    mapping: isMapping,
  };
}

/** Every key, in the schema's order, nested keys after their mapping. */
export function describeKeys(node: SchemaNode = configSchemaNode(), parent = ''): KeyDescription[] {
  return keysOf(node).flatMap(name => {
    const description = describeKey(parent, name, node)!;
    const child = node.properties?.[name];
    const nested = child?.oneOf ?? (child?.properties || child?.propertyNames ? [child] : []);
    return [description, ...nested.flatMap(mapping => describeKeys(mapping, description.path))];
  });
}

/** A key's hover text, in Markdown. */
export function keyMarkdown(key: KeyDescription): string {
  return [
    `**\`${key.path}\`**${key.paper === undefined ? '' : ` – *${key.paper}* in the paper`}`,
    key.description,
    [`Expected: ${key.type}.`, key.default === undefined ? (key.required ? 'Required.' : '') : `Default: \`${key.default}\`.`].filter(Boolean).join(' '),
    ...(key.effect === undefined ? [] : [`What changes: ${key.effect}`]),
  ].join('\n\n');
}

/** Keys of several kinds that are the same in all but their kind, as one with the kinds it is of. */
function withoutRepetition(keys: readonly KeyDescription[]): { key: KeyDescription; kinds: string[] }[] {
  const seen = new Map<string, { key: KeyDescription; kinds: string[] }>();
  for (const key of keys) {
    const same = JSON.stringify({ ...key, kind: '' });
    const entry = seen.get(same) ?? { key, kinds: [] };
    if (key.kind !== undefined && !entry.kinds.includes(key.kind)) entry.kinds.push(key.kind);
    seen.set(same, entry);
  }
  return [...seen.values()];
}

/** The table of all keys in docs/config.md, in Markdown. */
export function docsTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const keys = describeKeys();
  const allKinds = (parent: string): number => new Set(keys.filter(key => key.path.startsWith(`${parent}.`)).flatMap(({ kind }) => kind ?? [])).size;
  const rows = withoutRepetition(keys).map(({ key, kinds }) => [
    `\`${key.path}\`${kinds.length === 0 || kinds.length === allKinds(key.path.split('.')[0]!) ? '' : ` (${kinds.join(', ')})`}`,
    key.type,
    key.required ? 'required' : key.default === undefined ? '' : `\`${key.default}\``,
    key.paper ?? '',
    [key.description, key.effect ?? ''].filter(Boolean).join(' '),
  ]);
  const lines = [['Key', 'Expected', 'Default', 'Paper', 'Meaning'], ['---', '---', '---', '---', '---'], ...rows];
  return lines.map(row => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

/** The published keys that are accepted, with a warning, and do nothing. */
export function unusedKeysText(): string {
  return unusedPublishedKeys.map(key => `\`${key}\``).join(', ');
}
