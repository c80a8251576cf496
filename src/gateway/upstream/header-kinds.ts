/**
 * How the vendors' SDKs describe themselves: those of JavaScript (openai 7.57, @anthropic-ai/sdk 1.12), Python, Java, Go and Ruby,
 * read 2026-11. By name: behind the same beginning anybody may write anything.
 */
const SDK_HEADER =
  /^x-stainless-(?:arch|async|custom-event-handler|custom-poll-interval|helper|helper-method|kotlin-version|lang|os|os-version|package-version|poll-helper|raw-response|read-timeout|retry-count|runtime|runtime-version|stream-helper|timeout)$/u;
/** They belong to one connection, to us or to a browser, or open doors: whatever else they are called. */
const HELD_BACK =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|content-encoding|content-type|accept-encoding|authorization|cookie|(?:x-)?api-key|x-goog-api-key|origin|referer|forwarded|proxy-.+|x-pointsman-.+|x-forwarded-.+|sec-.+|cf-.+|access-control-.+)$|(?:token|secret|password|credential|api-?key)/u;

/** Whether a caller's header stays here by its nature: nothing is lost with it. */
export function isHeldBack(name: string): boolean {
  return HELD_BACK.test(name);
}

/** Whether a header is one of those by which an SDK describes itself. */
export function isSdkHeader(name: string): boolean {
  return SDK_HEADER.test(name);
}
