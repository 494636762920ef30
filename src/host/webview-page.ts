/** Puts one of our pages into a webview: what it may load, and its HTML. */
import * as vscode from 'vscode';
import type { Log } from './notify';
import { giveUntilHeard } from './page-patience';
import { webviewHtml } from './webview-html';

/** Folder of the built pages. */
const pages = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview');

/** Options of a webview that shows one of our pages. */
export function pageOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [pages(extension)] };
}

/**
 * Shows the page `name` (dist/webview/NAME.js and .css). Where VS Code runs in a browser, it can lose what a page loads while several webviews come up at once, and the page
 * stays blank; so one that says nothing is given again, which the log tells.
 */
export function showPage(view: vscode.WebviewView | vscode.WebviewPanel, { extensionUri, log }: { extensionUri: vscode.Uri; log: Log }, name: 'checkpoint' | 'live' | 'trace', title: string): void {
  const { webview } = view;
  const address = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(pages(extensionUri), file)).toString();
  webview.options = pageOptions(extensionUri);
  const heard = giveUntilHeard({
    visible: () => view.visible,
    give: () => { webview.html = webviewHtml({ title, script: address(`${name}.js`), style: address(`${name}.css`), cspSource: webview.cspSource, language: vscode.env.language, place: 'onDidChangeVisibility' in view ? 'view' : 'editor' }); },
    silent: (seconds, again) => log.warn(`${title}: the page said nothing for ${seconds} s. ${again ? 'It is loaded again.' : 'Developer: Reload Window may help.'}`),
  });
  const listener = webview.onDidReceiveMessage(() => { heard(); listener.dispose(); });
  view.onDidDispose(() => { heard(); listener.dispose(); });
}
