/**
 * Completion: the keys of the mapping the cursor is in, and the values of the key before it.
 */
import * as vscode from 'vscode';
import { suggestionsAt } from '../../config/complete';
import type { ParsedDocuments } from './parsed-documents';

/** Offers keys and values; everything about them comes from the schema. */
export class ConfigCompletion implements vscode.CompletionItemProvider {
  /** Typing one of these asks for completion, besides letters. */
  static readonly triggers = [':', ' ', '{', ','];

  constructor(private readonly parsed: ParsedDocuments) {}

  provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] {
    const part = this.parsed.partOf(document);
    if (!part) return [];
    const place = part.file === undefined ? { file: document.uri.scheme === 'file' ? document.uri.fsPath : undefined } : { within: part };
    return suggestionsAt(document.getText(), document.offsetAt(position), place).map((suggestion, index) => {
      const item = new vscode.CompletionItem(suggestion.label, suggestion.kind === 'key' ? vscode.CompletionItemKind.Property : vscode.CompletionItemKind.Value);
      item.detail = suggestion.detail;
      item.documentation = new vscode.MarkdownString(suggestion.documentation);
      item.insertText = suggestion.insertText;
      const replacing = new vscode.Range(document.positionAt(suggestion.start), document.positionAt(suggestion.end));
      item.range = { inserting: new vscode.Range(replacing.start, position), replacing };
      item.sortText = String(index).padStart(4, '0');
      return item;
    });
  }
}
