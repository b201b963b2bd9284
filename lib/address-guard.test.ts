import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGuard, isPublicAddress } from './address-guard.ts';

const names: Record<string, string[]> = {
  'api.example.com': ['93.184.215.14'],
  'inside.example.com': ['10.1.2.3'],
  'both.example.com': ['10.1.2.3', '93.184.215.14'],
  'six.example.com': ['2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
};
const lookup = async (host: string) => {
  const addresses = names[host];
  if (!addresses) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};
const guard = createGuard({ allowed: [], lookup });

describe('what may be connected to', () => {
  test('a public host, at the address that was checked', async () => {
    expect(await guard('API.example.com.', 443)).toEqual({ address: '93.184.215.14', family: 4 });
    expect(await guard('six.example.com', 443)).toMatchObject({ family: 6 });
    expect(await guard('8.8.8.8', 53)).toEqual({ address: '8.8.8.8', family: 4 });
  });

  test('of several addresses, the first public one', async () => {
    expect(await guard('both.example.com', 443)).toEqual({ address: '93.184.215.14', family: 4 });
  });

  test('a private host that is allowed, at exactly that port', async () => {
    const allowing = createGuard({ allowed: [{ host: 'Inside.example.com', port: 8080 }], lookup });
    expect(await allowing('inside.example.com', 8080)).toEqual({ address: '10.1.2.3', family: 4 });
    await expect(allowing('inside.example.com', 8081)).rejects.toMatchObject({ code: 'address_refused' });
    const loopback = createGuard({ allowed: [{ host: '::1', port: 5432 }], lookup });
    expect(await loopback('[::1]', 5432)).toEqual({ address: '::1', family: 6 });
  });
});

describe('what is refused', () => {
  test('a name that resolves to a private address; the error says what to do', async () => {
    await expect(guard('inside.example.com', 8080)).rejects.toMatchObject({
      kind: 'config',
      code: 'address_refused',
      message:
        'inside.example.com:8080 resolves to 10.1.2.3, an address that is not on the public internet, so it was not connected to.',
      hint: 'An administrator can allow inside.example.com:8080 in Settings → Network.',
      where: { address: 'inside.example.com:8080' },
    });
  });

  test.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.8.8.8', '169.254.169.254'],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['168.63.129.16', '::', '::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1'],
    ...['::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::'],
    ...['2001:0:7f00:1::', '2001:db8::1', '[::1]', '[::ffff:10.0.0.1]'],
  ])('the address %s', async (host) => {
    await expect(guard(host, 80)).rejects.toMatchObject({ code: 'address_refused' });
  });

  test.each([
    '0x7f000001',
    '0x7f.1',
    '2130706433',
    '127.1',
    '0177.0.0.1',
    '010.0.0.1',
    '1.2.3.4.5',
    'fe80::1%eth0',
    '',
  ])('the odd spelling %j, whatever it may mean', async (host) => {
    await expect(guard(host, 80)).rejects.toMatchObject({ code: 'address_refused' });
  });

  test('a name that does not resolve is unreachable, which may pass', async () => {
    await expect(guard('nowhere.example.com', 80)).rejects.toMatchObject({ kind: 'transient', code: 'unreachable' });
  });
});

test('no IPv4 address is public inside of IPv6, in whatever notation', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::', '64:ff9b::'), (address, prefix) => {
      expect(isPublicAddress(`${prefix}${address}`)).toBe(false);
    }),
  );
});
