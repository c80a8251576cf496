/** What a command's `--json` carries inside its envelope. */
export function dataOf(text: string): unknown {
  return (JSON.parse(text) as { readonly data: unknown }).data;
}
