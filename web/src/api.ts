/** What the server refused, with what it says to do. */
export class ApiError extends Error {
  readonly status: number;
  readonly hint: string | undefined;
  constructor(status: number, message: string, hint: string | undefined) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

const BASE = 'pointsman/api/';

/** @throws ApiError for a refusal, TypeError where nothing answers */
export async function get<Answer>(
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const given = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  const search = new URLSearchParams(given).toString();
  return answerOf<Answer>(
    await fetch(BASE + path + (search === '' ? '' : `?${search}`), { headers: { accept: 'application/json' } }),
  );
}

/** @throws ApiError for a refusal, TypeError where nothing answers */
export async function post<Answer>(path: string, body: object): Promise<Answer> {
  return answerOf<Answer>(
    await fetch(BASE + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
}

interface Refusal {
  readonly error?: { readonly message?: string; readonly hint?: string };
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const value: unknown = await response.json().catch(() => ({}));
  if (response.ok) return value as Answer;
  const { error } = value as Refusal;
  throw new ApiError(response.status, error?.message ?? `The server answered ${response.status}.`, error?.hint);
}
