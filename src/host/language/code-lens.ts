/**
 * The line above a config: "Train TRM", and the config in numbers.
 */
import * as vscode from 'vscode';
import type { ResolvedConfig } from '../../config/resolve';
import type { ParsedDocuments } from './parsed-documents';
import { countText, memoryNeed, memoryWords, summarise } from './summary';
import { trainingPlace } from './training-place';

/** Shows the lenses; the numbers appear while the config has no errors. */
export class ConfigLenses implements vscode.CodeLensProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const top = new vscode.Range(0, 0, 0, 0);
    const parsed = this.parsed.of(document);
    if (!parsed) return [];
    const { config, problems } = parsed;
    const errors = problems.filter(problem => problem.severity === 'error').length;
    const lenses = [new vscode.CodeLens(top, { title: vscode.l10n.t('$(play) Train TRM'), command: 'trm.train', arguments: [document.uri] })];
    if (!config) {
      const title = errors === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', errors);
      return [...lenses, new vscode.CodeLens(top, { title, command: 'workbench.actions.view.problems' })];
    }
    const summary = document.uri.scheme === 'file' ? summarise(config, document.uri.fsPath) : undefined;
    if (summary) {
      const title = vscode.l10n.t('{0} parameters · depth {1} · {2} optimiser steps', countText(summary.parameters), summary.depth, summary.steps.toLocaleString(vscode.env.language));
      lenses.push(new vscode.CodeLens(top, { title, command: '' }), ...await memoryLens(config, document.uri.fsPath, top));
    }
    return lenses;
  }
}

/** What training it takes here, with a sign when that is more than there is. */
async function memoryLens(config: ResolvedConfig, file: string, top: vscode.Range): Promise<vscode.CodeLens[]> {
  const place = await trainingPlace(config);
  const need = memoryNeed(config, file, place);
  if (!need) return [];
  const { text, advice } = memoryWords(need, place);
  const where = place.device === 'gpu' ? vscode.l10n.t('on the GPU') : vscode.l10n.t('on {0}', place.engine);
  return [new vscode.CodeLens(top, { title: advice === null ? `${text} ${where}` : `$(warning) ${text} ${where}: ${advice}`, command: '' })];
}
