/**
 * Hover: what a key means, its default and range, the paper's name for it, and what changes when it changes; on the keys about data
 * also the first example of it.
 */
import * as vscode from 'vscode';
import { hoverMarkdown } from '../../config/complete';
import { pathAt, plainData } from '../../config/document';
import { dataPreview } from './data-preview';
import { rangeOf } from './diagnostics';
import type { ParsedDocuments } from './parsed-documents';

/** Keys under which the data is shown. */
const aboutData = ['data_paths', 'dataset'];

/** Explains the key or value under the pointer. */
export class ConfigHover implements vscode.HoverProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const { document: text, config } = this.parsed.of(document) ?? {};
    const at = text && pathAt(text, document.offsetAt(position));
    if (!at) return undefined;
    const plain = plainData(text);
    const markdown = hoverMarkdown(at.path, 'data' in plain ? plain.data : {});
    if (markdown === undefined) return undefined;
    const contents = [new vscode.MarkdownString(markdown)];
    const showsData = at.path.length <= 2 && aboutData.includes(String(at.path[0])) && (at.part === 'key' || at.path[0] === 'data_paths');
    if (config && showsData && document.uri.scheme === 'file') contents.push(new vscode.MarkdownString(dataPreview(config, document.uri.fsPath)));
    return new vscode.Hover(contents, rangeOf(document, at.span));
  }
}
