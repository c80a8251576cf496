/**
 * How much of a transcript is not text, in the units that vendors bill by. Pixels and durations are those of the file as it is
 * sent; `isAssumed`: it does not say, and a stated assumption stands in.
 */
export type MediaSize =
  | {
      readonly kind: 'image';
      readonly widthPx: number;
      readonly heightPx: number;
      /** How closely the caller wants it looked at; vendors without such a choice ignore it. */
      readonly detail: ImageDetail;
      readonly isAssumed: boolean;
    }
  | { readonly kind: 'pdf'; readonly pageCount: number; readonly isAssumed: boolean }
  | { readonly kind: 'audio' | 'video'; readonly durationMs: number; readonly isAssumed: boolean };

export type ImageDetail = 'auto' | 'low' | 'high' | 'original';
