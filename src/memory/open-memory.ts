import { createHash } from 'node:crypto';
import { PointsmanError } from '../domain/errors.ts';
import type { At, Tokens } from '../domain/time.ts';
import type { Embedder } from '../predict/embedding/embedder.ts';
import type { Memory, MemoryKind, MemoryScope } from './memory-file.ts';
import { readFolder, removeFromFolder, writeToFolder, type FolderReading } from './memory-folder.ts';
import { indexOf, recall, type IndexedMemory } from './recall.ts';

/** Where memories of a scope lie, and the folder that they may not lead out of. */
export interface MemoryFolder {
  readonly scope: MemoryScope;
  readonly folder: string;
  readonly home: string;
}

export interface MemoryToAdd {
  readonly scope: MemoryScope;
  readonly kind: MemoryKind;
  readonly text: string;
  /** Absent: made of its first words. */
  readonly name?: string | undefined;
  readonly from: string | undefined;
  /** Absent: it is made now. */
  readonly madeAt?: At | undefined;
  readonly expiresAt?: At | undefined;
}

/** What is remembered, over both scopes. Files are read each time: they are the user's, who may have changed them. */
export interface MemoryStore {
  read(): FolderReading;
  /** What a text needs of it. What has expired is not offered. Never rejects. */
  recall(text: string, maxTokens: Tokens): Promise<readonly Memory[]>;
  /** @returns its file @throws PointsmanError `request-invalid` for what looks like a secret, is too long or is there already */
  add(memory: MemoryToAdd): string;
  /** @throws PointsmanError `not-found` */
  forget(name: string, scope: MemoryScope | undefined): void;
}

export interface MemoryOptions {
  readonly folders: readonly MemoryFolder[];
  /** Opened when something is to be recalled; `undefined`: words alone count. */
  readonly openEmbedder: () => Promise<Embedder | undefined>;
  readonly isSecret: (text: string) => boolean;
  /** Told once, when something is recalled, of what is left out. */
  readonly onPassedOver?: (passedOver: FolderReading['passedOver']) => void;
  readonly now: () => At;
}

/** Vectors that are kept: of a text they never change. */
const KEPT_VECTORS = 2000;

export function openMemory({ folders, openEmbedder, isSecret, onPassedOver, now }: MemoryOptions): MemoryStore {
  const holdsSecret = ({ name, from, text }: Pick<MemoryToAdd, 'name' | 'from' | 'text'>): boolean =>
    [name, from, text].some((one) => one !== undefined && isSecret(one));
  const read = (): FolderReading => readSafe(folders, holdsSecret);
  let isReported = false;
  const report = ({ passedOver }: FolderReading): void => {
    if (isReported || passedOver.length === 0) return;
    isReported = true;
    onPassedOver?.(passedOver);
  };
  const vectorsOf = rememberingVectors(openEmbedder);
  const folderOf = (scope: MemoryScope): MemoryFolder => {
    const found = folders.find((one) => one.scope === scope);
    if (found !== undefined) return found;
    throw new PointsmanError('request-invalid', `There is no folder for memories of the ${scope}.`, {
      hint: 'POINTSMAN_MEMORY is off, or neither HOME nor XDG_DATA_HOME is an absolute path.',
    });
  };
  return {
    read,
    recall: async (text, maxTokens) => {
      const reading = read();
      report(reading);
      const memories = reading.memories.filter(
        ({ expiresAt, text: own }) => own !== '' && (expiresAt ?? Infinity) > now(),
      );
      if (memories.length === 0) return [];
      const [vector, ...others] = await vectorsOf([text, ...memories.map((one) => one.text)]);
      const indexed = memories.map((memory, at): IndexedMemory => ({
        memory,
        ...indexOf(memory.text),
        vector: others[at],
      }));
      return recall(indexed, { text, vector, maxTokens });
    },
    add: (memory) => {
      const text = memory.text.trim();
      if (text === '')
        throw new PointsmanError('request-invalid', 'There is nothing to remember.', { hint: 'Say it in quotes.' });
      if (holdsSecret(memory))
        throw new PointsmanError('request-invalid', 'This holds what looks like a secret; memories never do.', {
          hint: 'Say where it is kept, and not what it is.',
        });
      const { folder, home } = folderOf(memory.scope);
      const name = memory.name ?? nameFor(text);
      const { kind, scope, from, expiresAt } = memory;
      return writeToFolder(folder, { name, scope, kind, text, from, madeAt: memory.madeAt ?? now(), expiresAt }, home);
    },
    forget: (name, scope) => {
      const at = scope ?? read().memories.find((one) => one.name === name)?.scope ?? folders[0]?.scope ?? 'project';
      const { folder, home } = folderOf(at);
      removeFromFolder(folder, name, home);
    },
  };
}

/** What has a secret in it is nobody's to be offered, whoever wrote it there. */
function readSafe(folders: readonly MemoryFolder[], holdsSecret: (memory: Memory) => boolean): FolderReading {
  const readings = folders.map(({ folder, scope, home }) => readFolder(folder, scope, home));
  const [safe, secret] = [false, true].map((is) =>
    readings.flatMap(({ memories }) => memories.filter((memory) => holdsSecret(memory) === is)),
  );
  const passedOver = readings.flatMap((one) => one.passedOver);
  const hidden = (secret ?? []).map(({ name }) => ({ file: `${name}.md`, why: 'it holds what looks like a secret' }));
  return { memories: safe ?? [], passedOver: [...passedOver, ...hidden] };
}

/** Vectors of texts, each made once; `undefined` where there is no encoder. Never rejects. */
function rememberingVectors(
  openEmbedder: MemoryOptions['openEmbedder'],
): (texts: readonly string[]) => Promise<readonly (Float32Array | undefined)[]> {
  const vectors = new Map<string, Float32Array>();
  let opening: Promise<Embedder | undefined> | undefined;
  return async (texts) => {
    try {
      const embedder = await (opening ??= openEmbedder());
      if (embedder === undefined) return texts.map(() => undefined);
      const missing = [...new Set(texts.filter((text) => !vectors.has(text)))];
      const made = missing.length === 0 ? [] : await embedder.embed(missing);
      const known = texts.map((text) => vectors.get(text) ?? made[missing.indexOf(text)]);
      if (vectors.size + made.length > KEPT_VECTORS) vectors.clear();
      for (const [at, vector] of made.entries()) vectors.set(missing[at] ?? '', vector);
      return known;
    } catch {
      return texts.map(() => undefined);
    }
  };
}

/** Its first words, and a few signs that tell it from others that begin alike. */
function nameFor(text: string): string {
  const words = (text.toLowerCase().match(/[a-z0-9]+/gu) ?? ['note']).slice(0, 5).join('-').slice(0, 50);
  return `${words}-${createHash('sha256').update(text).digest('hex').slice(0, 4)}`;
}
