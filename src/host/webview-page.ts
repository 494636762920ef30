/** Puts one of our pages into a webview: what it may load, and its HTML. */
import * as vscode from 'vscode';
import { webviewHtml } from './webview-html';

/** Folder of the built pages. */
const pages = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview');

/** Options of a webview that shows one of our pages. */
export function pageOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [pages(extension)] };
}

/** Shows the page `name` (dist/webview/NAME.js and .css). */
export function showPage(webview: vscode.Webview, extension: vscode.Uri, name: 'checkpoint' | 'live' | 'trace', title: string): void {
  const address = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(pages(extension), file)).toString();
  webview.options = pageOptions(extension);
  webview.html = webviewHtml({ title, script: address(`${name}.js`), style: address(`${name}.css`), cspSource: webview.cspSource, language: vscode.env.language });
}
