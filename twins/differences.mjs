/** Tables of differences: rows that say how named cases are judged, and why not alike. */

/** Whether a name is one of a row's cases; `*` stands for any text. */
const matches = (pattern, name) =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  ).test(name);

const word = (accepted) => (accepted ? "accepts" : "refuses");

/**
 * Compares the verdicts of all judges on all cases with a table.
 *
 * `verdicts` are lists by judge. Returns what is wrong: case by case under the case's name, and row by row.
 */
export function compare(table, verdicts) {
  const judges = Object.keys(verdicts);
  const byName = new Map();
  for (const judge of judges) {
    for (const verdict of verdicts[judge]) {
      if (!byName.has(verdict.name)) byName.set(verdict.name, {});
      byName.get(verdict.name)[judge] = verdict;
    }
  }
  const used = new Map(table.map((row) => [row, 0]));
  const cases = [...byName].map(([name, given]) => {
    const rows = table.filter((row) => row.cases.some((pattern) => matches(pattern, name)));
    for (const row of rows) used.set(row, used.get(row) + 1);
    return { name, problems: problemsOf(judges, given, rows) };
  });
  const rows = table.flatMap((row) => {
    const problems = [];
    if (used.get(row) === 0) problems.push("no case needs it");
    const unused = row.cases.filter(
      (pattern) => ![...byName.keys()].some((name) => matches(pattern, name)),
    );
    for (const pattern of unused) problems.push(`no case is called ${pattern}`);
    if (new Set(judges.map((judge) => row[judge])).size === 1) {
      problems.push("it names no difference");
    }
    return problems.map((problem) => `${row.what}: ${problem}`);
  });
  return { cases, rows };
}

function problemsOf(judges, given, rows) {
  const missing = judges.filter((judge) => !given[judge]);
  if (missing.length > 0) return [`no verdict by ${missing.join(", ")}`];
  const said = judges.map((judge) => {
    const reason = given[judge].reason ? ` (${given[judge].reason})` : "";
    return `${judge} ${word(given[judge].accepted)}${reason}`;
  });
  const problems = [];
  if (rows.length > 1) problems.push(`several rows: ${rows.map((row) => row.what).join("; ")}`);
  const [row] = rows;
  const isAsExpected = row
    ? judges.every((judge) => given[judge].accepted === row[judge])
    : new Set(judges.map((judge) => given[judge].accepted)).size === 1;
  if (!isAsExpected)
    problems.push(`${row ? "not as the table says" : "not alike"}: ${said.join("; ")}`);
  // Who accepts reads the same.
  const found = {};
  for (const judge of judges) {
    for (const [key, value] of Object.entries(given[judge].found ?? {})) {
      if (key in found && found[key] !== value)
        problems.push(`${key} is ${found[key]} or ${value}`);
      found[key] = value;
    }
  }
  return problems;
}
