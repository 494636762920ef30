/** The version of the shapes in schema.ts, apart from them: who shows what was read need not load what checks it. */

/** Version of everything in a run folder; readers refuse a higher one. */
export const schemaVersion = 1;
