import { decodedName } from '../domain/ids.ts';

/** The password of an address of a PostgreSQL store, as it is written there and as it is sent. */
export function passwordsIn(address: string): readonly string[] {
  const written = /^[a-z]+:\/\/[^/?#]*?:([^/?#]*)@/iu.exec(address)?.[1] ?? '';
  const others = [...address.matchAll(/[?&]password=([^&#]*)/giu)].map(([, value = '']) => value);
  return [written, ...others].flatMap((text) => [text, decodedName(text)]).filter((text) => text !== '');
}

/** A place of a store as a program that is not ours may see it. `undefined`: what of an address is its password cannot be known. */
export function withoutPassword(place: string): string | undefined {
  const address = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?]*)(?:\?(.*))?$/isu.exec(place.trim());
  if (address === null) return place;
  const [, scheme = '', authority = '', path = '', query = ''] = address;
  // An @ further on: signs of the password were written as they are.
  if (`${path}${query}`.includes('@')) return undefined;
  const at = authority.lastIndexOf('@') + 1;
  const user = authority.slice(0, at).replace(/:.*$/su, '@');
  const others = query.split('&').filter((one) => !/^password$/iu.test(decodedName(one.split('=')[0] ?? '')));
  const said = others.join('&');
  return `${scheme}${user}${authority.slice(at)}${path}${said === '' ? '' : `?${said}`}`;
}
