/** An agent file as its reader parts it: what stands between two lines `---`, blanks around them or not, and the rest. */
export function splitFrontMatter(text: string): { readonly head: string; readonly prompt: string } {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === '---');
  // One that does not end is refused by who reads it; until then all of it may be settings.
  if (end < 0) return { head: lines.slice(1).join('\n'), prompt: '' };
  return { head: lines.slice(1, end).join('\n'), prompt: lines.slice(end + 1).join('\n') };
}
