/**
 * Hover: what a key means, its default and range, the paper's name for it, and what changes when it changes.
 */
import * as vscode from 'vscode';
import { hoverMarkdown } from '../../config/complete';
import { pathAt, plainData } from '../../config/document';
import { rangeOf } from './diagnostics';
import type { ParsedDocuments } from './parsed-documents';

/** Explains the key or value under the pointer. */
export class ConfigHover implements vscode.HoverProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const config = this.parsed.of(document)?.document;
    const at = config && pathAt(config, document.offsetAt(position));
    if (!at) return undefined;
    const plain = plainData(config);
    const markdown = hoverMarkdown(at.path, 'data' in plain ? plain.data : {});
    return markdown === undefined ? undefined : new vscode.Hover(new vscode.MarkdownString(markdown), rangeOf(document, at.span));
  }
}
