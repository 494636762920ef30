/** What is loaded when the extension wakes up: little, and in all of it nothing that computes. */
import { builtinModules } from 'node:module';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
const entry = 'dist/extension.js';

/** The files that are read with one, without what is imported when it is reached. */
function readWith(outputs: Metafile['outputs'], file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path: other, kind, external } of outputs[file]!.imports) if (kind === 'import-statement' && !external) readWith(outputs, other, found);
  return found;
}

describe('the extension in pieces', () => {
  let outputs: Metafile['outputs'];
  beforeAll(async () => {
    const { metafile } = await build({
      absWorkingDir: root, entryPoints: { extension: 'src/extension.ts' }, bundle: true, splitting: true, write: false, metafile: true, outdir: 'dist', external: ['vscode'],
      platform: 'node', mainFields: ['module', 'main'], format: 'esm', target: 'node20', logLevel: 'silent',
    });
    outputs = metafile.outputs;
  });
  const sources = (files: Iterable<string>): string[] => [...new Set([...files].flatMap(file => Object.entries(outputs[file]!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([source]) => source)))];

  it('starts with what finds runs and shows them: no package, no schema, nothing about configs', () => {
    const atStart = sources(readWith(outputs, entry));
    expect(atStart).toContain('src/host/runs-tree.ts');
    expect(atStart.filter(file => /node_modules|schema\.ts$|^src\/(config|puzzles)\/(?!recognise)/.test(file))).toEqual([]);
    expect([...readWith(outputs, entry)].reduce((sum, file) => sum + outputs[file]!.bytes, 0)).toBeLessThan(150_000); // not minified
  });

  it('has no part of TensorFlow.js, no engine, no training and no page in it', () => {
    const all = sources(Object.keys(outputs));
    expect(all).toContain('src/host/train.ts');
    expect(all.filter(file => /@tensorflow|chart\.js|^src\/(engine|training|trainer|cli)\/|^webview\//.test(file))).toEqual([]);
  });

  it('of the model only what counts', () => {
    expect(sources(Object.keys(outputs)).filter(file => file.startsWith('src/model/')).sort()).toEqual(['src/model/halting.ts', 'src/model/memory.ts', 'src/model/shapes.ts']);
  });

  it('loads nothing beside its pieces but VS Code and Node', () => {
    const known = new Set(['vscode', ...builtinModules, ...builtinModules.map(name => `node:${name}`)]);
    const imports = Object.values(outputs).flatMap(({ imports: of }) => of).filter(({ external }) => external).map(({ path: name }) => name);
    expect(imports.filter(name => !known.has(name))).toEqual([]);
  });
});
