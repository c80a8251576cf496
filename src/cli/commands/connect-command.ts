import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { compactionOffer } from '../../gateway/connect/compaction-offer.ts';
import { HARNESS_NAMES, type ConnectTarget, type Harness } from '../../gateway/connect/harness.ts';
import { strongerThan } from '../../gateway/connect/stronger.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { readIfThere } from '../input/gateway-files.ts';
import {
  connection,
  disconnection,
  harnessPlace,
  writeConnection,
  writeDisconnection,
  type HarnessChange,
  type HarnessPlace,
} from '../input/harness-file.ts';
import { jsonText } from '../text/json-text.ts';
import { shownDiff, withoutSecrets } from '../text/shown-diff.ts';

export const command: CliCommand = {
  name: 'connect',
  usage: `${HARNESS_NAMES.join('|')} [--url URL] [--token TOKEN] [--compact-at TOKENS|auto] [--yes] [--dry-run] [--undo] [--json]`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4141' },
        token: { type: 'string', default: 'pointsman-local' },
        'compact-at': { type: 'string' },
        yes: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        undo: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const place = harnessPlace(positionals[0], io);
    const how = { isDryRun: values['dry-run'], json: values.json };
    if (values.undo) return disconnect(io, place, how);
    const compactAtTokens = compactAt(values['compact-at'], place.harness);
    const target = { url: gatewayUrl(values.url), token: values.token, compactAtTokens };
    return connect(io, place, { target, ...how, isAgreed: values.yes });
  },
};

interface HowToChange {
  readonly isDryRun: boolean;
  readonly json: boolean;
}

interface HowToConnect extends HowToChange {
  readonly target: ConnectTarget;
  /** The user has said yes beforehand. */
  readonly isAgreed: boolean;
}

