import { readFile } from 'node:fs/promises';
import { RequestError, type ReadTextFileRequest, type WriteTextFileRequest } from '@agentclientprotocol/sdk';
import { isPointsmanError, PointsmanError } from '../domain/errors.ts';
import { MAX_FILE_BYTES, writeFile } from '../tools/file-server/change-files.ts';
import { decodeText } from '../tools/file-server/file-text.ts';
import { regularFile } from '../tools/file-server/read-files.ts';
import type { HandsAsk, HandsStep } from './hands.ts';

type FilesStep = Pick<HandsStep, 'workspace' | 'judge'>;

/** A file of the workspace, whole or from a line on, as text: what is cut short would be written back so. */
export async function readText(step: FilesStep, { path, line, limit }: ReadTextFileRequest): Promise<string> {
  return asReply(path, async () => {
    await allowed(step, { kind: 'read', files: [path] });
    const { file, stat } = await regularFile({ root: step.workspace, readable: [] }, path);
    if (stat.size > MAX_FILE_BYTES) throw new PointsmanError('request-invalid', `${path} has ${stat.size} bytes`);
    const text = decodeText(await readFile(file))?.text;
    if (text === undefined) throw new PointsmanError('request-invalid', `${path} is binary`);
    if (line === undefined && limit === undefined) return text;
    const from = Math.max(0, (line ?? 1) - 1);
    return (text.match(/[^\n]*\n|[^\n]+$/gu) ?? []).slice(from, limit == null ? undefined : from + limit).join('');
  });
}

/** As the server of files writes: the encoding, the line ends and the mode of a file that is there stay. */
export async function writeText(step: FilesStep, { path, content }: WriteTextFileRequest): Promise<void> {
  await asReply(path, async () => {
    await allowed(step, { kind: 'edit', files: [path], content });
    await writeFile(step.workspace, path, content);
  });
}

async function allowed({ judge }: FilesStep, ask: HandsAsk): Promise<void> {
  const answer = await judge(ask);
  if (answer.kind === 'refused') throw new PointsmanError('tool-denied', answer.why);
}

/** Failures as the protocol spells them; what stops the job is none of them. */
async function asReply<Value>(path: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
    if (thrown.code === 'not-found') throw RequestError.resourceNotFound(path);
    if (thrown.code === 'request-invalid' || thrown.code === 'tool-denied')
      throw new RequestError(-32_603, `${thrown.code}: ${thrown.message}`);
    throw thrown;
  }
}
