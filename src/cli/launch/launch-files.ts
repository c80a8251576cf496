import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { changedPaths } from '../../gateway/connect/format/config-format.ts';
import type {
  HarnessConfig,
  HarnessLaunch,
  LaunchCopy,
  LaunchedHarness,
  LaunchTarget,
} from '../../gateway/connect/harness.ts';
import { strongerThan } from '../../gateway/connect/stronger.ts';
import { shown } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import { readIfThere } from '../input/gateway-files.ts';
import { connection, harnessPlace } from '../input/harness-file.ts';
import { writeTemporary } from './temporary-file.ts';

const FOLDER = 'pointsman-launch';

/** What one process of a harness gets beside its own arguments, and what takes its files away again. */
interface LaunchFiles {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the harness has written into them, in a sentence: it goes with them. `undefined`: nothing. */
  readonly lost?: () => string | undefined;
  readonly remove: () => void;
}

/**
 * Writes what a harness reads for as long as it runs.
 * @throws PointsmanError `config-invalid` for a file of the user's that cannot be read; `request-invalid` where they name one of their
 * own in place of the only way to point the harness
 */
export function writeLaunchFiles(
  { file, copy }: Pick<HarnessLaunch, 'file' | 'copy'>,
  harness: LaunchedHarness,
  given: {
    readonly target: LaunchTarget;
    readonly io: Pick<CommandIo, 'cwd' | 'env' | 'stderr'>;
    readonly isGiven: (option: string) => boolean;
  },
): LaunchFiles {
  if (copy !== undefined) return writeCopy(copy, harness, given);
  if (file === undefined || (file.isRepeatable !== true && given.isGiven(file.option)))
    return { args: [], env: {}, remove: () => undefined };
  const written = writeTemporary(FOLDER, file.name, file.text);
  return { args: [file.option, written.file], env: {}, remove: written.remove };
}

function writeCopy(
  { config, without = [], movedTo, named }: LaunchCopy,
  harness: LaunchedHarness,
  { target, io, isGiven }: Parameters<typeof writeLaunchFiles>[2],
): LaunchFiles {
  if ('option' in named && isGiven(named.option)) {
    throw new PointsmanError('request-invalid', `${harness.program} takes one ${named.option}, which points it here.`, {
      hint: `Leave it out, or: pointsman serve and pointsman connect ${harness.name}.`,
    });
  }
  const place = harnessPlace(harness.name, io).files.find((one) => one.config === config);
  if (place === undefined) throw new PointsmanError('internal', `${harness.name} has no such file.`);
  const moved = movedTo?.(io.env) ?? '';
  const bare = { ...config, obsolete: [...(config.obsolete ?? []), ...without] };
  const { after } = connection({ ...place, config: bare, file: moved === '' ? place.file : moved }, target);
  for (const warning of strongerHere(harness, target, io)) io.stderr(`! ${warning}\n`);
  const written = writeTemporary(FOLDER, path.basename(config.file), after);
  return {
    args: 'option' in named ? [named.option, written.file] : [],
    env: 'env' in named ? named.env(written.file) : {},
    lost: () => lostText(harness, { config, file: place.file, copy: written.file, text: after }),
    remove: written.remove,
  };
}

interface WrittenCopy {
  readonly config: HarnessConfig;
  /** The user's own. */
  readonly file: string;
  readonly copy: string;
  /** What the copy said at the start. */
  readonly text: string;
}

const MOST_NAMED = 5;

/** By the names of settings: what they say may be a key. */
function lostText(harness: LaunchedHarness, { config, file, copy, text }: WrittenCopy): string | undefined {
  const now = textIn(copy);
  if (now === undefined || now === text) return undefined;
  const paths = pathsIn(config, text, now);
  if (paths.length === 0) return undefined;
  const more = paths.length > MOST_NAMED ? `, and ${paths.length - MOST_NAMED} more` : '';
  const names = `${paths.slice(0, MOST_NAMED).join(', ')}${more}`;
  return shown(
    `${harness.program} changed its settings (${names}) in the copy that it had for this session, which is gone: ${file} stands as it was.`,
  );
}

function textIn(file: string): string | undefined {
  try {
    return readIfThere(file);
  } catch {
    return undefined;
  }
}

function pathsIn({ format }: HarnessConfig, text: string, now: string): readonly string[] {
  try {
    return changedPaths(format, text, now);
  } catch {
    return ['in a form that is not read here'];
  }
}

/** What the folder brings that is read after the copy: such a session would go past the gateway, and nobody would see why. */
function strongerHere(harness: LaunchedHarness, target: LaunchTarget, io: Pick<CommandIo, 'cwd'>): readonly string[] {
  const folder = harness.stronger?.folder ?? [];
  const read = (_where: unknown, file: string): string | undefined => {
    try {
      return readIfThere(path.join(io.cwd, file));
    } catch {
      return undefined;
    }
  };
  return strongerThan({ ...harness, stronger: { folder } }, target, { env: {}, read });
}
