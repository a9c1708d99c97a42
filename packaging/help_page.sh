#!/bin/sh
# help_page.sh PROGRAM "what it is" PAGE.1.gz: a manual page that is the program's own --help, letter by letter.
set -eu
name=$(basename "$1")
help=$("$1" --help)
{
    printf '.TH "%s" "1" "" "" "Mycelium"\n' "$(echo "$name" | tr '[:lower:]' '[:upper:]')"
    printf '.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n.EX\n' "$(echo "$name" | sed 's/-/\\-/g')" "$2"
    echo "$help" | sed 's/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./; s/'"'"'/\\(aq/g; s/`/\\(ga/g; s/\^/\\(ha/g; s/~/\\(ti/g'
    printf '.EE\n'
} | gzip -9n >"$3"