async function connect(io: CommandIo, place: HarnessPlace, how: HowToConnect): Promise<ExitCode> {
  const { harness } = place;
  if (harness.variables !== undefined) return sayVariables(io, place, how);
  const wanted = place.files.map((file) => connection(file, how.target));
  const changes = wanted.filter(({ before, after }) => before !== after);
  const say = sayer(io, how);
  if (changes.length === 0) {
    say(`${wanted.map(({ file }) => file).join(', ')} already points at ${how.target.url}.\n`);
    return ended(io, how, { harness: harness.name, changes: wanted, warnings: [], isWritten: false });
  }
  const warnings = await warningsBefore(io, place, how.target);
  const report = { harness: harness.name, changes, warnings };
  say(changeText(report) + offerText(harness, { before: wanted[0]?.before ?? '', target: how.target }));
  if (how.isDryRun) return ended(io, how, { ...report, isWritten: false });
  const isWritten = how.isAgreed || (await isWanted(io, harness));
  if (isWritten) {
    for (const change of changes) writeConnection(change);
    say(`Written. ${harness.note}\nTake it back with: pointsman disconnect ${harness.name}\n`);
  } else say('Nothing was written.\n');
  ended(io, how, { ...report, isWritten });
  return !isWritten && io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** For a harness that has no file for this. */
async function sayVariables(io: CommandIo, place: HarnessPlace, how: HowToConnect): Promise<ExitCode> {
  const { harness } = place;
  const variables = harness.variables?.(how.target) ?? {};
  const warnings = await warningsBefore(io, place, how.target);
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${JSON.stringify(value)}\n`);
  const text =
    `${harness.name} has no file for this: it reads variables, wherever it is started.\n\n${lines.join('')}\n` +
    `${warnings.map((warning) => `! ${warning}\n`).join('')}${harness.note} Or start it by: pointsman ${harness.program}\n`;
  io.stdout(
    how.json ? jsonText('connect', { harness: harness.name, variables, warnings, files: [], isWritten: false }) : text,
  );
  return EXIT.ok;
}

interface Report {
  readonly harness: string;
  readonly changes: readonly HarnessChange[];
  readonly warnings: readonly string[];
}

function ended(io: CommandIo, { json }: HowToConnect, report: Report & { readonly isWritten: boolean }): ExitCode {
  const { harness, changes, warnings, isWritten } = report;
  if (json) io.stdout(jsonText('connect', { harness, files: changes.map(shownTexts), warnings, isWritten }));
  return EXIT.ok;
}

/** Both texts of a file as any program may see them: a harness keeps keys of its own there. `null`: there is no file. */
function shownTexts({ file, before, after }: HarnessChange): object {
  const shownText = (text: string | null): string | null => (text === null ? null : withoutSecrets(text));
  return { file, before: shownText(before), after: shownText(after) };
}

function changeText({ changes, warnings }: Report): string {
  const diffs = changes.map(({ file, before, after }) => `${file}\n${shownDiff(before ?? '', after ?? '')}\n`);
  return diffs.join('\n') + warnings.map((warning) => `! ${warning}\n`).join('');
}

/** For people what happens, as it happens; for machines one value at the end, but a question shows what it is about. */
function sayer(io: CommandIo, { json, isAgreed, isDryRun }: HowToConnect): CommandIo['stdout'] {
  if (!json) return io.stdout;
  return isAgreed || isDryRun ? () => undefined : io.stderr;
}

/** What would bill less, for a harness that has a setting for it and whose user has not set it. */
function offerText(
  harness: Harness,
  { before, target }: { readonly before: string; readonly target: ConnectTarget },
): string {
  if (target.compactAtTokens !== undefined || harness.compaction === undefined) return '';
  if (before.includes(harness.compaction.setting)) return '';
  const offer = compactionOffer(harness, loadCatalog());
  if (offer === undefined) return '';
  const { usualTokens } = harness.compaction;
  return (
    `Offered: prompts that are compacted at ${shownTokens(offer.tokens)} tokens instead of ${shownTokens(usualTokens)} bill ` +
    `${(100 * offer.savedRatio).toFixed(0)} % less in long sessions (modelled; a summary leaves things out). With it: ` +
    `pointsman connect ${harness.name} --compact-at auto\n`
  );
}

const shownTokens = (count: number): string => count.toLocaleString('en-US');

/** @throws PointsmanError `request-invalid` for no number, or a harness without such a setting */
function compactAt(text: string | undefined, harness: Harness): number | undefined {
  if (text === undefined) return undefined;
  if (harness.compaction === undefined)
    throw new PointsmanError('request-invalid', `${harness.name} has no setting for where it compacts.`, {
      hint: 'Leave --compact-at out.',
    });
  if (text === 'auto') return compactionOffer(harness, loadCatalog())?.tokens;
  if (/^\d{4,7}$/u.test(text)) return Number(text);
  throw new PointsmanError('request-invalid', `"${text}" is no number of tokens.`, {
    hint: 'As in: --compact-at 90000, or auto.',
  });
}

/** @throws PointsmanError `request-invalid` where nobody can be asked */
async function isWanted(io: CommandIo, { name }: Harness): Promise<boolean> {
  if (io.ask !== undefined) return /^y(?:es)?$/iu.test((await io.ask('Write this? [y/N] ')).trim());
  throw new PointsmanError('request-invalid', 'Nothing was written: nobody can be asked here.', {
    hint: `Say yes beforehand: pointsman connect ${name} --yes.`,
  });
}

/** What a user should know before their harness goes another way. */
async function warningsBefore(
  io: CommandIo,
  { harness, home }: HarnessPlace,
  target: ConnectTarget,
): Promise<readonly string[]> {
  const read = (where: 'home' | 'folder', file: string): string | undefined => {
    try {
      return readIfThere(path.join(where === 'home' ? home : io.cwd, file));
    } catch {
      // Such as a folder: environments of Python are called .env, too.
      return undefined;
    }
  };
  return [
    ...((await answers(target.url))
      ? []
      : [`No gateway answers at ${target.url}. Until "pointsman serve" runs there, ${harness.name} will fail.`]),
    ...strongerThan(harness, target, { env: io.env, read }),
    ...(harness.subscription === undefined ? [] : [harness.subscription]),
  ];
}

const ANSWER_LIMIT_MS = 2000;

/** Whether a gateway, and not just anything, listens there. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })).ok;
  } catch {
    return false;
  }
}

/**
 * Takes a connection back: to the byte, or, where the harness has written there since, ours alone.
 * @throws PointsmanError `not-found`; `config-invalid` for a file that cannot be changed so
 */
export function disconnect(io: CommandIo, place: HarnessPlace, { isDryRun, json }: HowToChange): ExitCode {
  const { harness } = place;
  const changes = place.files.flatMap((file) => disconnection(file) ?? []);
  if (changes.length === 0) {
    throw new PointsmanError('not-found', `Nothing to take back: ${harness.name} was not connected from here.`);
  }
  if (!isDryRun) for (const change of changes) writeDisconnection(change);
  const text = `${changeText({ harness: harness.name, changes, warnings: [] })}${isDryRun ? '' : 'Taken back.\n'}`;
  const report = { harness: harness.name, files: changes.map(shownTexts), isWritten: !isDryRun };
  io.stdout(json ? jsonText('disconnect', report) : text);
  return EXIT.ok;
}

function gatewayUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)) return text.replace(/\/+$/u, '');
  throw new PointsmanError('request-invalid', `"${text}" is not an http address.`, {
    hint: 'As in: --url http://127.0.0.1:4141.',
  });
}
