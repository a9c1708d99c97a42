#!/bin/sh
# documents.sh MYCELIUM FOLDER: what the command says about itself, as files to install: FOLDER/man1, FOLDER/completion.
set -eu
mycelium=$1 folder=$2
rm -rf "$folder/man1" "$folder/completion"
mkdir -p "$folder/completion"
"$mycelium" manual --folder "$folder/man1"
gzip -9n "$folder/man1"/*.1
"$mycelium" completion bash >"$folder/completion/mycelium"
"$mycelium" completion zsh >"$folder/completion/_mycelium"
"$mycelium" completion fish >"$folder/completion/mycelium.fish"
