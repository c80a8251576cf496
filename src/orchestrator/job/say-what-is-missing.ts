import type { ToolRegistry } from '../../tools/tool-registry.ts';
import { noteKey } from '../model/job-facts.ts';
import type { openPlace } from './job-place.ts';

/** A server that is not there is no reason to stop, and none to be silent. */
export async function sayWhatIsMissing(
  { services, entry, onNote }: Parameters<typeof openPlace>[0],
  { unavailable }: ToolRegistry,
): Promise<void> {
  for (const { server, why, hint } of unavailable) {
    const text = `The tool server ${server} is not there: ${why}. ${hint}`;
    onNote(text);
    await services.journal.settle(entry.jobId, noteKey(`server/${server}`), text);
  }
}
