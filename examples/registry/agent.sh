#!/bin/sh
# Announces one instance while a command runs: registers it, beats, and at the end lets it drain and takes it away.
#   sh examples/registry/agent.sh SERVICE ID ADDRESS PORT COMMAND…
set -u
api=${FAIRLEAD_ADMIN:-http://127.0.0.1:18001} drain_s=${DRAIN_S:-5} beat_s=${BEAT_S:-5}
service=$1 id=$2 address=$3 port=$4
shift 4
url=$api/v1/services/$service/instances/$id

register() { # STATUS
  curl -fsS -o /dev/null -X PUT "$url" -H 'content-type: application/json' \
    -d "{\"address\": \"$address\", \"port\": $port, \"status\": \"$1\", \"ttlMs\": $((beat_s * 3000))}"
}

"$@" &
command=$!
trap 'register DRAINING; sleep "$drain_s"; kill "$command"' TERM INT
register UP
while kill -0 "$command" 2>/dev/null; do
  sleep "$beat_s" &
  wait $! # a signal ends the wait, not the sleep
  kill -0 "$command" 2>/dev/null || break
  # Not registered any more, or nobody there: register again, as often as it takes.
  curl -fsS -o /dev/null -X POST "$url/heartbeat" || register UP
done
curl -fsS -o /dev/null -X DELETE "$url"
