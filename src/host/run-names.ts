/**
 * Names of runs that can be told apart. A run is named after its config, so one that is trained again has the same name: then the
 * time it was begun, which its id tells, stands behind it.
 */

/** A run with its name. */
export interface NamedRun { readonly id: string; readonly name: string }

const begun = /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-([0-9a-f]{4})$/;

/** What tells a run from others of its name, from short to long; the id itself, which no two have, is the last. */
function tells(id: string): string[] {
  const found = begun.exec(id);
  if (found === null) return [id, id, id, id];
  const [, year, month, day, hour, minute, second, chance] = found;
  const short = `${year}-${month}-${day} ${hour}:${minute}`;
  return [short, `${short}:${second}`, `${short}:${second} ${chance}`, id];
}

/** Names by id: a name that several have is followed by what tells each from the others, "sudoku-4x4 (2026-11-26 14:03)". */
export function distinctNames(runs: readonly NamedRun[]): Map<string, string> {
  const byName = new Map<string, NamedRun[]>();
  for (const run of runs) byName.set(run.name, [...(byName.get(run.name) ?? []), run]);
  return new Map([...byName].flatMap(([name, alike]) => {
    if (alike.length === 1) return [[alike[0]!.id, name] as const];
    const told = alike.map(({ id }) => tells(id));
    const length = [0, 1, 2].find(i => new Set(told.map(words => words[i])).size === told.length) ?? 3;
    return alike.map(({ id }, i) => [id, `${name} (${told[i]![length]})`] as const);
  }));
}
