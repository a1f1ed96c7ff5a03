#!/bin/sh
# nginx in front of the HCL Domino REST API, both on this machine, with the certificate that `keepgate cert import` entered into
# keepgate's store under the public name. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}      # Domino's data folder
HOST=${HOST:-domino.example.com}    # the public name
cd "${CONFIG:-/etc/keepgate}"

# A spec from what keepconfig.d says, once; its site is called as the public name, too.
[ -e keepgate.yaml ] || keepgate init --from-keepconfig "$DATA" --host "$HOST"
keepgate apply --start

# What the API has to know of it: HOST, CORS, body limit, idle timeout.
keepgate domino proxy --data "$DATA"
