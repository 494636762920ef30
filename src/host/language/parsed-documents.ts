/**
 * Open configs, each parsed once per version of its text and of the files it includes: diagnostics, hover, lenses and links all
 * ask for the same text.
 */
import { statSync } from 'node:fs';
import type * as vscode from 'vscode';
import { parseConfig, type ParsedConfig } from '../../config/load';
import type { ConfigFiles } from '../config-files';

/** Documents that may be configs: all of language `trm`, and YAML files that turn out to be. */
export const selector: vscode.DocumentFilter[] = [{ language: 'trm' }, { language: 'yaml', scheme: 'file' }];

/** When the included files were last written; a file that is gone counts, too. */
const stampOf = ({ included }: ParsedConfig): string => included.map(({ file }) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join();

/** Parsed configs by document. */
export class ParsedDocuments {
  private readonly parsed = new WeakMap<vscode.TextDocument, { version: number; stamp: string; result: ParsedConfig }>();

  constructor(private readonly configs: ConfigFiles) {}

  /** The document's config as it is now; undefined when it is none. */
  of(document: vscode.TextDocument): ParsedConfig | undefined {
    if (!this.configs.isConfig(document)) return undefined;
    const known = this.parsed.get(document);
    if (known?.version === document.version && known.stamp === stampOf(known.result)) return known.result;
    const result = parseConfig(document.getText(), { file: document.uri.scheme === 'file' ? document.uri.fsPath : undefined });
    this.parsed.set(document, { version: document.version, stamp: stampOf(result), result });
    return result;
  }
}
