/** Where nginx reads its configuration, on every system that is rendered for. */
export const nginxFolder = '/etc/nginx';
