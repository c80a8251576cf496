/** Where the model's name stands in a form, as bytes of it. */
export interface FormModel {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface FormReader {
  /** The next such field in what has arrived by now; `undefined`: not there yet. */
  look(held: Buffer): FormModel | undefined;
}

const MAX_BOUNDARY_CHARS = 200;
const MAX_NAME_BYTES = 400;
/** A part whose head is longer is none of ours. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const MODEL_FIELD =
  /content-disposition\s*:\s*form-data\s*;(?=[^\r\n]*\bname\s*=\s*"?model"?(?:;|\s|$))(?![^\r\n]*\bfilename\*?=)/iu;

/**
 * Finds the field `model` in a form (RFC 7578) as it arrives, and looks at no byte twice: a file may stand before it.
 * `undefined`: the content type is of no form.
 */
export function createFormReader(contentType: string | undefined): FormReader | undefined {
  const found = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/iu.exec(contentType ?? '');
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined || boundary.length > MAX_BOUNDARY_CHARS) return undefined;
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  /** Where the head of the part begins that is being looked at. */
  let part = delimiter.length - 2;
  /** No delimiter ends this part before here. */
  let lookedTo = 0;
  return {
    look(held) {
      for (;;) {
        const headEnd = held.subarray(0, part + MAX_HEAD_BYTES).indexOf(HEAD_END, part);
        if (headEnd < 0) return undefined;
        const start = headEnd + HEAD_END.length;
        const isModel = MODEL_FIELD.test(held.subarray(part, headEnd).toString('latin1'));
        // The delimiter may begin with the line break that ends the head.
        const from = Math.max(start - 2, lookedTo);
        const end = held.indexOf(delimiter, from);
        if (end < 0) {
          lookedTo = Math.max(from, held.length - delimiter.length);
          return undefined;
        }
        part = end + delimiter.length;
        lookedTo = part;
        if (isModel) {
          const stop = Math.max(start, Math.min(end, start + MAX_NAME_BYTES));
          return { name: held.subarray(start, stop).toString('utf8'), start, end: stop };
        }
      }
    },
  };
}
