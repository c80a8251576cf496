import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { digestOfFiles, findBroughtFiles, type BroughtFile, type BroughtKind } from './brought-files.ts';
import { describeBrought } from './describe-brought.ts';
import { liesIn, realPath } from './real-path.ts';
import { shown } from './shown.ts';
import { STORE_NAME } from './store-name.ts';
import { claimFile, claimStore, foreignStore, hasOwnStore, sharedStore } from './store-owner.ts';
import { openTrustFile } from './trust-file.ts';
import { userConfigDir, userDataDir } from './user-folders.ts';

/** What a folder brings, read once, and whether the user has said yes to exactly that. */
export interface FolderAdmission {
  /** Real path. */
  readonly folder: string;
  readonly brought: readonly BroughtFile[];
  readonly digest: string;
  /** True also where the folder brings nothing. */
  readonly isTrusted: boolean;
}

/**
 * The one gate between a folder and us. Whatever a folder brings that starts a program, reads the environment or changes
 * what is chosen or said is read through it, and through nothing else: a file that nobody has said yes to is as if it were
 * not there, and one that changed after the yes is asked for again.
 */
export interface FolderGate {
  admit(folder: string): FolderAdmission;
  /** Remembers the yes to what was shown, by its digest. @throws PointsmanError `config-invalid`, `folder-untrusted` */
  remember(admission: FolderAdmission): void;
  forget(folder: string): void;
  /**
   * Where a folder's jobs and records are kept where the user names no place: in one store for all folders, but for a folder
   * that has one of its own that is ours.
   */
  storeDir(folder: string): string;
  /** The same for keys and what is spent by them: jobs that begin in a folder, as its `store:` may have it, take no key out of force. */
  keysDir(folder: string): string;
  /** Says that we made this store, or this file of keys with this text. @throws PointsmanError */
  claim(place: string, text?: string): void;
}

export interface FolderGateOptions {
  readonly env: Environment;
  /** `all`: the caller vouches for every folder. Absent: only what the user has said yes to. */
  readonly accept?: 'all';
  /** Told once of each state of a folder whose files are left out. */
  readonly onLeftOut?: (admission: FolderAdmission) => void;
}

export function createFolderGate(options: FolderGateOptions): FolderGate {
  const { env } = options;
  const trusted = openTrustFile(userDataDir(env));
  /** What was accepted through this gate, for users whose memory cannot be written. */
  const accepted = new Set<string>();
  const reported = new Set<string>();
  const look = (folder: string): FolderAdmission => {
    const real = realPath(folder);
    const files = findBroughtFiles(real);
    const foreign = foreignStore(real, trusted);
    const brought = [...files, ...foreign];
    const digest = digestOfFiles(brought);
    const isRemembered = foreign.length === 0 && (files.length === 0 || trusted.read('folders', real) === digest);
    const isTrusted =
      options.accept === 'all' || isRemembered || accepted.has(`${real}\0${digest}`) || isListed(real, env);
    return { folder: real, brought, digest, isTrusted };
  };
  const dirOf = (folder: string, what: 'anything' | 'keys'): string => {
    const { folder: real, brought, isTrusted } = look(folder);
    const isOurs = isTrusted || brought.every(({ kind }) => kind !== 'store' && kind !== 'keys');
    return isOurs && hasOwnStore(real, what) ? path.join(folder, STORE_NAME) : sharedStore(folder, env, !isOurs);
  };
  return {
    admit(folder) {
      const admission = look(folder);
      const state = `${admission.folder}\0${admission.digest}`;
      if (!admission.isTrusted && !reported.has(state)) {
        reported.add(state);
        options.onLeftOut?.(admission);
      }
      return admission;
    },
    remember({ folder, digest, brought }) {
      // A store is known by its place alone: it must still be the one that was shown.
      if (brought.some(({ kind }) => kind === 'store') && look(folder).digest !== digest)
        throw changedMeanwhile(folder);
      accepted.add(`${folder}\0${digest}`);
      for (const { kind, file, text } of brought) {
        if (kind === 'store') claimStore(file, trusted);
        if (kind === 'keys') claimFile(file, text ?? '', trusted);
      }
      const files = brought.filter(({ kind }) => kind !== 'store' && kind !== 'keys');
      trusted.write('folders', folder, digestOfFiles(files));
    },
    forget(folder) {
      accepted.clear();
      trusted.write('folders', realPath(folder), undefined);
    },
    storeDir: (folder) => dirOf(folder, 'anything'),
    keysDir: (folder) => dirOf(folder, 'keys'),
    claim: (place, text) => (text === undefined ? claimStore(place, trusted) : claimFile(place, text, trusted)),
  };
}

function changedMeanwhile(folder: string): PointsmanError {
  return new PointsmanError('folder-untrusted', `What ${folder} brings has changed since it was shown.`, {
    hint: 'Look again, and say yes to what it is now.',
  });
}

/** Files of one kind that may be used, in order; none where the folder is not trusted. */
export function admitted(
  admission: FolderAdmission,
  kind: BroughtKind,
): readonly (BroughtFile & { readonly text: string })[] {
  if (!admission.isTrusted) return [];
  return admission.brought.filter(
    (file): file is BroughtFile & { readonly text: string } => file.kind === kind && file.text !== undefined,
  );
}

/** Text for the person who is asked or told: each file and what it would do. Safe for a terminal. */
export function describeAdmission(admission: FolderAdmission): string {
  return admission.brought
    .flatMap((file) => [`  ${shown(file.name)} (${file.kind})`, ...describeBrought(file).map((line) => `    ${line}`)])
    .join('\n');
}

/**
 * Folders that the user trusts whatever they bring, for machines without a person: one absolute path a line in
 * `trusted-folders` of the user's configuration folder; what lies below counts too.
 */
function isListed(folder: string, env: Environment): boolean {
  const dir = userConfigDir(env);
  if (dir === undefined) return false;
  return listedFolders(path.join(dir, 'trusted-folders')).some((listed) => liesIn(folder, listed));
}

function listedFolders(file: string): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/u);
    return lines
      .map((line) => line.trim())
      .filter((line) => path.isAbsolute(line))
      .map(realPath);
  } catch {
    return [];
  }
}
