import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { parseBody } from '../../wires/shared/json-bytes.ts';
import type { ByteBudget } from '../core/byte-budget.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { headersToUpstream } from '../upstream/forward-headers.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import type { SideTarget } from './find-endpoint.ts';
import { pathAt } from './own-address.ts';
import type { SideCall } from './side-call.ts';

const LINE_FEED = 0x0a;
const SPACE = 0x20;

/**
 * Looks at each line of a batch's file at its keeper, one line in memory at a time.
 * @param look throws for what must not be sent
 * @throws PointsmanError `request-invalid` for a file that nobody can look at, and what `look` throws
 */
export async function readBatchFile(
  core: GatewayCore,
  call: SideCall & { readonly file: string },
  target: SideTarget,
  look: (line: Fields) => void,
): Promise<void> {
  const answer = await open(core, call, target);
  if (answer.status !== 200) {
    answer.abort();
    throw new PointsmanError('request-invalid', `The file "${call.file.slice(0, 100)}" cannot be read back.`, {
      hint: `The endpoint answered ${answer.status}; what its requests name can be seen nowhere else.`,
    });
  }
  const { maxBodyBytes, maxUploadBytes, maxDepthCount } = core.deps.settings;
  let count = 0;
  const limits = { maxLineBytes: maxBodyBytes, maxBytes: maxUploadBytes, budget: core.bodies.plain };
  await readLines(answer, limits, (bytes) => {
    count += 1;
    try {
      look(parseBody(bytes, maxDepthCount));
    } catch (thrown) {
      const { code, message, hint } = toPointsmanError(thrown);
      throw new PointsmanError(code, `Line ${count} of the batch: ${message}`, hint === undefined ? {} : { hint });
    }
  });
}

async function open(
  core: GatewayCore,
  call: SideCall & { readonly file: string },
  target: SideTarget,
): Promise<UpstreamAnswer> {
  const { wire } = call.match.route;
  const { endpoint, key } = target;
  return core.upstream.open(endpoint, {
    method: 'GET',
    path: pathAt(call, target, `/files/${encodeURIComponent(call.file)}/content`),
    headers: headersToUpstream({ headers: {}, wire }, { endpoint, wire, key }),
    body: undefined,
    signal: call.abort.signal,
  });
}

const tooLarge = (message: string): PointsmanError =>
  new PointsmanError('request-invalid', `${message}: what it names cannot be seen.`);

const noRoom = (): PointsmanError =>
  new PointsmanError('provider-unavailable', 'This gateway holds as many bodies as it may; send the request again.', {
    details: { status: 529, retryAfterMs: 1000 },
  });

interface LineLimits {
  readonly maxLineBytes: number;
  readonly maxBytes: number;
  /** What a line takes that has not ended. */
  readonly budget: ByteBudget;
}

async function readLines(
  answer: UpstreamAnswer,
  { maxLineBytes, maxBytes, budget }: LineLimits,
  take: (line: Buffer) => void,
): Promise<void> {
  const pieces: Buffer[] = [];
  let lineBytes = 0;
  let bytes = 0;
  const endLine = (): void => {
    const line = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    pieces.length = 0;
    budget.giveBack(lineBytes);
    lineBytes = 0;
    if (line.some((byte) => byte > SPACE)) take(line);
  };
  const push = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(`The file is larger than ${maxBytes} bytes`);
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      pieces.push(chunk.subarray(start, end));
      endLine();
      start = end + 1;
    }
    const restBytes = chunk.length - start;
    if (lineBytes + restBytes > maxLineBytes) {
      throw tooLarge(`A line of the file is longer than ${maxLineBytes} bytes`);
    }
    if (restBytes === 0) return;
    if (!budget.tryTake(restBytes)) throw noRoom();
    lineBytes += restBytes;
    pieces.push(chunk.subarray(start));
  };
  const read = new Promise<void>((resolve, reject) => {
    const guarded = (step: () => void): boolean => {
      try {
        step();
        return true;
      } catch (thrown) {
        reject(toPointsmanError(thrown));
        answer.abort();
        return false;
      }
    };
    answer.read({
      data: (chunk) => guarded(() => push(chunk)),
      end: () => void (guarded(endLine) && resolve()),
      fail: reject,
    });
  });
  await read.finally(() => budget.giveBack(lineBytes));
}
