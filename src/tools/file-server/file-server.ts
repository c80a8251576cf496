import { promises as fs } from 'node:fs';
import path from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { toPointsmanError } from '../../domain/errors.ts';
import type { ReadRoot } from '../confine-path.ts';
import { applyPatch } from './apply-patch.ts';
import { MAX_RESULT_BYTES } from './bounded-lines.ts';
import { createFolder, deleteFile, editFile, moveFile, writeFile } from './change-files.ts';
import { fileInfo, listFolder, readFile, readTail, regularFile, treeOf } from './read-files.ts';
import { findFiles, searchText } from './search-files.ts';

const file = z.string().describe('Relative to the workspace, or absolute inside it');
const folder = file.default('.');
const count = z.number().int().positive();
const everything = z.boolean().default(false).describe('What .gitignore leaves out, too');

const edit = z.object({
  oldText: z.string().describe('Exactly as it stands in the file, at one place only'),
  newText: z.string(),
  all: z.boolean().default(false).describe('Replace it at every place'),
});

const READS = { readOnlyHint: true, openWorldHint: false };
const CHANGES = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };

/**
 * An MCP server for the files of one folder: every path is confined to it, every
 * result is bounded and says how to see more.
 * @param closed folders in it that no search looks into
 * @param readable places outside that it leads to, and that may be read
 */
export function createFileServer(root: string, closed: readonly string[], readable: readonly string[] = []): McpServer {
  const server = new McpServer({ name: 'pointsman-files', version: '1' });
  addReading(server, { root, readable });
  addSearching(server, root, closed);
  addChanging(server, root);
  return server;
}

function addReading(server: McpServer, root: ReadRoot): void {
  const read = {
    path: file,
    offset: count.default(1).describe('First line, from 1'),
    limit: count.optional().describe('How many lines'),
    head: count.optional().describe('The first lines only'),
    tail: count.optional().describe('The last lines only'),
  };
  server.registerTool(
    'read_text_file',
    {
      description: 'Reads a text file, whole or some of its lines. What does not fit says where to go on.',
      inputSchema: read,
      annotations: READS,
    },
    ({ path: named, offset, limit, head, tail }) =>
      answer(() =>
        tail === undefined
          ? readFile(root, named, { offset: head === undefined ? offset : 1, limit: head ?? limit })
          : readTail(root, named, tail),
      ),
  );
  server.registerTool(
    'read_multiple_files',
    {
      description: 'Reads several text files at once; one that cannot be read does not keep the others.',
      inputSchema: { paths: z.array(file).min(1) },
      annotations: READS,
    },
    ({ paths }) => answer(() => readSeveral(root, paths)),
  );
  server.registerTool(
    'read_media_file',
    { description: 'Shows an image, or hands out sound.', inputSchema: { path: file }, annotations: READS },
    ({ path: named }) => media(root, named),
  );
  server.registerTool(
    'list_directory',
    { description: 'Lists one folder, ignored files too.', inputSchema: { path: folder }, annotations: READS },
    ({ path: named }) => answer(() => listFolder(root, named)),
  );
  server.registerTool(
    'get_file_info',
    { description: 'Kind, size, mode and time of a file or folder.', inputSchema: { path: file }, annotations: READS },
    ({ path: named }) => answer(() => fileInfo(root, named)),
  );
}

function addSearching(server: McpServer, root: string, closed: readonly string[]): void {
  const tree = { path: folder, depth: count.optional().describe('How many levels'), everything };
  server.registerTool(
    'directory_tree',
    {
      description:
        'What lies in a folder and below it, without what .gitignore leaves out. Begin here in a strange project.',
      inputSchema: tree,
      annotations: READS,
    },
    ({ path: named, depth, everything: all }, { signal }) =>
      answer(() => treeOf(root, named, { depth, everything: all, closed, signal })),
  );
  server.registerTool(
    'search_files',
    {
      description: 'Finds files and folders by a glob of their name ("*.test.ts") or path ("src/**/*.ts").',
      inputSchema: { path: folder, pattern: z.string(), everything },
      annotations: READS,
    },
    ({ path: named, pattern, everything: all }, { signal }) =>
      answer(() => findFiles(root, named, pattern, { everything: all, closed, signal })),
  );
  server.registerTool(
    'search_text',
    {
      description: 'Finds lines by a regular expression, in all text files or those of a glob. Gives path:line: text.',
      inputSchema: {
        pattern: z.string().describe('A regular expression, for each line by itself'),
        path: folder,
        glob: z.string().optional().describe('Only files such as "*.py"'),
        ignoreCase: z.boolean().default(false),
        context: z.number().int().min(0).max(20).default(0).describe('Lines around each'),
        everything,
      },
      annotations: READS,
    },
    ({ path: named, everything: all, ...search }, { signal }) =>
      answer(() => searchText(root, named, { ...search, glob: search.glob, everything: all, closed, signal })),
  );
}

