/** What the shape of a text says beside its words; each value is about 0…1. */
export const STRUCTURE_COUNT = 14;

/** Length, numbers, options, negation, signs of code and maths: cheap, bounded, the same for every model. Pure. */
export function promptStructure(text: string): Float32Array {
  const cut = text.slice(0, 8000);
  const options = cut.split(/\n[A-D]\. /u);
  const lengths = options.slice(1).map((option) => option.length);
  return Float32Array.from([
    Math.log(1 + cut.length) / 9,
    Math.min(1, count(cut, /\d+/gu) / 20),
    Math.min(1, count(cut, /\n/gu) / 20),
    /\b(?:not|except|false|incorrect|least)\b/iu.test(options[0] ?? '') ? 1 : 0,
    lengths.length === 0 ? 0 : Math.log(1 + Math.max(...lengths)) / 7,
    lengths.length < 2 ? 0 : Math.log(1 + Math.max(...lengths) - Math.min(...lengths)) / 6,
    /_{3}/u.test(cut) ? 1 : 0,
    Math.min(1, count(cut, /\?/gu) / 3),
    /all of the above|none of the above/iu.test(cut) ? 1 : 0,
    /[=+*/^∫√]/u.test(cut) ? 1 : 0,
    /Statement 1/u.test(cut) ? 1 : 0,
    Math.min(1, count(cut, /[A-Z]{2,}/gu) / 10),
    Math.min(1, count(cut, /,/gu) / 20),
    Math.min(1, count(cut, /\b(?:each|per|every|twice|half|percent)\b|[%$]/gu) / 5),
  ]);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
