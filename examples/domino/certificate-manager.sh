#!/bin/sh
# The REST API's own TLS with a certificate of Domino's Certificate Manager, which renews it. As root; safe to repeat.
set -eu
DATA=${DATA:-/local/notesdata}      # Domino's data folder
HOST=${HOST:-domino.example.com}    # a name that the certificate is for

keepgate domino tls --data "$DATA" --as certmgr --cert-store-name "$HOST" --host "$HOST"
