/** How one line of README is tried. */
export interface Step {
  /** As README has it, without its comment. */
  readonly line: string;
  /** What is typed behind it, so that it needs nobody at the keyboard. */
  readonly adding?: string;
  readonly ends: { readonly exitCode: number; readonly says: RegExp } | 'on Ctrl-C';
  /** What a line that goes on says when it is ready; its group is the address to look at. */
  readonly address?: RegExp;
  /** A program that must be there. */
  readonly needs?: 'claude';
}

/** The words that the scripted vendor answers with are in what is asked. */
const HELLO = `-p 'SCRIPT>[{"text":"Hello there."}]<SCRIPT'`;

/**
 * README's lines for somebody who installed the package, in the order in which they make sense: a machine with the logs of nine
 * clients, keys of two vendors (scripted), and a folder whose tests fail.
 */
export const NPM_STEPS: readonly Step[] = [
  { line: 'npx pointsman', ends: { exitCode: 0, says: /logs of +claude-code[\s\S]*USD[\s\S]*npx pointsman/u } },
  { line: 'npx pointsman demo', ends: { exitCode: 0, says: /The failing tests pass\./u } },
  { line: 'npx pointsman spend --by project', ends: { exitCode: 0, says: /^total +49 .*\$1\.43\+$/mu } },
  { line: 'npx pointsman replay', ends: { exitCode: 0, says: /You paid \$1\.\d+ for/u } },
  { line: 'npx pointsman replay --html report.html', ends: { exitCode: 0, says: /^Page: report\.html$/mu } },
  {
    line: 'claude mcp add --scope user --transport stdio pointsman -- npx pointsman mcp',
    adding: '&& claude mcp list',
    ends: { exitCode: 0, says: /pointsman: npx pointsman mcp - .*Connected/u },
    needs: 'claude',
  },
  {
    line: 'npx pointsman claude',
    adding: HELLO,
    ends: { exitCode: 0, says: /Hello there\.[\s\S]*pointsman: \d+ calls?, \$0\.\d+ billed/u },
    needs: 'claude',
  },
  { line: 'npx pointsman serve', adding: '--port 0', ends: 'on Ctrl-C', address: /gateway on (http:\S+)/u },
  { line: 'npx pointsman ui', ends: 'on Ctrl-C', address: /^(http:\S+)#login=/mu },
  {
    // Asked by nobody, it shows what it would write and writes nothing.
    line: 'npx pointsman connect claude-code',
    ends: { exitCode: 2, says: /ANTHROPIC_BASE_URL[\s\S]*With a subscription[\s\S]*Nothing was written/u },
  },
  {
    // It pauses with a question where nobody can be asked.
    line: 'npx pointsman run "fix the failing test" --budget 2 --dial 4',
    ends: { exitCode: 3, says: /Paused\. May this job use[\s\S]*Go on: pointsman resume/u },
  },
  { line: 'npx pointsman plan "move the API to v2"', ends: { exitCode: 0, says: /no model was asked/u } },
  {
    line: 'npx pointsman resume',
    adding: '--yes',
    ends: { exitCode: 0, says: /Done\. The failing tests pass\./u },
  },
  { line: 'npx pointsman diff', ends: { exitCode: 0, says: /^\+ {2}const halves = Math\.ceil/mu } },
  { line: 'npx pointsman memory', ends: { exitCode: 0, says: /Nothing is remembered/u } },
  { line: 'npx pointsman autopsy', ends: { exitCode: 0, says: /job-\w+/u } },
  { line: 'npx pointsman explain', ends: { exitCode: 0, says: /Why not the others:/u } },
  { line: 'npx pointsman export', ends: { exitCode: 0, says: /^Wrote \d+ records/mu } },
  { line: 'npx pointsman doctor', ends: { exitCode: 0, says: /0 to mend/u } },
];

/** The same for somebody with a clone; `npm ci` is left to a whole walk, which may use the network. */
export const CLONE_STEPS: readonly Step[] = [
  { line: 'npm ci && npm start', ends: { exitCode: 0, says: /The failing tests pass\./u } },
];

/** Lines that the walk does not type, and why. */
export const NOT_TYPED: Readonly<Record<string, string>> = {
  'npm i pointsman': 'the tarball of this tree is installed in its place: the registry has another version',
  'npm test': 'it runs before this one wherever both run (.ci/run)',
};
