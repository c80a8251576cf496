import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './copy-of-tree.ts';

/** Where a picture of the documentation stands. */
export function docsPicture(name: string): string {
  return path.join(ROOT, 'docs', 'images', name);
}

/** Set, tests draw the pictures of the documentation anew in place of comparing them. */
export const DRAWS_PICTURES: boolean = process.env['POINTSMAN_SCREENSHOTS'] !== undefined;

/** Width, height and bytes of a PNG, from its head. */
export function pngShape(file: string): {
  readonly width: number;
  readonly height: number;
  readonly byteCount: number;
} {
  const bytes = readFileSync(file);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), byteCount: bytes.length };
}
