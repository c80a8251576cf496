/** A file that was read once, at the gate: later readers see what was admitted, whatever is on the disk by then. */
export interface FileText {
  readonly file: string;
  readonly text: string;
}