function addChanging(server: McpServer, root: string): void {
  server.registerTool(
    'write_file',
    {
      description: 'Writes a whole file: a new one, or over one that is there. For a few lines use edit_file.',
      inputSchema: { path: file, content: z.string() },
      annotations: CHANGES,
    },
    ({ path: named, content }) => answer(() => writeFile(root, named, content)),
  );
  server.registerTool(
    'edit_file',
    {
      description:
        'Replaces text in a file, at places that stand exactly once; all edits or none. Line ends and encoding are kept.',
      inputSchema: { path: file, edits: z.array(edit).min(1), dryRun: z.boolean().default(false) },
      annotations: CHANGES,
    },
    ({ path: named, edits, dryRun }) => answer(() => editFile(root, named, edits, dryRun)),
  );
  server.registerTool(
    'apply_patch',
    {
      description:
        'Changes several files at once, all or none: "*** Begin Patch", parts "*** Update|Add|Delete File: PATH" (and "*** Move to: PATH") with lines that begin with " ", "-" or "+", "@@ " and what stands above, "*** End Patch"; or a unified diff.',
      inputSchema: { patch: z.string() },
      annotations: CHANGES,
    },
    ({ patch }) => answer(() => applyPatch(root, patch)),
  );
  server.registerTool(
    'delete_file',
    { description: 'Deletes a file, or an empty folder.', inputSchema: { path: file }, annotations: CHANGES },
    ({ path: named }) => answer(() => deleteFile(root, named)),
  );
  server.registerTool(
    'move_file',
    {
      description: 'Moves or renames a file or folder; nothing is written over.',
      inputSchema: { source: file, destination: file },
      annotations: CHANGES,
    },
    ({ source, destination }) => answer(() => moveFile(root, source, destination)),
  );
  server.registerTool(
    'create_directory',
    {
      description: 'Makes a folder, and those above it. write_file does so by itself.',
      inputSchema: { path: file },
      annotations: { ...CHANGES, destructiveHint: false },
    },
    ({ path: named }) => answer(() => createFolder(root, named)),
  );
}

async function readSeveral(root: ReadRoot, paths: readonly string[]): Promise<string> {
  const texts: string[] = [];
  let byteCount = 0;
  for (const named of paths) {
    const text = await readFile(root, named, { offset: 1, limit: undefined }).catch(
      (thrown: unknown) => `Error - ${messageOf(thrown)}`,
    );
    byteCount += Buffer.byteLength(text);
    if (byteCount > MAX_RESULT_BYTES && texts.length > 0) {
      return `${texts.join('\n---\n')}\n[… ${texts.length} of ${paths.length} files; read the others by themselves …]`;
    }
    texts.push(`${named}:\n${text}\n`);
  }
  return texts.join('\n---\n');
}

const MEDIA: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.bmp': 'image/bmp',
  '.svg': 'image/svg+xml',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
  '.ogg': 'audio/ogg',
  '.flac': 'audio/flac',
};
const MAX_MEDIA_BYTES = 8 * 1024 * 1024;

async function media(root: ReadRoot, named: string): Promise<CallToolResult> {
  const mimeType = MEDIA[path.extname(named).toLowerCase()];
  try {
    const {
      file: real,
      stat: { size },
    } = await regularFile(root, named);
    if (mimeType === undefined || size > MAX_MEDIA_BYTES) {
      return failure(`request-invalid: ${named} is no image or sound that can be shown (${size} bytes).`);
    }
    const data = (await fs.readFile(real)).toString('base64');
    return { content: [{ type: mimeType.startsWith('image/') ? 'image' : 'audio', data, mimeType }] };
  } catch (thrown) {
    return failure(messageOf(thrown));
  }
}

async function answer(act: () => Promise<string>): Promise<CallToolResult> {
  try {
    return { content: [{ type: 'text', text: await act() }] };
  } catch (thrown) {
    return failure(messageOf(thrown));
  }
}

function failure(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/** Code, what happened, what to do; of the system its own words. */
function messageOf(thrown: unknown): string {
  const error = toPointsmanError(thrown);
  if (error.code === 'internal') return `request-invalid: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return `${error.code}: ${error.message}. ${error.hint ?? ''}`.trim();
}
