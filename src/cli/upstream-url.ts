/**
 * What a person calls an API on the command line, as a spec has it: `8080` is a port of this machine, `localhost:8080` an address of
 * HTTP. A URL and the name of an upstream stay as they are.
 */
export function upstreamUrl(text: string): string {
  const port = /^:?(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined) return `http://127.0.0.1:${port}`;
  return /^(\[[^\]]*\]|[^/@\s[\]]+):\d+$/.test(text) || /^(localhost|[^/@\s]+\.[^/@\s]+)$/.test(text)
    ? `http://${text}`
    : text;
}
