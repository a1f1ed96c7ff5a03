#!/bin/sh
# The REST API's own TLS, with a PFX of the certificate `domino` in keepgate's store. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}                # Domino's data folder
HOOK=${HOOK:-/etc/keepgate/domino-reload}     # see hooks/domino-reload

# Without a password, which would have to lie in clear beside it; the file is for Domino's user alone.
keepgate cert export domino --as pfx --out "$DATA/domino.pfx" --no-password --keep-current --hook "$HOOK"
keepgate domino tls domino --data "$DATA" --as pfx --file domino.pfx
