type LogEvent = Readonly<Record<string, unknown>>;

/** Line ends and whatever else moves a terminal's cursor. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** `12:03:44.120 error A call failed requestId=req_1: [internal] What is wrong (at where.ts:3)`: an event for people. */
export function textLine(event: LogEvent): string {
  const { time, level, msg, error, ...facts } = event;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const named = Object.entries(facts).map(([name, value]) => `${name}=${plain(value)}`);
  const why = error === undefined ? '' : `: ${errorText(error)}`;
  const head = [clock, plain(level).padEnd(5), plain(msg), ...named].join(' ');
  return `${head}${why}`.replaceAll(CONTROLS, ' ').trim();
}

function errorText(error: unknown): string {
  if (!isFields(error)) return plain(error);
  const { code, message, hint, stack, cause } = error;
  const said = [code === undefined ? '' : `[${plain(code)}]`, plain(message), hint === undefined ? '' : plain(hint)];
  const why = cause === undefined ? '' : ` caused by ${errorText(cause)}`;
  return `${said.filter((part) => part !== '').join(' ')}${whereOf(stack)}${why}`;
}

/** The first frame of a stack. */
function whereOf(stack: unknown): string {
  const frame = typeof stack === 'string' ? /^\s+at (.+)$/mu.exec(stack)?.[1] : undefined;
  return frame === undefined ? '' : ` (at ${frame})`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function isFields(value: unknown): value is LogEvent {
  return typeof value === 'object' && value !== null;
}
