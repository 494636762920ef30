/** What is loaded when the extension wakes up: one file, in which there is nothing that computes. */
import { builtinModules } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

describe('the extension as one file', () => {
  let inputs: string[];
  let imports: string[];
  beforeAll(async () => {
    const { metafile } = await build({
      absWorkingDir: root, entryPoints: ['src/extension.ts'], bundle: true, write: false, metafile: true, outfile: 'extension.cjs', external: ['vscode'],
      platform: 'node', mainFields: ['module', 'main'], format: 'cjs', target: 'node20', logLevel: 'silent',
    });
    inputs = Object.keys(metafile.inputs);
    imports = Object.values(metafile.outputs)[0]!.imports.map(({ path: name }) => name);
  });

  it('has no part of TensorFlow.js, no engine, no training and no page in it', () => {
    expect(inputs).toContain('src/extension.ts');
    expect(inputs.filter(file => /@tensorflow|chart\.js|^src\/(engine|training|trainer|cli)\/|^webview\//.test(file))).toEqual([]);
  });

  it('of the model only what counts', () => {
    expect(inputs.filter(file => file.startsWith('src/model/')).sort()).toEqual(['src/model/halting.ts', 'src/model/memory.ts', 'src/model/shapes.ts']);
  });

  it('loads nothing beside it but VS Code and Node', () => {
    const known = new Set(['vscode', ...builtinModules, ...builtinModules.map(name => `node:${name}`)]);
    expect(imports.filter(name => !known.has(name))).toEqual([]);
  });
});
