import { createInterface } from 'node:readline/promises';

interface TerminalStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** What Ctrl-C does: while a line is read, the terminal hands it to the reader. */
  readonly onInterrupt: () => void;
}

/** Asks for one line. No answer, which is an empty one, is also what an end of input is, and an interruption. */
export async function askAtTerminal(question: string, signal: AbortSignal, at: TerminalStreams): Promise<string> {
  const terminal = createInterface({ input: at.input, output: at.output });
  terminal.once('SIGINT', at.onInterrupt);
  const ended = new Promise<string>((resolve) => {
    terminal.once('close', () => resolve(''));
  });
  try {
    return await Promise.race([terminal.question(question, { signal }), ended]);
  } catch (thrown) {
    if (signal.aborted) return '';
    throw thrown;
  } finally {
    terminal.close();
  }
}
