/** What VS Code knows our pages by, as package.json names them: views, editors that come back after a reload, and the Checkpoint Viewer. */
export const viewTypes = { liveCharts: 'trm.liveCharts', charts: 'trm.charts', trace: 'trm.trace', checkpoint: 'trm.checkpoint' } as const;
