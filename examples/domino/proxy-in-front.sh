#!/bin/sh
# nginx in front of the HCL Domino REST API, both on this machine, with Let's Encrypt. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}      # Domino's data folder
HOST=${HOST:-domino.example.com}    # the public name
cd "${CONFIG:-/etc/keepgate}"

# A spec from what keepconfig.d says, once; it can be edited from then on.
[ -e keepgate.yaml ] || keepgate init --from-keepconfig "$DATA" --host "$HOST"
keepgate up --agree-tos             # to Let's Encrypt's terms

# What the API has to know of it: HOST, CORS, body limit, idle timeout.
keepgate domino proxy --data "$DATA"
