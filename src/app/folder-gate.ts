import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { createFolderGate, type FolderAdmission, type FolderGate } from '../trust/folder-gate.ts';
import type { PointsmanOptions } from './pointsman-options.ts';

/** The caller's gate, or one that knows what the user has said yes to and warns of what it leaves out. */
export function gateOf(options: Pick<PointsmanOptions, 'gate' | 'onWarning'>, env: Environment): FolderGate {
  const onLeftOut = (admission: FolderAdmission): void => options.onWarning?.(leftOut(admission));
  return options.gate ?? createFolderGate({ env, onLeftOut });
}

/** What a user is told of a folder whose files are not used. */
export function leftOut({ folder, brought }: FolderAdmission): PointsmanError {
  const names = brought.map(({ name }) => name).join(', ');
  return new PointsmanError('folder-untrusted', `Left out, because nobody has said yes to it: ${names} of ${folder}.`, {
    hint: `See what it would do, and say yes: pointsman trust ${folder}`,
  });
}

/**
 * A policy file that a folder's configuration names is read again for each job: it must still be what the user said yes to.
 * @throws PointsmanError `folder-untrusted`
 */
export function checkBroughtPolicy(gate: FolderGate, config: Pick<Config, 'file' | 'fileOrigin'>, file: string): void {
  if (config.fileOrigin !== 'folder' || config.file === undefined) return;
  const admission = gate.admit(path.dirname(config.file));
  const isBrought = admission.brought.some((one) => one.kind === 'policy' && one.file === file);
  if (isBrought && !admission.isTrusted) throw leftOut(admission);
}

/** A store that cannot be remembered as ours is used all the same: the next run will ask for it. */
export function claimStoreOrWarn(gate: FolderGate, dir: string, onWarning: (error: PointsmanError) => void): void {
  try {
    gate.claim(dir);
  } catch (thrown) {
    onWarning(toPointsmanError(thrown));
  }
}
