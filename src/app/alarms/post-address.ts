import { BlockList, isIP } from 'node:net';

/** Where credentials of machines are served, and what is no address of a host. */
const NOBODYS = new BlockList();
NOBODYS.addSubnet('0.0.0.0', 8);
NOBODYS.addSubnet('169.254.0.0', 16);
NOBODYS.addSubnet('192.0.0.0', 24);
NOBODYS.addSubnet('224.0.0.0', 3);
NOBODYS.addAddress('100.100.100.200');
NOBODYS.addAddress('168.63.129.16');
NOBODYS.addSubnet('fe80::', 10, 'ipv6');
NOBODYS.addSubnet('fec0::', 10, 'ipv6');
NOBODYS.addSubnet('ff00::', 8, 'ipv6');
NOBODYS.addSubnet('fd00:ec2::', 32, 'ipv6');
NOBODYS.addSubnet('fd20:ce::', 32, 'ipv6');
NOBODYS.addSubnet('fd00:42::', 32, 'ipv6');
NOBODYS.addSubnet('fd00:c1::', 32, 'ipv6');
// A translator of somebody's own, who alone knows where in it the other address stands.
NOBODYS.addSubnet('64:ff9b:1::', 48, 'ipv6');
const OWN = new BlockList();
OWN.addSubnet('127.0.0.0', 8);
OWN.addAddress('::1', 'ipv6');
OWN.addAddress('::', 'ipv6');

/** Whether an address may be posted to. A name that leads to this machine is no name of another's. Pure. */
export function mayPostTo(address: string, isOwn: boolean): boolean {
  const [plain = ''] = address.split('%');
  const isAllowed = (family: 'ipv4' | 'ipv6', one: string): boolean =>
    !NOBODYS.check(one, family) && (isOwn || !OWN.check(one, family));
  switch (isIP(plain)) {
    case 4:
      return isAllowed('ipv4', plain);
    case 6:
      return isAllowed('ipv6', plain) && embeddedIn(plain).every((one) => isAllowed('ipv4', one));
    default:
      return false;
  }
}

/** Addresses of the fourth version in one of the sixth that lead to them, or may where somebody translates. */
function embeddedIn(address: string): readonly string[] {
  const groups = groupsOf(address);
  const text = groups.map((group) => group.toString(16)).join(':');
  // `::` and `::1` are addresses of their own.
  if (/^(?:0:){7}[01]$/u.test(text)) return [];
  const found: [high: number, low: number][] = [];
  const [, second = 0, third = 0, fourth = 0, , , high = 0, low = 0] = groups;
  if (/^(?:0:){4}(?:0:0|0:ffff|ffff:0):|^64:ff9b:0:0:0:0:/u.test(text)) found.push([high, low]);
  // ISATAP, under whatever network.
  if (/^(?:[0-9a-f]+:){4}2?0{0,2}:5efe:/u.test(text)) found.push([high, low]);
  // 6to4.
  if (text.startsWith('2002:')) found.push([second, third]);
  // Teredo: its server, and its client turned over.
  if (text.startsWith('2001:0:')) found.push([third, fourth], [high ^ 0xffff, low ^ 0xffff]);
  return found.map((pair) => pair.flatMap((group) => [group >> 8, group & 0xff]).join('.'));
}

/** The eight numbers of an address, however it is written. */
function groupsOf(address: string): readonly number[] {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = [], after = []] = written.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const missing = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...missing, ...after].map((group) => Number.parseInt(group, 16));
}
