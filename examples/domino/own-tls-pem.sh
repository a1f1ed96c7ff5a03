#!/bin/sh
# The REST API's own TLS, with key and chain as PEM of the certificate `domino` in keepgate's store. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}                # Domino's data folder
HOOK=${HOOK:-/etc/keepgate/domino-reload}     # see hooks/domino-reload

keepgate cert export domino --as pem --out "$DATA/domino.crt" --key-out "$DATA/domino.key" --keep-current --hook "$HOOK"
keepgate domino tls domino --data "$DATA" --as pem --file domino.key --chain domino.crt
