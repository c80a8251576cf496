import type { Base64Bytes } from './base64-bytes.ts';

/** Bytes that are looked at: a linearized file says its pages at the start, others mostly near the end. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 192 * 1024;

const LINEARIZED = /\/Linearized\b[^>]{0,300}?\/N\s+(\d{1,5})\b/u;
const PAGE_TREES = [
  /\/Type\s*\/Pages\b[^>]{0,2000}?\/Count\s+(\d{1,5})\b/gu,
  /\/Count\s+(\d{1,5})\b[^>]{0,2000}?\/Type\s*\/Pages\b/gu,
];
const ONE_PAGE = /\/Type\s*\/Page\b/gu;

/** How many pages a PDF has, by what stands uncompressed at both its ends. `undefined`: it does not show. Bounded. */
export function pdfPages(bytes: Base64Bytes): number | undefined {
  const head = bytes.read(0, HEAD_BYTES).toString('latin1');
  if (!head.slice(0, 1024).includes('%PDF-')) return undefined;
  const linearized = Number(LINEARIZED.exec(head.slice(0, 2048))?.[1] ?? 0);
  if (linearized > 0) return linearized;
  const tailAt = Math.max(HEAD_BYTES, bytes.length - TAIL_BYTES);
  const tail = tailAt < bytes.length ? bytes.read(tailAt, TAIL_BYTES).toString('latin1') : '';
  const counts = [head, tail].flatMap((text) =>
    PAGE_TREES.flatMap((tree) => [...text.matchAll(tree)].map((match) => Number(match[1]))),
  );
  // The root of the tree counts all pages, its branches their own.
  const most = Math.max(0, ...counts);
  if (most > 0) return most;
  const isWhole = tailAt <= HEAD_BYTES;
  const seen = [...head.matchAll(ONE_PAGE), ...tail.matchAll(ONE_PAGE)].length;
  return isWhole && seen > 0 ? seen : undefined;
}
