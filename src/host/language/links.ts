/**
 * Links from the folders a config names (`data_paths`, `data_paths_test`, `dataset.csv`, `dataset.files`) to the folders themselves. Also where they
 * are not there yet: VS Code asks for links when the text changes, not when a dataset is made.
 */
import * as vscode from 'vscode';
import { hasPath, spanOfPath } from '../../config/document';
import { resolveDataPath } from '../../config/load';
import { rangeOf } from './diagnostics';
import { madeFrom } from './missing-data';
import type { ParsedDocuments } from './parsed-documents';

/** Makes the links; a click shows the folder in the Explorer, or offers a window for it. */
export class DatasetLinks implements vscode.DocumentLinkProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const { config, document: text } = this.parsed.of(document) ?? {};
    if (!config || !text || document.uri.scheme !== 'file') return [];
    const named = [
      ...config.data_paths.map((folder, index) => ({ path: ['data_paths', index], folder })),
      ...config.data_paths_test.map((folder, index) => ({ path: ['data_paths_test', index], folder })),
      ...madeFrom(config.dataset).map(({ key, folder }) => ({ path: ['dataset', key], folder })),
    ];
    return named.flatMap(({ path, folder }) => {
      const target = resolveDataPath(document.uri.fsPath, folder);
      if (!hasPath(text, path)) return [];
      // A path as text: the arguments of a link stay in the window, which knows files of a remote machine by other addresses.
      const show = vscode.Uri.parse(`command:trm.showFolder?${encodeURIComponent(JSON.stringify([target]))}`);
      const link = new vscode.DocumentLink(rangeOf(document, spanOfPath(text, path, 'value')), show);
      link.tooltip = vscode.l10n.t('Show {0}', target);
      return [link];
    });
  }
}
