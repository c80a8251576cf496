import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { openMemory, type MemoryFolder, type MemoryStore } from '../../memory/open-memory.ts';
import type { Embedder } from '../../predict/embedding/embedder.ts';
import type { Redactor } from '../../recorder/redact.ts';
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

/** What is remembered, project by project; the encoder is shared, and opened when something is first recalled. */
export function openMemories({ env, redactor, onWarning, now }: MemoriesOptions): Memories {
  let opening: Promise<Embedder | undefined> | undefined;
  const stores = new Map<string, MemoryStore>();
  return {
    of: (workspace) => {
      const known = stores.get(workspace);
      if (known !== undefined) return known;
      const store = openMemory({
        folders: foldersFor(workspace, env),
        openEmbedder: async () => (opening ??= openEmbedder({ env, onWarning })),
        isSecret: (text) => redactor.text(text) !== text,
        now,
      });
      stores.set(workspace, store);
      return store;
    },
    close: async () => (await opening)?.close(),
  };
}

/** `POINTSMAN_MEMORY` names a folder of the user's own in place of the project's; `off`: nothing is remembered. */
function foldersFor(workspace: string, env: Environment): readonly MemoryFolder[] {
  const said = env['POINTSMAN_MEMORY']?.trim() ?? '';
  if (said === 'off') return [];
  const own = path.isAbsolute(said)
    ? { folder: said, home: said }
    : { folder: path.join(workspace, '.pointsman/memory'), home: workspace };
  const user = userDataDir(env);
  return [
    { scope: 'project', ...own },
    ...(user === undefined ? [] : [{ scope: 'user' as const, folder: path.join(user, 'memory'), home: user }]),
  ];
}
