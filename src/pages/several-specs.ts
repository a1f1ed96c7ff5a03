/** Several specs on one machine. */
import type { Pages } from './page.ts';

export const severalSpecsPages: Pages = {
  'site-of-another-spec': {
    title: 'another spec has a site of that name',
    text: `Each spec adds, changes and removes its own sites; which one a site came from is remembered by the path of the spec, or by the name
that --as gives it. The certificates of a machine are called as its sites, so two specs can't share a name. Give one of the
sites another name. Where the spec has moved, or this one takes the other's place, say so once: from then on the site is this spec's.
All sites of another spec are taken over by its path or name; those that this one does not have are removed then. Links are followed, so
a spec whose real path is another with each release needs a name of its own: --as NAME, each time.

  keepgate status
  sudo keepgate apply --adopt api
  sudo keepgate apply --adopt /srv/old/keepgate.yaml`,
  },
  'setting-of-another-spec': {
    title: 'two specs say different things for the whole machine',
    text: `Who answers for unknown hosts (nginx.defaultServer) is one setting for all sites of a machine. So is the nginx that the files are
written for (nginx.target), where none is known to be installed: below a --root of its own the file that all sites share is made for it. A
spec that does not say it agrees with anything; two that do have to say the same. Let one of them say it: take it out of this one and apply
it, then change the other. Or write it in one of them alone and apply both at once. A rollback that would bring back what another spec
says differently by now is refused too.

  # in one spec alone
  nginx: {defaultServer: https}

  sudo keepgate apply /srv/a/keepgate.yaml /srv/b/keepgate.yaml`,
  },
  'site-without-spec': {
    title: 'a site is installed that no spec is known of',
    text: `keepgate 0.1.0 did not remember which spec a site came from, and files that were rendered and copied do not say it either. Such a site
belongs to the first spec that has one of its name. Until then it stays as it is: nobody's apply removes it, unless --prune says so.

  keepgate status
  sudo keepgate remove old-api`,
  },
  'adopt-unknown': {
    title: 'there is no such site or spec to take over',
    text: `--adopt takes the name of a site that another spec has and this one has too, or the path or name of the other spec, as keepgate status
shows them. A site that this spec does not have is not adopted by its name: to take it out, say keepgate remove SITE.

  keepgate status
  sudo keepgate apply --adopt api`,
  },
  'site-unknown': {
    title: 'no site of that name is installed',
    text: `remove takes out one site, by the name that it has in its spec. What keepgate did not install is not its to remove.

  keepgate status`,
  },
  'spec-name': {
    title: 'the path of a spec can not be remembered',
    text: `The sites of a spec are known by its path. This path holds control characters, or others that nobody sees, so two specs could not be
told apart by it. Name the spec, now and each time that it is applied.

  sudo keepgate apply --as shop keepgate.yaml`,
  },
};
