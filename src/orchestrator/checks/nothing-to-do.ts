/** What make, ninja and Task say where they find nothing to do; what has been run before them says more than that. */
const IDLE =
  /^(?:g?make(?:\[\d+\])?: (?:Nothing to be done for |[`'].*' is up to date\.)|ninja: no work to do\.|task: Task ".*" is up to date$)/u;

/**
 * The line in which a build tool says that it did nothing, as where it takes a folder for what it should make; `undefined` where
 * anything else is said. Pure.
 */
export function idleLine(report: string): string | undefined {
  const lines = linesOf(report);
  return lines.every((line) => IDLE.test(line)) ? lines.at(-1) : undefined;
}

/** A task of Gradle that runs tests, not one that prepares them, and how it ended where it did not run. */
const GRADLE_TESTS =
  /^> Task (?:\S*:)?(?:test(?!Classes\b)\w*|(?!compile|process|generate|prepare|merge|package)\w+Test)(?: ([A-Z-]+))?$/u;

/** Whether Gradle ran tasks for tests, and none had any. Pure. */
export function isGradleWithoutTests(report: string): boolean {
  const ends = linesOf(report).flatMap((line) => {
    const found = GRADLE_TESTS.exec(line);
    return found === null ? [] : [found[1]];
  });
  return ends.length > 0 && ends.every((end) => end === 'NO-SOURCE' || end === 'SKIPPED');
}

function linesOf(report: string): readonly string[] {
  return report
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:exit code \d|--- std)/u.test(line));
}
