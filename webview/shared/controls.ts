/**
 * The vscode-elements the webviews use, registered by importing them. Import this file once per webview.
 * Icons inside these elements need a stylesheet link with the id vscode-codicon-stylesheet; we put codicons in buttons of our own instead.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
