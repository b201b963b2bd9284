import { expect, test } from 'vitest';
import { readEnv } from './env.ts';
import { type Proxies, proxyFor, readProxies } from './outbound-proxy.ts';

const read = (exceptions: string): Proxies => {
  const { proxies, problems } = readProxies({ http: null, https: 'http://proxy.example:3128', exceptions });
  expect(problems).toEqual([]);
  return proxies as Proxies;
};
const goesBy = (exceptions: string, host: string, port = 443) =>
  proxyFor(read(exceptions), 'https:', host, port) !== null;

test('the variables are read as other programs read them, in capitals or not', () => {
  const { env, problems } = readEnv(
    { https_proxy: 'http://weir:p%40ss@proxy.example:3128', HTTP_PROXY: 'proxy.example', NO_PROXY: 'minio' },
    '/srv/weir',
  );
  expect(problems).toEqual([]);
  expect(env.proxies).toMatchObject({
    https: {
      ...{ host: 'proxy.example', port: 3128, secure: false },
      authorization: `Basic ${Buffer.from('weir:p@ss').toString('base64')}`,
    },
    http: { host: 'proxy.example', port: 80, authorization: null },
  });
  expect(readEnv({}, '/srv/weir').env.proxies).toBeNull();
  expect(readEnv({ NO_PROXY: '*' }, '/srv/weir').env.proxies).toBeNull();
});

test('what is no proxy’s address is told at start, without the password that may stand in it', () => {
  const { problems } = readEnv(
    { HTTPS_PROXY: 'socks5://weir:s3cret@proxy:1080', HTTP_PROXY: 'http://', NO_PROXY: 'a/b' },
    '/srv/weir',
  );
  expect(problems).toHaveLength(2);
  expect(problems.join(' ')).toMatch(/HTTP_PROXY.*HTTPS_PROXY/);
  expect(problems.join(' ')).not.toContain('s3cret');
  expect(readEnv({ HTTPS_PROXY: 'http://proxy', NO_PROXY: 'a/b' }, '/srv/weir').problems).toEqual([
    expect.stringContaining('NO_PROXY has "a/b"'),
  ]);
});

test.each([
  ['example.com', 'example.com', false],
  ['example.com', 'api.example.com', false],
  ['example.com', 'notexample.com', true],
  ['.example.com', 'api.example.com', false],
  ['*.example.com', 'api.example.com', false],
  ['a.test, b.test  c.test', 'c.test', false],
  ['EXAMPLE.com', 'example.com', false],
  ['*', 'example.com', false],
  ['10.0.0.0/8', '10.1.2.3', false],
  ['10.0.0.0/8', '11.1.2.3', true],
  ['10.0.0.0/8', 'ten.example.com', true],
  ['10.1.2.3', '10.1.2.3', false],
  ['1.2.3.4', '9.1.2.3.4', true],
  ['2001:db8::/32', '2001:db8::1', false],
  ['2001:db8::1', '2001:db8::1', false],
  ['[2001:db8::1]', '2001:db8::1', false],
  ['', 'example.com', true],
  ['', 'localhost', false],
  ['', '127.0.0.2', false],
  ['', '::1', false],
])('NO_PROXY=%s: whether %s goes by the proxy is %s', (exceptions, host, expected) => {
  expect(goesBy(exceptions, host)).toBe(expected);
});

test('an exception with a port is about that port alone', () => {
  expect(goesBy('minio.lan:9000,[2001:db8::1]:9000', 'minio.lan', 9000)).toBe(false);
  expect(goesBy('minio.lan:9000', 'minio.lan', 9001)).toBe(true);
  expect(goesBy('[2001:db8::1]:9000', '2001:db8::1', 9000)).toBe(false);
  expect(goesBy('[2001:db8::1]:9000', '2001:db8::1', 443)).toBe(true);
});

test('HTTPS_PROXY is for https alone', () => {
  expect(proxyFor(read(''), 'http:', 'example.com', 80)).toBeNull();
});
