import type { IncomingMessage } from 'node:http';
import { PointsmanError } from '../domain/errors.ts';
import { jsonIn } from '../domain/json.ts';

const MAX_BYTES = 16 * 1024;

/**
 * The small object that the page sends.
 * @throws PointsmanError `request-invalid` for what is too long or no object
 */
export async function readJsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new PointsmanError('request-invalid', 'The request is too long.');
    chunks.push(chunk);
  }
  const value = jsonIn(Buffer.concat(chunks).toString('utf8'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PointsmanError('request-invalid', 'The request is no JSON object.');
}
