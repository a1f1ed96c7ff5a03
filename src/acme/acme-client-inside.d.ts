/** What acme-client 5.4.0 has and its types lack. */
import type { Answer } from './transport.ts';

declare module 'acme-client' {
  interface Client {
    readonly http: HttpClient;
    readonly api: AcmeApi;
  }

  interface HttpClient {
    maxBadNonceRetries: number;
    /** Every request of the library goes through it. */
    request: (url: string, method: string, options?: { data?: unknown }) => Promise<Answer>;
    getNonce: () => Promise<string>;
    getDirectory(): Promise<unknown>;
    getResourceUrl(resource: string): Promise<string>;
    /** The public key (RFC 7517), its members in alphabetical order. */
    getJwk(): Readonly<Record<string, string>>;
  }

  interface AcmeApi {
    /** `payload` null is a POST-as-GET (RFC 8555, section 6.3). */
    apiRequest(
      url: string,
      payload?: object | null,
      validStatusCodes?: readonly number[],
      options?: { includeJwsKid?: boolean; includeExternalAccountBinding?: boolean },
    ): Promise<Answer>;
    accountUrl: string | null;
  }
}
