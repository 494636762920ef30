/**
 * The line above a config: "Train TRM", and the config in numbers.
 */
import * as vscode from 'vscode';
import type { ParsedDocuments } from './parsed-documents';
import { countText, summarise } from './summary';

/** Shows the lenses; the numbers appear while the config has no errors. */
export class ConfigLenses implements vscode.CodeLensProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const top = new vscode.Range(0, 0, 0, 0);
    const { config, problems } = this.parsed.of(document);
    const errors = problems.filter(problem => problem.severity === 'error').length;
    const lenses = [new vscode.CodeLens(top, { title: vscode.l10n.t('$(play) Train TRM'), command: 'trm.train', arguments: [document.uri] })];
    if (!config) {
      const title = errors === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', errors);
      return [...lenses, new vscode.CodeLens(top, { title, command: 'workbench.actions.view.problems' })];
    }
    const summary = document.uri.scheme === 'file' ? summarise(config, document.uri.fsPath) : undefined;
    if (summary) {
      const title = vscode.l10n.t('{0} parameters · depth {1} · {2} optimiser steps', countText(summary.parameters), summary.depth, summary.steps.toLocaleString(vscode.env.language));
      lenses.push(new vscode.CodeLens(top, { title, command: '' }));
    }
    return lenses;
  }
}
