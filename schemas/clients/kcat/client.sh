#!/bin/sh
# Asks for one image and writes it as a file: client.sh BROKERS MODEL LABEL FILE
# Needs Debian's kcat; the job must run with --topics.format json.
set -eu
brokers=$1 model=$2 label=$3 file=$4
id=kcat-$$-$(date +%s)

# One line is one request. Its key is the request id, as that of all answers.
printf '%s:{"request_id":"%s","model":"%s","labels":[%s],"steps":10}\n' "$id" "$id" "$model" "$label" |
  kcat -P -b "$brokers" -t dig.requests -K :

# Each topic to its end, again until the answer is there.
answers() {
  kcat -C -b "$brokers" -t "$1" -o beginning -e -q -X isolation.level=read_committed \
    -f '%k %s\n' | grep "^$id " || true
}
for _ in $(seq 120); do
  reject=$(answers dig.rejected)
  image=$(answers dig.images)
  if [ -n "$reject" ]; then
    echo "$reject" | sed 's/.*"message":"\(.*\)","field":.*/\1/' >&2
    exit 1
  fi
  if [ -n "$image" ]; then
    echo "$image" | sed 's/.*"bytes":"\([^"]*\)".*/\1/' | base64 -d >"$file"
    echo "$file: $(echo "$image" | sed 's/.*"sha256":"\([^"]*\)".*/sha256 \1/')"
    exit 0
  fi
  sleep 1
done
echo "no answer within two minutes: does the job run, with --topics.format json?" >&2
exit 1
