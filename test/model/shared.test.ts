import { describe, expect, it } from 'vitest';
import { resolved, targets } from './resolved.ts';

describe('what is shared', () => {
  const many = (count: number, host = (index: number) => `h${index}.example.com`) =>
    `sites:\n${Array.from({ length: count }, (_, index) => `  s${index}: {hosts: [${host(index)}], upstream: "http://127.0.0.1:1"}\n`).join('')}`;

  it('refuses unknown hosts on each socket once', () => {
    const { shared } = resolved(
      `${many(2)}  x: {hosts: [x.example.com], listen: {addresses: [192.0.2.1], http: 81}, upstream: "http://127.0.0.1:1"}\n`,
    ).model;
    expect(shared.refuseHttp).toEqual(['192.0.2.1:81', '80', '[::]:80']);
    expect(shared.refuseHttps.flatMap(({ listen }) => listen.map(({ address }) => address))).toEqual([
      '192.0.2.1:443',
      '443',
      '[::]:443',
    ]);
    expect(shared.refuseHttps).toHaveLength(1);
    expect(shared.refuseHttps[0]?.certificate).toBeNull();
  });

  it('has a throwaway certificate where nginx needs one', () => {
    const [server] = resolved(many(1), targets.bullseye).model.shared.refuseHttps;
    expect(server?.certificate?.key).toBe('/var/lib/keepgate/live/_refuse/privkey.pem');
  });

  it('leaves the default server to the machine', () => {
    const { shared } = resolved(`nginx: {defaultServer: off}\n${many(1)}`).model;
    expect(shared).toMatchObject({ refuseHttp: [], refuseHttps: [] });
  });

  it('leaves that of port 80 alone to the machine', () => {
    const { shared } = resolved(`nginx: {defaultServer: https}\n${many(1)}`).model;
    expect(shared).toMatchObject({
      refuseHttp: [],
      refuseHttps: [{ listen: [{ address: '443' }, { address: '[::]:443' }] }],
    });
  });

  it.each([
    [1, 46, null, null],
    [1, 47, 128, null],
    [1, 110, 128, null],
    [1, 111, 256, null],
    [1, 180, 256, null],
    [1, 240, 512, null],
    [200, 20, null, null],
    [201, 20, 128, 512],
    [1000, 20, 128, 2048],
  ])('with %d names of %d characters has hash sizes %s and %s', (count, length, bucket, size) => {
    const host = (index: number) => `h${index}.${'abcdefghi.'.repeat(30)}`.slice(0, length).replace(/\.$/, 'z');
    expect(host(0)).toHaveLength(length);
    const { shared } = resolved(many(count, host)).model;
    expect(shared).toMatchObject({ namesHashBucketSize: bucket, namesHashMaxSize: size });
  });
});
