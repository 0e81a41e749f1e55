#!/usr/bin/env bash
# Makes the fixtures of this folder, <language>.wav, .jsonl and .rtp, and streams/*.rtp, and checks them against SHA256SUMS.
#
#   ./make.sh            make them; replace the files only if every byte is as recorded, else say why not and exit 1
#   ./make.sh --accept   make them, replace the files and record the new sums and versions
#
# Needs espeak-ng, sox with soxi, sha256sum, Go, and libopus.so.0. See README.md.
set -euo pipefail
export LC_ALL=C # sort order, decimal points and error messages are the same everywhere
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly RATE=48000
readonly MS=$((RATE / 1000))  # samples in a millisecond
readonly PAUSE=300            # ms of silence between sentences
readonly TAIL=250             # ms of silence after the last
readonly PEAK=-4              # dBFS

accept=no
case "${1-}" in
  '') ;;
  --accept) accept=yes ;;
  *) echo "usage: make.sh [--accept]" >&2; exit 2 ;;
esac

for tool in espeak-ng sox soxi sha256sum go; do
  command -v "$tool" >/dev/null || { echo "make.sh: $tool is not installed" >&2; exit 3; }
done
versions() {
  # The path of espeak-ng's data after "Data at" differs from machine to machine.
  printf '%s; %s; %s\n' "$(espeak-ng --version | sed 's/ *Data at.*//')" "$(sox --version | sed 's/.*SoX/SoX/')" "$(go run ./mkrtp version)"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speech <file> <channel> <language> <voice> <words per minute> <speaker> <sentence>...
# says each sentence on its own, so that its time is measured and not guessed.
speech() {
  local file=$1 channel=$2 language=$3 voice=$4 wpm=$5 speaker=$6
  shift 6
  local at=0 n=0 sentence parts=()
  : >"$work/$file.jsonl"
  for sentence in "$@"; do
    case $sentence$speaker in
      *[\"\\]*) echo "make.sh: $file: quotes and backslashes are not escaped here: $sentence" >&2; exit 1 ;;
    esac
    n=$((n + 1))
    local said=$work/said.wav cut=$work/cut.wav part=$work/$file.$n.wav
    espeak-ng -b 1 -v "$voice" -s "$wpm" -w "$said" -- "$sentence"
    # -R makes sox repeatable and -D keeps it from adding noise. Silence at both ends goes, so that a cue is up exactly
    # while its words are heard.
    sox -R -D "$said" -b 16 -c 1 "$cut" gain -6 rate -v $RATE \
      silence 1 0.005 0.2% reverse silence 1 0.005 0.2% reverse
    # Rounded up to whole milliseconds: the times in the transcript are then exact.
    local samples length
    samples=$(soxi -s "$cut")
    length=$(((samples + MS - 1) / MS))
    local after=$PAUSE
    [ "$n" -lt $# ] || after=$TAIL
    sox -R -D "$cut" "$part" pad 0 $(((length + after) * MS - samples))s
    parts+=("$part")
    printf '{"id":"%s-%d","channel":"%s","language":"%s","startMs":%d,"endMs":%d,"text":"%s","speaker":"%s","final":true,"revision":1}\n' \
      "$file" "$n" "$channel" "$language" "$at" $((at + length)) "$sentence" "$speaker" >>"$work/$file.jsonl"
    at=$((at + length + after))
  done
  # Levelled as a whole: the sentences keep their loudness relative to each other.
  sox -R -D "${parts[@]}" "$work/$file.wav" gain -n $PEAK
}

speech es floor es es     170 'Presidencia' \
  'Buenos días, señorías. Se abre la sesión.' \
  'Hoy hablaremos de las lenguas y de quienes las hablan.' \
  'Nada de lo que se diga aquí se perderá.'
speech ca ca    ca ca     170 'Presidència' \
  'Bon dia, senyories. S’obre la sessió.' \
  'Avui parlarem de les llengües i dels qui les parlen.' \
  'Res del que es digui aquí no es perdrà.'
speech en en    en en-gb  180 'The Chair' \
  'Good morning, honourable members. The sitting is open.' \
  'Today we speak of languages and of those who speak them.' \
  'Nothing that is said here will be lost.'

# The same voices as Opus in RTP, as a live sender would send them.
ssrc=0
for f in es ca en; do
  ssrc=$((ssrc + 1))
  go run ./mkrtp voice $ssrc "$work/$f.wav" "$work/$f.rtp"
done

# And streams that are hard on a receiver. G.711 and L16 are encoded by sox, so that no code of ours reads what it wrote.
sox -R -D "$work/es.wav" -t raw -e mu-law -r 8000 "$work/es.ul" trim 0 4
sox -R -D "$work/es.wav" -t raw -e signed -b 16 -B -r 16000 "$work/es.l16" trim 0 1.1
mkdir "$work/streams"
go run ./mkrtp streams "$work/es.wav" "$work/ca.wav" "$work/es.ul" "$work/es.l16" "$work/streams"

files=(ca.jsonl ca.rtp ca.wav en.jsonl en.rtp en.wav es.jsonl es.rtp es.wav)
for f in "$work"/streams/*.rtp; do
  files+=("streams/${f##*/}")
done
mkdir -p streams
if [ "$accept" = yes ]; then
  { echo "# $(versions)" && (cd "$work" && sha256sum "${files[@]}"); } >"$work/SHA256SUMS"
  cp "$work/SHA256SUMS" .
elif ! (cd "$work" && sha256sum --check --quiet -) < <(grep -v '^#' SHA256SUMS); then
  echo "make.sh: the files above came out different and were not replaced" >&2
  echo "make.sh: made here with     $(versions)" >&2
  echo "make.sh: recorded sums with $(sed -n 's/^# //p' SHA256SUMS)" >&2
  echo "make.sh: run with --accept to take the new ones" >&2
  exit 1
fi
for f in "${files[@]}"; do
  cp "$work/$f" "$f"
done
echo "make.sh: ${files[*]} ($(cat "${files[@]}" | wc -c) bytes)"
