#!/bin/sh
# The REST API's own TLS, with a JKS: legacy, for who has to. A PFX does the same with better encryption.
# Of the certificate `domino` in keepgate's store. Needs Java's keytool. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}                # Domino's data folder
HOOK=${HOOK:-/etc/keepgate/domino-reload}     # see hooks/domino-reload
PASSWORD=${PASSWORD:-/etc/keepgate/domino.password}

# A JKS has a password of six characters or more. It stands in the overlay too, which is for Domino's user alone.
[ -e "$PASSWORD" ] || (umask 077 && openssl rand -hex 16 > "$PASSWORD")
keepgate cert export domino --as jks --out "$DATA/domino.jks" --password-file "$PASSWORD" --keep-current --hook "$HOOK"
keepgate domino tls domino --data "$DATA" --as jks --file domino.jks --password-file "$PASSWORD"
