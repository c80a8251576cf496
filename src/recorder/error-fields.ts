import { isPointsmanError, type PointsmanError } from '../domain/errors.ts';

const MAX_CAUSES = 5;

/** What a log line says of an error: code, message, stack, details and causes, outermost first. Anything may be thrown. */
export function errorFields(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { name, message, stack, cause } = thrown;
  return {
    ...(isPointsmanError(thrown) ? ownFields(thrown) : systemCode(thrown)),
    name,
    message,
    stack,
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: errorFields(cause, depth + 1) }),
  };
}

function ownFields({ code, details, hint }: PointsmanError): object {
  return { code, ...(hint === undefined ? {} : { hint }), ...(Object.keys(details).length === 0 ? {} : { details }) };
}

/** As `ECONNRESET`, of Node's own errors. */
function systemCode(error: Error & { readonly code?: unknown }): object {
  return typeof error.code === 'string' ? { code: error.code } : {};
}
