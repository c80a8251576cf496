import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { FolderReading } from '../../memory/memory-folder.ts';
import { openMemory, type MemoryFolder, type MemoryStore } from '../../memory/open-memory.ts';
import type { Embedder } from '../../predict/embedding/embedder.ts';
import type { Redactor } from '../../recorder/redact.ts';
import { realPath } from '../../trust/real-path.ts';
import { shownLine } from '../../trust/shown.ts';
import { userDataDir } from '../../trust/user-folders.ts';
import { openEmbedder } from '../open-predictor.ts';

export interface MemoriesOptions {
  readonly env: Environment;
  readonly redactor: Pick<Redactor, 'text'>;
  readonly onWarning?: ((error: PointsmanError) => void) | undefined;
  readonly now: () => number;
}

export interface Memories {
  /** Of the project in a folder, and of the user. */
  readonly of: (workspace: string) => MemoryStore;
  readonly close: () => Promise<void>;
}

/**
 * What is remembered, project by project; the encoder is shared, and opened when something is first recalled.
 * @throws PointsmanError `config-invalid` for a POINTSMAN_MEMORY that is neither a place nor `off`
 */
export function openMemories({ env, redactor, onWarning, now }: MemoriesOptions): Memories {
  let opening: Promise<Embedder | undefined> | undefined;
  const stores = new Map<string, MemoryStore>();
  const own = ownFolder(env);
  return {
    of: (workspace) => {
      const known = stores.get(workspace);
      if (known !== undefined) return known;
      const store = openMemory({
        folders: own === OFF ? [] : foldersFor(workspace, own, userDataDir(env)),
        openEmbedder: async () => (opening ??= openEmbedder({ env, onWarning })),
        isSecret: (text) => redactor.text(text) !== text,
        onPassedOver: (passedOver) => onWarning?.(notRead(passedOver)),
        now,
      });
      stores.set(workspace, store);
      return store;
    },
    close: async () => (await opening)?.close(),
  };
}

const MOST_NAMED = 3;

function notRead(passedOver: FolderReading['passedOver']): PointsmanError {
  const named = passedOver.slice(0, MOST_NAMED).map(({ file, why }) => `${shownLine(file)} (${why})`);
  const more = passedOver.length - named.length;
  return new PointsmanError(
    'record-unreadable',
    `Not read of what is remembered: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    { hint: 'See pointsman memory list.' },
  );
}

const OFF = 'off';

/** `POINTSMAN_MEMORY` names a folder of the user's own in place of the project's; `off`: nothing is remembered. */
function ownFolder(env: Environment): string | undefined {
  const said = env['POINTSMAN_MEMORY']?.trim() ?? '';
  if (said === '') return undefined;
  if (said === OFF) return OFF;
  // Whoever names a link means what it leads to.
  if (path.isAbsolute(said)) return realPath(said);
  throw new PointsmanError('config-invalid', `POINTSMAN_MEMORY is "${said}": neither an absolute path nor "${OFF}".`, {
    hint: 'Write the whole path of a folder, or off.',
  });
}

function foldersFor(workspace: string, own: string | undefined, user: string | undefined): readonly MemoryFolder[] {
  const ofProject =
    own === undefined
      ? { folder: path.join(workspace, '.pointsman/memory'), home: workspace }
      : { folder: own, home: own };
  return [
    { scope: 'project', ...ofProject },
    ...(user === undefined ? [] : [{ scope: 'user' as const, folder: path.join(user, 'memory'), home: user }]),
  ];
}
