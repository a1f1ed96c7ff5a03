const last = new Map<string, Promise<unknown>>();

/**
 * Runs work after all earlier work with the same key has ended, however it ended. Hook scripts read a zone, change it and
 * write it back: lego and certbot call them one after another, so that none undoes what another did.
 */
export function oneAfterAnother<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
  const ended = turn.catch(() => {});
  last.set(key, ended);
  ended.then(() => last.get(key) === ended && last.delete(key));
  return turn;
}
