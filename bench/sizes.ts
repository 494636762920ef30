/**
 * Sizes of what is shipped: programs, pages, engine files, the package. At activation only extension.cjs is read; folders named like a program or a page
 * have what it loads when it is used.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { round, timed } from './statistics';
import type { Row } from './task';

/** Kilobytes (10^3 bytes), per file; and how long the extension's code takes to compile. */
export async function sizes(): Promise<Row> {
  const root = path.join(__dirname, '..');
  const files = [
    ...['extension', 'trainer', 'trm'].map(name => `dist/${name}.cjs`),
    ...readdirSync(path.join(__dirname, 'webview')).filter(name => /\.(js|css|ttf)$/.test(name)).map(name => `dist/webview/${name}`),
    'dist/wasm/tfjs-backend-wasm-simd.wasm',
    'dist/native/linux-x64/tfjs_binding.node',
    ...readdirSync(root).filter(name => name.endsWith('.vsix')),
  ];
  const folders = ['dist/extension', ...readdirSync(path.join(__dirname, 'webview'), { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => `dist/webview/${name}`)];
  const rows: Record<string, number> = {};
  for (const folder of folders) rows[`${folder}/_kb`] = round(readdirSync(path.join(root, folder)).reduce((sum, name) => sum + statSync(path.join(root, folder, name)).size / 1000, 0));
  for (const file of files.filter(name => existsSync(path.join(root, name)))) rows[`${file}_kb`] = round(statSync(path.join(root, file)).size / 1000);
  const extension = readFileSync(path.join(__dirname, 'extension.cjs'), 'utf8');
  rows['dist/extension.cjs_gzip_kb'] = round(gzipSync(extension).length / 1000);
  rows['dist/extension.cjs_compile_ms'] = round(await timed(() => new Script(`(function (exports, require, module) {${extension}\n})`)));
  return rows;
}
