import { parseArgs } from 'node:util';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { compactionOffer } from '../../gateway/connect/compaction-offer.ts';
import { HARNESS_NAMES, type ConnectTarget, type Harness } from '../../gateway/connect/harness.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { readIfThere } from '../input/gateway-files.ts';
import {
  harnessFile,
  readBackup,
  restoreHarnessFile,
  writeHarnessFile,
  type HarnessFile,
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
    const place = harnessFile(positionals[0], io);
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

async function connect(io: CommandIo, place: HarnessFile, how: HowToConnect): Promise<ExitCode> {
  const { harness, file } = place;
  const before = textOf(file);
  const after = harness.edit(before ?? '', how.target);
  const change = { file, before, after };
  const say = sayer(io, how);
  if (after === before) {
    say(`${file} already points at ${how.target.url}.\n`);
    return ended(io, how, { ...change, warnings: [], isWritten: false });
  }
  const warnings = await warningsBefore(io, harness, how.target);
  say(changeText({ ...change, warnings }) + offerText(harness, { before, target: how.target }));
  if (how.isDryRun) return ended(io, how, { ...change, warnings, isWritten: false });
  const isWritten = how.isAgreed || (await isWanted(io, harness));
  if (isWritten) {
    writeHarnessFile(place, before, after);
    say(`Written. ${harness.note}\nTake it back with: pointsman disconnect ${harness.name}\n`);
  } else say('Nothing was written.\n');
  ended(io, how, { ...change, warnings, isWritten });
  return !isWritten && io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function ended(io: CommandIo, { json }: HowToConnect, report: Change & { readonly isWritten: boolean }): ExitCode {
  if (json) io.stdout(jsonText('connect', { ...report, ...shownTexts(report) }));
  return EXIT.ok;
}

/** Both texts of a file as any program may see them: a harness keeps keys of its own there. `null`: there is no file. */
function shownTexts({
  before,
  after,
}: {
  readonly before: string | undefined;
  readonly after: string | undefined;
}): object {
  const shown = (text: string | undefined): string | null => (text === undefined ? null : withoutSecrets(text));
  return { before: shown(before), after: shown(after) };
}

interface Change {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
  readonly warnings: readonly string[];
}

function changeText({ file, before, after, warnings }: Change): string {
  return `${file}\n${shownDiff(before ?? '', after)}\n${warnings.map((warning) => `! ${warning}\n`).join('')}`;
}

/** For people what happens, as it happens; for machines one value at the end, but a question shows what it is about. */
function sayer(io: CommandIo, { json, isAgreed, isDryRun }: HowToConnect): CommandIo['stdout'] {
  if (!json) return io.stdout;
  return isAgreed || isDryRun ? () => undefined : io.stderr;
}

/** @throws PointsmanError `config-invalid` for a file that could not be put back to the byte */
function textOf(file: string): string | undefined {
  const text = readIfThere(file);
  // A character that stands for lost bytes.
  if (text?.includes('\uFFFD') !== true) return text;
  throw new PointsmanError('config-invalid', `${file} is not all text in UTF-8, so it was left alone.`, {
    hint: 'Save it as UTF-8, or set the values by hand.',
  });
}

/** What would bill less, for a harness that has a setting for it and whose user has not set it. */
function offerText(
  harness: Harness,
  { before, target }: { readonly before: string | undefined; readonly target: ConnectTarget },
): string {
  if (target.compactAtTokens !== undefined || harness.compaction === undefined) return '';
  if (before?.includes(harness.compaction.setting) === true) return '';
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
async function warningsBefore(io: CommandIo, harness: Harness, target: ConnectTarget): Promise<readonly string[]> {
  const stronger = harness.launch(target).unset.filter((name) => (io.env[name] ?? '') !== '');
  return [
    ...((await answers(target.url))
      ? []
      : [`No gateway answers at ${target.url}. Until "pointsman serve" runs there, ${harness.name} will fail.`]),
    ...(stronger.length === 0
      ? []
      : [`Set in this shell, and stronger than this file: ${stronger.join(', ')}. Unset them.`]),
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

/** Takes a connection back, to the byte. @throws PointsmanError `not-found`; `config-invalid` where the file was changed since */
export function disconnect(io: CommandIo, place: HarnessFile, { isDryRun, json }: HowToChange): ExitCode {
  const { harness, file, backup } = place;
  const kept = readBackup(backup);
  if (kept === undefined) {
    throw new PointsmanError('not-found', `Nothing to take back: ${harness.name} was not connected from here.`);
  }
  const now = readIfThere(file) ?? '';
  if (now !== kept.after) {
    io.stderr(`${shownDiff(kept.after, now)}\n`);
    throw new PointsmanError('config-invalid', `${file} was changed since, as shown above, so it was left alone.`, {
      hint: `Take those lines back first, or restore the text that ${backup} holds under "before".`,
    });
  }
  if (!isDryRun) restoreHarnessFile(place, kept.before);
  const texts = shownTexts({ before: now, after: kept.before ?? undefined });
  const report = { harness: harness.name, file, ...texts, isWritten: !isDryRun };
  const text = `${file}\n${shownDiff(now, kept.before ?? '')}\n${isDryRun ? '' : 'Taken back.\n'}`;
  io.stdout(json ? jsonText('disconnect', report) : text);
  return EXIT.ok;
}

function gatewayUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)) return text.replace(/\/+$/u, '');
  throw new PointsmanError('request-invalid', `"${text}" is not an http address.`, {
    hint: 'As in: --url http://127.0.0.1:4141.',
  });
}
