/**
 * Names of runs that can be told apart. A run is named after its config, so one that is trained again has the same name: then the
 * time it was begun, which its id tells, stands behind it.
 */

/** A run with its name. */
export interface NamedRun { readonly id: string; readonly name: string }

const begun = /-(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)-(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)-(?<chance>[0-9a-f]{4})$/;

/** What tells each of some runs from the others, in as few characters as will do (a side bar is narrow); their ids, which no two have, as the last. */
function tellApart(ids: readonly string[]): readonly string[] {
  const times = ids.map(id => begun.exec(id)?.groups);
  const one = (key: 'year' | 'month' | 'day'): boolean => new Set(times.flatMap(time => time?.[key] ?? [])).size < 2;
  const date = ({ year, month, day }: Record<string, string>): string => (!one('year') ? `${year}-${month}-${day} ` : one('month') && one('day') ? '' : `${month}-${day} `);
  const forms: ((time: Record<string, string>) => string)[] = [
    time => `${date(time)}${time['hour']}:${time['minute']}`, time => `${date(time)}${time['hour']}:${time['minute']}:${time['second']}`,
    time => `${date(time)}${time['hour']}:${time['minute']}:${time['second']} ${time['chance']}`,
  ];
  return forms.map(form => ids.map((id, i) => (times[i] === undefined ? id : form(times[i])))).find(told => new Set(told).size === told.length) ?? ids;
}

/** Names by id: a name that several have is followed by what tells each from the others, "sudoku-4x4 (14:03)". */
export function distinctNames(runs: readonly NamedRun[]): Map<string, string> {
  const byName = new Map<string, NamedRun[]>();
  for (const run of runs) byName.set(run.name, [...(byName.get(run.name) ?? []), run]);
  return new Map([...byName].flatMap(([name, alike]) => {
    if (alike.length === 1) return [[alike[0]!.id, name] as const];
    const told = tellApart(alike.map(({ id }) => id));
    return alike.map(({ id }, i) => [id, `${name} (${told[i]})`] as const);
  }));
}
