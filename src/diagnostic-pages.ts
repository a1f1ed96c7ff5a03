export const pages: ReadonlyMap<string, { readonly title: string; readonly text: string }> = new Map();
