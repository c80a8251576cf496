import type { MediaSize } from '../../../domain/media.ts';
import { base64Bytes } from './base64-bytes.ts';
import { durationMs } from './duration.ts';
import { imagePixels } from './image-pixels.ts';
import type { MediaPart } from './media-part.ts';
import { modalityOf } from './media.ts';
import { pdfPages } from './pdf-pages.ts';

/** Stands in where a file does not say: the largest square that Claude's standard tier keeps as it is. */
const ASSUMED_IMAGE = { widthPx: 1092, heightPx: 1092 } as const;
/** A document that nothing is known of, and what one page takes in a file. */
const ASSUMED_PAGES = 10;
const ASSUMED_BYTES_PER_PAGE = 100_000;
/** No assumption fills the window of 200,000 tokens that most models have. */
const MAX_ASSUMED_PAGES = 60;
const ASSUMED_MS = 60_000;
/** 128 kbit/s of sound; 2 Mbit/s of moving images. */
const ASSUMED_BYTES_PER_MS = { audio: 16, video: 250 } as const;

/** How much of a prompt it is, by its head alone; `undefined`: no media, such as an archive or a text. Bounded. */
export function measureMedia(part: MediaPart): MediaSize | undefined {
  const kind = modalityOf(part.mediaType);
  if (kind === undefined) return undefined;
  const bytes = part.data === undefined ? undefined : base64Bytes(part.data, part.dataStart);
  switch (kind) {
    case 'image': {
      const pixels = bytes && imagePixels(bytes);
      return { kind, ...(pixels ?? ASSUMED_IMAGE), detail: part.detail, isAssumed: pixels === undefined };
    }
    case 'pdf': {
      const pages = bytes && pdfPages(bytes);
      return { kind, pageCount: pages ?? assumedPages(bytes?.length), isAssumed: pages === undefined };
    }
    case 'audio':
    case 'video': {
      const known = bytes && durationMs(bytes);
      const assumed = bytes === undefined ? ASSUMED_MS : bytes.length / ASSUMED_BYTES_PER_MS[kind];
      return { kind, durationMs: known ?? assumed, isAssumed: known === undefined };
    }
  }
}

function assumedPages(byteCount: number | undefined): number {
  if (byteCount === undefined) return ASSUMED_PAGES;
  return Math.max(1, Math.min(MAX_ASSUMED_PAGES, Math.ceil(byteCount / ASSUMED_BYTES_PER_PAGE)));
}
