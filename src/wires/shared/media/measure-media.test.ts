import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gifOf, jpegOf, mp3Of, mp4Of, pdfOf, pngOf, wavOf, webpOf } from '../../../testing/internal/media-files.ts';
import { measureMedia } from './measure-media.ts';
import { elsewhere, partFromData, partFromUrl } from './media-part.ts';

const ofData = (mediaType: string, file: Buffer): ReturnType<typeof measureMedia> =>
  measureMedia(partFromData(file.toString('base64'), mediaType));

const px = fc.integer({ min: 1, max: 16_000 });

test('the size of an image is read from its head, whatever stands before the frame', () => {
  const kind = fc.constantFrom('png', 'jpeg', 'progressive', 'gif', 'VP8 ', 'VP8L', 'VP8X');
  fc.assert(
    fc.property(kind, px, px, fc.integer({ min: 0, max: 200_000 }), (format, width, height, padBytes) => {
      const file =
        format === 'png'
          ? pngOf(width, height, padBytes)
          : format === 'jpeg' || format === 'progressive'
            ? jpegOf(width, height, padBytes, format === 'progressive')
            : format === 'gif'
              ? gifOf(width, height)
              : webpOf(format, width, height);
      const size = { kind: 'image', widthPx: width, heightPx: height, detail: 'auto', isAssumed: false };
      // The declared type is often wrong; the file knows.
      expect(ofData('image/jpeg', file)).toEqual(size);
      const url = `data:image/webp;base64,${file.toString('base64')}`;
      expect(measureMedia(partFromUrl(url, 'image/*'))).toEqual(size);
    }),
    { numRuns: 200 },
  );
});

test.each([0, 40_000, 3_000_000])('pages are counted where a PDF says them, %i bytes in', (padBytes) => {
  expect(ofData('application/pdf', pdfOf(37, padBytes))).toEqual({ kind: 'pdf', pageCount: 37, isAssumed: false });
});

test.each([
  ['audio/wav', wavOf(12), 'audio', 12_000],
  ['audio/mpeg', mp3Of(9), 'audio', 9000],
  ['video/mp4', mp4Of(30, true), 'video', 30_000],
  ['video/mp4', mp4Of(30, false, 2_000_000), 'video', 30_000],
] as const)('%s says how long it plays', (mediaType, file, kind, durationMs) => {
  const size = ofData(mediaType, file);
  expect(size).toMatchObject({ kind, isAssumed: false });
  expect(size?.kind === kind ? size.durationMs : 0).toBeCloseTo(durationMs, -1);
});

test('what says nothing is assumed, and says so', () => {
  const noise = Buffer.alloc(300_000, 7);
  expect(ofData('image/png', noise)).toMatchObject({ kind: 'image', widthPx: 1092, isAssumed: true });
  expect(ofData('application/pdf', noise)).toMatchObject({ kind: 'pdf', pageCount: 3, isAssumed: true });
  expect(ofData('audio/ogg', noise)).toMatchObject({ kind: 'audio', isAssumed: true });
  expect(measureMedia(elsewhere('image/*'))).toMatchObject({ kind: 'image', isAssumed: true });
  expect(measureMedia(partFromUrl('https://example.com/a.pdf?x=1', 'image/*'))).toMatchObject({ kind: 'pdf' });
  expect(measureMedia(elsewhere('application/zip'))).toBeUndefined();
});

test('no bytes, cut or scrambled, make it fail or size beyond reason', () => {
  const type = fc.constantFrom('image/png', 'application/pdf', 'audio/mpeg', 'video/mp4');
  const heads = [pngOf(9, 9), jpegOf(9, 9, 500), gifOf(9, 9), webpOf('VP8X', 9, 9), pdfOf(3), mp4Of(3, true)];
  fc.assert(
    fc.property(
      type,
      fc.constantFrom(...heads),
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(100),
      (kind, head, noise, at) => {
        const file = Buffer.concat([head.subarray(0, at), Buffer.from(noise), head.subarray(at)]);
        expect(ofData(kind, file.subarray(0, at * 3))).toBeDefined();
        expect(measureMedia(partFromData(`${file.toString('base64').slice(0, at)}!!`, kind))).toBeDefined();
      },
    ),
    { numRuns: 500 },
  );
});
