/**
 * Open configs, each parsed once per version of its text and of what it depends on: diagnostics, hover, lenses and links all
 * ask for the same text. A file that an open config includes is a part of that config.
 */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import type { KeyPath } from '../../config/describe';
import { parseText, plainData, type ConfigDocument } from '../../config/document';
import { parseConfig, type ParsedConfig } from '../../config/load';
import type { ConfigFiles } from '../config-files';

/** Documents that may be configs: all of language `trm`, and YAML files that turn out to be. */
export const selector: vscode.DocumentFilter[] = [{ language: 'trm' }, { language: 'yaml', scheme: 'file' }];

/** A text of a config: its own, or that of a file it includes. */
export interface ConfigPart {
  readonly config: ParsedConfig;
  /** The config's own document. */
  readonly owner: vscode.TextDocument;
  /** The text as it stands in the editor; undefined when it cannot be parsed at all. */
  readonly text: ConfigDocument | undefined;
  /** Where its keys belong: `['arch']` in `arch/trm.yaml`. */
  readonly at: KeyPath;
  /** The config as plain data, as far as it can be read. */
  readonly data: unknown;
  /** The file as problems name it; undefined for the config's own text. */
  readonly file?: string;
}

/** When a file or folder was last written; 0 when it is not there. */
function stampOf(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** The state of everything that a config depends on besides its text. */
export const stampsOf = ({ lookedFor }: Pick<ParsedConfig, 'lookedFor'>): string => lookedFor.map(stampOf).join();

function plain(text: ConfigDocument | undefined): unknown {
  const read = text && plainData(text);
  return read && 'data' in read ? read.data : {};
}

/** Parsed configs by document. */
export class ParsedDocuments {
  private readonly parsed = new WeakMap<vscode.TextDocument, { version: number; stamps: string; result: ParsedConfig }>();

  constructor(private readonly configs: ConfigFiles) {}

  /** The document's config as it is now; undefined when it is none. */
  of(document: vscode.TextDocument): ParsedConfig | undefined {
    if (!this.configs.isConfig(document)) return undefined;
    const known = this.parsed.get(document);
    if (known?.version === document.version && known.stamps === stampsOf(known.result)) return known.result;
    const result = parseConfig(document.getText(), { file: document.uri.scheme === 'file' ? document.uri.fsPath : undefined });
    this.parsed.set(document, { version: document.version, stamps: stampsOf(result), result });
    return result;
  }

  /** The config that a document is, or that an open document includes it in; undefined when it is neither. */
  partOf(document: vscode.TextDocument): ConfigPart | undefined {
    const own = this.of(document);
    if (own) return { config: own, owner: document, text: own.document, at: [], data: own.data ?? plain(own.document) };
    if (document.uri.scheme !== 'file') return undefined;
    for (const owner of vscode.workspace.textDocuments) {
      const config = this.of(owner);
      const part = config?.included.find(({ file }) => file === document.uri.fsPath);
      if (config && part) return { config, owner, text: parseText(document.getText()).document, at: part.at, data: config.data, file: part.file };
    }
    return undefined;
  }
}
