/**
 * Everything the editor does with config files (`NAME.trm.yaml`, language `trm`, and published configs, which are YAML). What is said about a config comes from
 * `config/`; the modules here only hand it to VS Code.
 */
import * as vscode from 'vscode';
import { ConfigLenses } from './code-lens';
import { ConfigCompletion } from './completion';
import { registerDiagnostics } from './diagnostics';
import { ConfigHover } from './hover';
import { DatasetLinks } from './links';
import type { ConfigFiles } from '../config-files';
import type { Runs } from '../runs';
import { ParsedDocuments, selector } from './parsed-documents';
import { ConfigFixes } from './quick-fixes';
import type { Surroundings } from './surroundings';

/** Registers diagnostics, quick fixes, completion, hover, lenses and links; all of them end with the disposable. */
export function registerLanguageFeatures(configs: ConfigFiles, runs: Runs, surroundings: Surroundings): vscode.Disposable {
  const parsed = new ParsedDocuments(configs);
  const { languages } = vscode;
  return vscode.Disposable.from(
    registerDiagnostics(parsed, surroundings),
    languages.registerCodeActionsProvider(selector, new ConfigFixes(parsed), { providedCodeActionKinds: ConfigFixes.kinds }),
    languages.registerCompletionItemProvider(selector, new ConfigCompletion(parsed), ...ConfigCompletion.triggers),
    languages.registerHoverProvider(selector, new ConfigHover(parsed)),
    languages.registerCodeLensProvider(selector, new ConfigLenses(parsed, runs, surroundings)),
    languages.registerDocumentLinkProvider(selector, new DatasetLinks(parsed)),
  );
}
