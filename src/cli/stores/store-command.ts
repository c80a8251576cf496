import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { copyStore, type CopyReport } from '../../app/stores/copy-store.ts';
import { openShelves } from '../../app/stores/open-shelves.ts';
import type { StoreConfig } from '../../config/config.ts';
import { Secret } from '../../config/secret.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { createFolderGate } from '../../trust/folder-gate.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';
import {
  folderStoreLine,
  mergeFolderStore,
  requireFolderStore,
  type FolderStore,
  type MergeReport,
} from './merge-store.ts';
import { noteAct } from './note-act.ts';

export const command: CliCommand = {
  name: 'store',
  usage: 'copy FROM TO [--merge] | merge [FOLDER] [--yes] [--json]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        merge: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [verb, from, to] = positionals;
    if (verb === 'merge' && positionals.length <= 2) {
      const report = await mergeOnYes(path.resolve(io.cwd, from ?? '.'), values.yes, io);
      io.stdout(values.json ? jsonText('store', report) : mergeText(report));
      return EXIT.ok;
    }
    if (verb !== 'copy' || from === undefined || to === undefined || positionals.length > 3) {
      throw new PointsmanError('request-invalid', 'Say what to copy where: pointsman store copy FROM TO.', {
        hint: "Or: pointsman store merge, for a folder's own store. FROM and TO are a folder, postgres://…, or '${NAME}' of a variable that holds one.",
      });
    }
    const report = await copy(placeOf(from, io), placeOf(to, io), { merge: values.merge, io });
    io.stdout(values.json ? jsonText('store', report) : copyText(report));
    return EXIT.ok;
  },
};

/** `${NAME}` is that variable: a password in an argument is seen by who lists processes. */
function placeOf(given: string, { env, cwd }: CommandIo): string {
  const name = /^\$\{(\w+)\}$/u.exec(given)?.[1];
  const place = name === undefined ? given : env[name];
  if (place === undefined || place === '') {
    throw new PointsmanError('request-invalid', `The variable ${name ?? given} is not set.`);
  }
  return place.includes('://') ? place : path.resolve(cwd, place);
}

async function copy(
  from: string,
  to: string,
  { merge, io }: { readonly merge: boolean; readonly io: CommandIo },
): Promise<CopyReport> {
  if (real(from) === real(to)) throw new PointsmanError('request-invalid', 'A store is not copied into itself.');
  const gate = createFolderGate({ env: io.env });
  const claim = (place: string, text?: string): void => gate.claim(place, text);
  const source = await openShelves(from, { mustExist: true, claim: () => undefined });
  try {
    const target = await openShelves(to, { mustExist: false, claim });
    try {
      const [machine, targetMachine] = [machineOf(from), machineOf(to)];
      const report = await copyStore(source, target, { merge, machine, targetMachine, signal: io.signal });
      await noteAct(
        io,
        { store: storeAt(to), gate },
        { act: 'store-copied', subject: source.place, detail: { merge } },
      );
      return report;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function storeAt(place: string): StoreConfig {
  return place.includes('://')
    ? { kind: 'postgres', url: new Secret(place, 'the address of a store') }
    : { kind: 'sqlite', dir: place };
}

/** @throws PointsmanError `request-invalid` where nobody says yes */
async function mergeOnYes(folder: string, yes: boolean, io: CommandIo): Promise<MergeReport> {
  const store = await requireFolderStore(folder, io);
  const question = `${folderStoreLine(store)}\nMerge it now? Its files are set aside, none is removed. [y/N] `;
  const answer = yes ? 'y' : ((await io.ask?.(question)) ?? '');
  if (/^y(es)?$/iu.test(answer.trim())) return merge(store, io);
  throw new PointsmanError('request-invalid', 'Nothing was merged: nobody said yes.', {
    hint: 'pointsman store merge --yes',
  });
}

async function merge(found: FolderStore, io: CommandIo): Promise<MergeReport> {
  const report = await mergeFolderStore(found, io);
  const at = { store: storeAt(found.target), gate: createFolderGate({ env: io.env }) };
  const { asideDir, keptApart } = report;
  const detail = { asideDir, keptApart: keptApart.join(' ') };
  await noteAct(io, at, { act: 'store-merged', subject: found.dir, detail });
  return report;
}

function mergeText(report: MergeReport): string {
  const keys =
    report.keptApart.length === 0
      ? ''
      : `Not taken, as the other store has its own: ${report.keptApart.join(', ')}. They lie there too.\n`;
  return `${copyTable(report)}The old files lie in ${report.asideDir}: remove them when you miss nothing.\n${keys}`;
}

function machineOf(place: string): string {
  return place.includes('://') ? '' : hostname();
}

function real(place: string): string {
  try {
    return realpathSync(place);
  } catch {
    return place;
  }
}

function copyText(report: CopyReport): string {
  return `${copyTable(report)}Nothing was removed from ${report.from}. What jobs changed in files can be taken back on the machine that did it alone.\n`;
}

function copyTable({ from, to, resumed, shelves, money }: CopyReport): string {
  const rows = shelves
    .filter((shelf) => shelf.from > 0 || shelf.to > 0)
    .map((shelf) => [shelf.name, String(shelf.from), String(shelf.to)]);
  const table = textTable(
    [{ title: 'ROWS' }, { title: 'FROM', align: 'right' }, { title: 'TO', align: 'right' }],
    rows,
  );
  const note =
    money === 'added' ? '' : 'Sums of money of this store had been added before, and were not added again.\n';
  return `${resumed ? 'Went on with a copy that was broken off. ' : ''}Copied ${from} to ${to}.\n\n${table}\n${note}`;
}
