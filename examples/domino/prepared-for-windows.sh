#!/bin/sh
# The REST API's own TLS on a Windows server: makes what has to be copied there, of the certificate `domino` in keepgate's store.
# Copies of notes.ini and keepconfig.d belong into the folder first. Safe to repeat.
set -eu
OUT=${OUT:-prepared}                        # the folder to copy from
FOLDER=${FOLDER:-'C:\Domino\Data'}          # Domino's data folder on Windows
HOST=${HOST:-domino.example.com}            # a name that the certificate is for

mkdir -p "$OUT"
keepgate cert export domino --as pfx --out "$OUT/domino.pfx" --no-password --replace
keepgate domino tls --out "$OUT" --data "$FOLDER" --path-style windows --as pfx --file domino.pfx --host "$HOST"
