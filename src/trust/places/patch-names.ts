/** Lines by which patches name the files that they change. */
const NAMING: readonly RegExp[] = [
  /^\*{3} (?:Add|Update|Delete|Move)(?: File| to)?: ?(.+)$/u,
  /^(?:\+\+\+|---) (?:[ab]\/)?([^\t]+)/u,
  /^(?:rename|copy) (?:from|to) (.+)$/u,
  /^diff --git (?:a\/)?(.+?) (?:b\/)?(.+)$/u,
  /^Index: (.+)$/u,
];
/** Every line that a patch may have: what is kept, added and taken away, and what stands between. */
const OF_PATCH =
  /^(?:$|[ +\-\\]|@@|\*{3} |diff |index |Index: |=+$|(?:new|deleted|old) (?:file )?mode |(?:dis)?similarity |(?:rename|copy) |Binary files |GIT binary patch)/u;

/** The files that a patch names, as written. */
export function patchNames(lines: readonly string[]): readonly string[] {
  return lines
    .flatMap((line) => NAMING.flatMap((shape) => shape.exec(line)?.slice(1) ?? []))
    .map((name) => name.trim());
}

/** Whether a text can be shown to be a patch, and nothing else: it names a file, and each of its lines is one of a patch. */
export function isPatch(lines: readonly string[]): boolean {
  return patchNames(lines).length > 0 && lines.every((line) => OF_PATCH.test(line));
}
