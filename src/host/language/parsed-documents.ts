/**
 * Open `trm` documents, each parsed once per version: diagnostics, hover, lenses and links all ask for the same text.
 */
import type * as vscode from 'vscode';
import { parseConfig, type ParsedConfig } from '../../config/load';

/** The language id of config files. */
export const languageId = 'trm';

/** Parsed configs by document. */
export class ParsedDocuments {
  private readonly parsed = new WeakMap<vscode.TextDocument, { version: number; result: ParsedConfig }>();

  /** The document's config as it is now. */
  of(document: vscode.TextDocument): ParsedConfig {
    const known = this.parsed.get(document);
    if (known?.version === document.version) return known.result;
    const result = parseConfig(document.getText());
    this.parsed.set(document, { version: document.version, result });
    return result;
  }
}
