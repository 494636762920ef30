/**
 * Everything the editor does with config files (`NAME.trm.yaml`, language `trm`). What is said about a config comes from
 * `config/`; the modules here only hand it to VS Code.
 */
import * as vscode from 'vscode';
import { ConfigLenses } from './code-lens';
import { ConfigCompletion } from './completion';
import { registerDiagnostics, ReplaceWithNearest } from './diagnostics';
import { ConfigHover } from './hover';
import { DatasetLinks } from './links';
import { languageId, ParsedDocuments } from './parsed-documents';

/** Registers diagnostics, quick fixes, completion, hover, lenses and links; all of them end with the disposable. */
export function registerLanguageFeatures(): vscode.Disposable {
  const parsed = new ParsedDocuments();
  const { languages } = vscode;
  return vscode.Disposable.from(
    registerDiagnostics(parsed),
    languages.registerCodeActionsProvider(languageId, new ReplaceWithNearest(parsed), { providedCodeActionKinds: ReplaceWithNearest.kinds }),
    languages.registerCompletionItemProvider(languageId, new ConfigCompletion(), ...ConfigCompletion.triggers),
    languages.registerHoverProvider(languageId, new ConfigHover(parsed)),
    languages.registerCodeLensProvider(languageId, new ConfigLenses(parsed)),
    languages.registerDocumentLinkProvider(languageId, new DatasetLinks(parsed)),
  );
}
