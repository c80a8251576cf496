import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { PointsmanError, isPointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import {
  dayIn,
  dayText,
  FIRST_DAY,
  LAST_DAY,
  MEMORY_KINDS,
  MEMORY_SCOPES,
  type Memory,
  type MemoryScope,
} from '../../memory/memory-file.ts';
import type { FolderReading } from '../../memory/memory-folder.ts';
import type { MemoryStore } from '../../memory/open-memory.ts';
import { OFFERED_TOKENS } from '../../memory/recall.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import { readPlainFile } from '../../trust/plain-file.ts';
import { shownLine, shownLines } from '../../trust/shown.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { writePrivate } from '../input/gateway-files.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';

const FACTS = `Where: one markdown file a thing, in .pointsman/memory/ of the project and memory/ of your data folder; edit or delete them as you like.
  POINTSMAN_MEMORY names another folder in place of the project's, or says off.
Who reads: a job gets what fits its task, at most ${OFFERED_TOKENS} tokens, as notes and never as instructions; a harness reads pointsman://memory and
  pointsman://memory/WHAT-IT-IS-ABOUT. What has expired or looks like a secret is offered to nobody.
Who writes: you, and nobody else. "add --job" asks about each thing that a job decided; nothing is taken from a run by itself.
Import: what is there already stays as it is. What is of you, and so would be offered in every project of yours, is asked about first; where nobody
  can be asked it is left out unless --scope or --yes says so.`;

export const command: CliCommand = {
  name: 'memory',
  usage:
    '[list | show NAME | add TEXT | add --job JOB [--yes] | forget NAME | export FILE | import FILE [--yes]] [--kind fact|decision|convention] [--scope project|user] [--name NAME] [--expires YYYY-MM-DD] [--json] [--config FILE]',
  facts: FACTS,
  async run(args, io) {
    const asked = parseArguments(args);
    const shown = await withPointsman(io, { configFile: asked.config, looksOnly: true }, async (pointsman) =>
      act(asked, pointsman, io),
    );
    io.stdout(asked.json ? jsonText('memory', shown.data) : shown.text);
    return EXIT.ok;
  },
};

interface Asked {
  readonly action: string;
  readonly rest: readonly string[];
  readonly kind: Memory['kind'];
  readonly scope: MemoryScope | undefined;
  readonly name: string | undefined;
  readonly expiresAt: number | undefined;
  readonly job: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  readonly config: string | undefined;
}

/** @throws PointsmanError `request-invalid` */
function parseArguments(args: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      kind: { type: 'string', default: 'fact' },
      scope: { type: 'string' },
      name: { type: 'string' },
      expires: { type: 'string' },
      job: { type: 'string' },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  const [action = 'list', ...rest] = positionals;
  const kind = MEMORY_KINDS.find((one) => one === values.kind);
  const scope = MEMORY_SCOPES.find((one) => one === values.scope);
  const expiresAt = dayIn(values.expires);
  if (kind === undefined) throw unknown('--kind', values.kind, MEMORY_KINDS);
  if (values.scope !== undefined && scope === undefined) throw unknown('--scope', values.scope, MEMORY_SCOPES);
  if (values.expires !== undefined && expiresAt === undefined)
    throw unknown('--expires', values.expires, ['a day that there is as YYYY-MM-DD']);
  return { ...values, action, rest, kind, scope, expiresAt, name: values.name, job: values.job, config: values.config };
}

function unknown(option: string, given: string, known: readonly string[]): PointsmanError {
  return new PointsmanError('request-invalid', `${option} ${given} is not known.`, {
    hint: `Write ${known.join(' or ')}.`,
  });
}

interface Shown {
  readonly data: unknown;
  readonly text: string;
}

async function act(asked: Asked, pointsman: Pointsman, io: CommandIo): Promise<Shown> {
  const store = pointsman.memory(io.cwd);
  switch (asked.action) {
    case 'list':
      return list(store);
    case 'show':
      return show(store, one(asked, 'NAME'));
    case 'add':
      return asked.job === undefined ? add(store, asked) : addFromJob(store, asked, { pointsman, io, job: asked.job });
    case 'forget': {
      const name = one(asked, 'NAME');
      store.forget(name, asked.scope);
      return { data: { forgotten: name }, text: `Forgotten: ${name}\n` };
    }
    case 'export':
      return exportTo(store, path.resolve(io.cwd, one(asked, 'FILE')));
    case 'import':
      return importFrom(store, path.resolve(io.cwd, one(asked, 'FILE')), asked, io);
    default:
      throw unknown('memory', asked.action, ['list', 'show', 'add', 'forget', 'export', 'import']);
  }
}

function one({ rest, action }: Asked, what: string): string {
  const [only] = rest;
  if (only !== undefined && rest.length === 1) return only;
  throw new PointsmanError('request-invalid', `pointsman memory ${action} wants one ${what}.`, {
    hint: 'See pointsman memory list.',
  });
}

function list(store: MemoryStore): Shown {
  const { memories, passedOver } = store.read();
  const rows = memories.map(({ name, scope, kind, text, from, expiresAt }) => [
    name,
    scope,
    kind,
    String(estimateTokens(text)),
    from ?? '',
    expiresAt === undefined ? '' : dayText(expiresAt),
    text.replaceAll(/\s+/gu, ' ').slice(0, 60),
  ]);
  const columns = ['NAME', 'SCOPE', 'KIND', 'TOKENS', 'FROM', 'UNTIL', 'TEXT'].map((title) => ({ title }));
  const text =
    rows.length === 0
      ? 'Nothing is remembered here. pointsman memory add "…" does.\n'
      : `${textTable(columns, rows)}\n`;
  return { data: { memories, passedOver }, text: shownLines(`${text}${leftOut(passedOver)}`) };
}

function show(store: MemoryStore, name: string): Shown {
  const { memories, passedOver } = store.read();
  const found = memories.find((memory) => memory.name === name);
  const unread = passedOver.find(({ file }) => file === `${name}.md`);
  if (found === undefined && unread !== undefined)
    throw new PointsmanError('record-unreadable', `${unread.file} is not read: ${unread.why}.`, {
      hint: 'Mend the file, or forget it.',
    });
  if (found === undefined)
    throw new PointsmanError('not-found', `Nothing is remembered as "${name}".`, {
      hint: 'See pointsman memory list.',
    });
  return { data: found, text: shownLines(`${found.text}\n`) };
}

function add(store: MemoryStore, asked: Asked): Shown {
  const { kind, name, expiresAt, scope = 'project' } = asked;
  const file = store.add({ scope, kind, name, expiresAt, text: asked.rest.join(' '), from: 'a person' });
  return { data: { file }, text: `Remembered in ${file}\n` };
}

/** What a job decided is remembered where a person says yes to each, or with --yes to all. */
async function addFromJob(
  store: MemoryStore,
  { kind, scope = 'project', expiresAt, yes }: Asked,
  { pointsman, io, job }: { readonly pointsman: Pointsman; readonly io: CommandIo; readonly job: string },
): Promise<Shown> {
  const decisions = await pointsman.jobDecisions(asId<JobId>(job));
  const { ask } = io;
  if (!yes && ask === undefined)
    throw new PointsmanError('request-invalid', 'Nobody can be asked here what of it should be remembered.', {
      hint: 'Run it at a terminal, or add --yes for all of it.',
    });
  const files: string[] = [];
  for (const text of decisions) {
    const answer = yes ? 'y' : await ask?.(`Remember "${shownLine(text)}"? [y/N] `);
    if (!/^y/iu.test(answer ?? '')) continue;
    try {
      files.push(store.add({ scope, kind: kind === 'fact' ? 'decision' : kind, text, from: job, expiresAt }));
    } catch (thrown) {
      if (!isPointsmanError(thrown)) throw thrown;
      io.stderr(`Not remembered: ${thrown.message}\n`);
    }
  }
  return { data: { files, offered: decisions.length }, text: `Remembered ${files.length} of ${decisions.length}.\n` };
}

/** A day that a file can say. */
const day = z.number().min(FIRST_DAY).max(LAST_DAY);

const carried = z.object({
  v: z.literal(1),
  memories: z.array(
    z.object({
      name: z.string(),
      scope: z.enum(MEMORY_SCOPES),
      kind: z.enum(MEMORY_KINDS),
      text: z.string(),
      from: z.string().optional(),
      madeAt: day.optional(),
      expiresAt: day.optional(),
    }),
  ),
});

/** An older export may be written over, and nothing else of the user's. */
function exportTo(store: MemoryStore, file: string): Shown {
  const { memories, passedOver } = store.read();
  if (existsSync(file) && !carried.safeParse(readJson(file)).success) throw notExported(file);
  writePrivate(file, `${JSON.stringify({ v: 1, memories }, undefined, 1)}\n`);
  const text = `Wrote ${memories.length} memories to ${file}\n${leftOut(passedOver)}`;
  return { data: { file, count: memories.length, passedOver }, text };
}

function notExported(file: string): PointsmanError {
  return new PointsmanError('request-invalid', `${file} was not written by pointsman memory export.`, {
    hint: 'Name a file of pointsman memory export, or to export one that is not there yet.',
  });
}

function leftOut(passedOver: FolderReading['passedOver']): string {
  return passedOver.map(({ file, why }) => `  ! ${shownLine(file)} is not read: ${why}\n`).join('');
}

/** What is there already stays as it is, and is said; what would be offered everywhere is taken at a word alone. */
async function importFrom(store: MemoryStore, file: string, { scope, yes }: Asked, { ask }: CommandIo): Promise<Shown> {
  const parsed = carried.safeParse(readJson(file));
  if (!parsed.success) throw notExported(file);
  const kept: string[] = [];
  const left: { readonly name: string; readonly why: string }[] = [];
  const { memories } = parsed.data;
  const ofUser = memories.filter((memory) => memory.scope === 'user');
  const isTaken = yes || scope !== undefined || ofUser.length === 0 || (await takesOfUser(ofUser, ask));
  for (const memory of memories) {
    if (memory.scope === 'user' && !isTaken) {
      left.push({ name: memory.name, why: 'it would be offered in every project: --scope or --yes takes it' });
      continue;
    }
    try {
      kept.push(store.add({ ...memory, scope: scope ?? memory.scope, from: memory.from }));
    } catch (thrown) {
      if (!isPointsmanError(thrown)) throw thrown;
      left.push({ name: memory.name, why: thrown.message });
    }
  }
  const over = left.map(({ name, why }) => `  ! ${shownLine(name)}: ${why}\n`).join('');
  return { data: { kept, left }, text: shownLines(`Remembered ${kept.length}.\n${over}`) };
}

async function takesOfUser(memories: readonly { readonly text: string }[], ask: CommandIo['ask']): Promise<boolean> {
  const lines = memories.map(({ text }) => `  ${text.replaceAll(/\s+/gu, ' ').slice(0, 100)}\n`).join('');
  const question = `Of you, and so offered in every project of yours:\n${lines}Take them? [y/N] `;
  return /^y/iu.test((await ask?.(shownLines(question))) ?? '');
}

/** No export is as long: of both scopes as many memories as are read, each as long as JSON can make it. */
const MOST_CARRIED_BYTES = 32 * 1024 * 1024;

function readJson(file: string): unknown {
  const unreadable = (why: string, cause?: unknown): PointsmanError =>
    new PointsmanError('request-invalid', `${file} cannot be read: ${why}.`, {
      cause,
      hint: 'Name a file of pointsman memory export.',
    });
  const reading = readPlainFile(file, MOST_CARRIED_BYTES) ?? { why: 'there is none' };
  if ('why' in reading) throw unreadable(reading.why, reading.cause);
  try {
    return JSON.parse(reading.text);
  } catch (cause) {
    throw unreadable('it is no JSON', cause);
  }
}
