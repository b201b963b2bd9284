import { expect, test } from 'vitest';
import { atDemoHost, isDemoAddress } from './demo-address.ts';

test.each([
  ['http://127.0.0.1:8000/demo/api/earthquakes', true],
  ['http://localhost:8000/demo/api', true],
  [' localhost:8000/demo/api/ ', true],
  ['http://localhost:8000/demo/files/weather.csv', false],
  ['http://localhost:9000/demo/api', false],
  ['https://api.example.com/demo/api', false],
  ['http://', false],
  ['', false],
])('%s', (text, is) => {
  expect(isDemoAddress(text, 'http://127.0.0.1:8000/demo/api/earthquakes')).toBe(is);
});

test('another name of this machine becomes the one that is allowed to be called', () => {
  const at = (text: string) => atDemoHost(text, 'http://127.0.0.1:8000/demo/api/earthquakes');
  expect(at('localhost:8000/demo/api/weather?limit=5')).toBe('http://127.0.0.1:8000/demo/api/weather?limit=5');
});
