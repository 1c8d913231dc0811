#!/bin/sh
# Installs vers for this user, or puts another release in its place:
#
#   curl -fsSL https://github.com/vers-cli/vers/releases/latest/download/install.sh | sh
#
# The environment may say more:
#
#   VERS_VERSION       the release to install, as in 0.1.0; else the latest
#   VERS_INSTALL_DIR   the folder to install to; else ~/.local/bin
#   VERS_RELEASES_URL  where the releases are; https://, or http:// to this machine
#
# It asks nothing, needs no other rights than to write that folder, and changes
# nothing there before the checksum of what it downloaded was verified. It
# downloads by what is there: curl, wget, node or python3.
set -eu

main() {
  releases=${VERS_RELEASES_URL:-https://github.com/vers-cli/vers/releases}
  releases=${releases%/}
  check_url
  find_target
  check_libc
  find_folder
  find_downloader
  find_checksum_tool
  has gzip || fail "Cannot install: there is no gzip" \
    "install gzip, then run this again"

  find_release
  program=vers-$target
  wanted=$(checksum_of "$program")
  [ -n "$wanted" ] ||
    fail "Cannot install vers $version: its SHA256SUMS lacks $program" \
      "look at $releases"
  if [ -f "$folder/vers" ] && [ "$(sha256 "$folder/vers")" = "$wanted" ]; then
    echo "vers $version is installed already: $folder/vers"
    say_path
    return
  fi

  make_work
  echo "downloading vers $version for $target" >&2
  download "$from/$program.gz" "$work/vers.gz"
  verify "$program.gz" "$work/vers.gz"
  gzip -dc "$work/vers.gz" >"$work/vers" ||
    fail "Cannot unpack $program.gz in \"$folder\"" \
      "see that there is room for 200 MB, or set VERS_INSTALL_DIR"
  verify "$program" "$work/vers"
  chmod 755 "$work/vers"
  try_out
  mv -f "$work/vers" "$folder/vers" ||
    fail "Cannot install to \"$folder\": it cannot be written" "$OTHER_FOLDER"
  echo "vers $version is installed: $folder/vers"
  say_path
}

OTHER_FOLDER='name another folder, for example:
  VERS_INSTALL_DIR=/tmp/bin sh install.sh'

# fail MESSAGE HINT: ends the installation.
fail() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# check_url: lets nothing be fetched that could be changed on the way.
check_url() {
  schemes=https
  case $releases in
    *@* | *[[:space:]]*) ;;
    https://?*) return ;;
    http://127.0.0.1[:/]* | http://localhost[:/]* | http://\[::1\][:/]*)
      schemes=http,https
      return
      ;;
  esac
  fail "Cannot use VERS_RELEASES_URL: it is not an https:// URL" \
    "http:// is taken for this machine alone; leave it unset for the default"
}

# find_target: sets target, the name that releases have for this platform.
find_target() {
  system=$(uname -s) machine=$(uname -m)
  case $system in
    Linux) os=unknown-linux-gnu ;;
    Darwin) os=apple-darwin ;;
    MINGW* | MSYS* | CYGWIN* | Windows_NT)
      fail "Cannot install on Windows with this script" \
        "in PowerShell: irm $releases/latest/download/install.ps1 | iex"
      ;;
    *) unknown_platform ;;
  esac
  case $machine in
    x86_64 | amd64) cpu=x86_64 ;;
    aarch64 | arm64) cpu=aarch64 ;;
    *) unknown_platform ;;
  esac
  # A shell that runs translated sees another processor than there is.
  if [ "$os $cpu" = "apple-darwin x86_64" ] &&
    [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    cpu=aarch64
  fi
  target=$cpu-$os
}

unknown_platform() {
  fail "Cannot install on $system $machine: there is no vers for it" \
    "there is for Linux, macOS and Windows, on x86_64 and arm64; elsewhere, $BY_DENO"
}

BY_DENO='run vers.js of the release by Deno: deno run -A vers.js help'

# check_libc: refuses a Linux that cannot run the program.
check_libc() {
  case $target in
    x86_64-*-linux-gnu) loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64-*-linux-gnu) loader=/lib/ld-linux-aarch64.so.1 ;;
    *) return 0 ;;
  esac
  case $(ldd --version 2>&1 || :) in
    *musl*) libc="its C library is musl" ;;
    *)
      [ ! -e "$loader" ] || return 0
      libc="there is no $loader"
      ;;
  esac
  fail "Cannot install on this system: vers needs glibc, and $libc" \
    "use an image with glibc, such as debian:stable-slim or gcr.io/distroless/cc;
  or $BY_DENO
  (on Alpine, Deno is: apk add deno)"
}

find_folder() {
  folder=${VERS_INSTALL_DIR:-}
  # White space at its end is nobody's wish.
  folder=${folder%"${folder##*[![:space:]]}"}
  case $folder in
    /?*) ;;
    '' | \~/*)
      case ${HOME:-} in
        /*) ;;
        '') fail "Cannot install: HOME is not set" "$OTHER_FOLDER" ;;
        *) fail "Cannot install: HOME is no absolute path" "$OTHER_FOLDER" ;;
      esac
      [ -n "$folder" ] || folder=\~/.local/bin
      folder=${HOME%/}/${folder#??}
      ;;
    *[!A-Za-z0-9_./-]* | -*)
      # Quotes, $NAME and ~ that no shell has taken: who wrote them means
      # another folder than one of that name in this one.
      fail "Cannot use VERS_INSTALL_DIR: it is no absolute path: $folder" \
        "$OTHER_FOLDER"
      ;;
    *) folder=$(pwd)/${folder#./} ;;
  esac
  [ ! -d "$folder/vers" ] ||
    fail "Cannot install to \"$folder\": there is a folder named vers" \
      "$OTHER_FOLDER"
}

find_downloader() {
  for downloader in curl wget node python3; do
    has "$downloader" || continue
    [ "$downloader" != node ] || node -e fetch 2>/dev/null || continue
    return 0
  done
  fail "Cannot download: there is no curl, wget, node (18 or later) or python3" \
    "install one of them, for example: apt-get install -y curl"
}

# What node and python3 do is what curl does below: they follow a redirection
# to the same schemes, and end with an error unless they have all of it.
BY_NODE='
const [url, file, schemes] = process.argv.slice(1);
async function answerOf(at, redirections) {
  if (!schemes.split(",").includes(at.protocol.slice(0, -1))) {
    throw new Error("it leads to " + at);
  }
  const answer = await fetch(at, { redirect: "manual" });
  const next = answer.headers.get("location");
  if (answer.ok) return answer;
  if (answer.status < 300 || answer.status > 399 || !next) {
    throw new Error("the answer is " + answer.status);
  }
  if (redirections === 0) throw new Error("it is redirected too often");
  return await answerOf(new URL(next, at), redirections - 1);
}
answerOf(new URL(url), 20)
  .then((answer) => answer.arrayBuffer())
  .then((bytes) =>
    require("fs").writeFileSync(file === "-" ? 1 : file, Buffer.from(bytes))
  )
  .catch((error) => {
    console.error("node: " + ((error.cause || error).message || error));
    process.exitCode = 1;
  });
'
BY_PYTHON='
import sys, urllib.parse, urllib.request
url, file, schemes = sys.argv[1:]
class Redirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, answer, code, text, headers, url):
        if urllib.parse.urlsplit(url).scheme not in schemes.split(","):
            raise OSError("it leads to " + url)
        return super().redirect_request(
            request, answer, code, text, headers, url)
try:
    opener = urllib.request.build_opener(Redirections)
    with opener.open(url, timeout=60) as answer:
        content = answer.read()
    with sys.stdout.buffer if file == "-" else open(file, "wb") as out:
        out.write(content)
except Exception as error:
    sys.exit("python3: %s" % error)
'

# download URL FILE: gets all of it or ends the installation; to stdout for -.
download() {
  status=0
  case $downloader in
    curl)
      curl --fail --silent --show-error --location --retry 2 \
        --connect-timeout 30 --proto "=$schemes" --proto-redir "=$schemes" \
        --output "$2" "$1" || status=$?
      ;;
    wget)
      # It follows to http:// too: through a proxy that is not there.
      [ "$schemes" != https ] || export http_proxy=http://127.0.0.1:9
      wget -q -t 2 -T 60 -O "$2" "$1" || status=$?
      ;;
    node)
      # It goes through a proxy only when it is told to.
      NODE_USE_ENV_PROXY=1 node -e "$BY_NODE" "$1" "$2" "$schemes" || status=$?
      ;;
    python3) python3 -c "$BY_PYTHON" "$1" "$2" "$schemes" || status=$? ;;
  esac
  [ "$status" -eq 0 ] ||
    fail "Cannot download $1: $downloader ended with $status" \
      "nothing was changed; check the network and VERS_VERSION, then run this again"
}

find_checksum_tool() {
  for tool in sha256sum shasum openssl; do
    ! has "$tool" || return 0
  done
  fail "Cannot verify a download: there is no sha256sum, shasum or openssl" \
    "install one of them, then run this again"
}

# sha256 FILE: prints its checksum.
sha256() {
  case $tool in
    sha256sum) sum=$(sha256sum <"$1") ;;
    shasum) sum=$(shasum -a 256 <"$1") ;;
    openssl) sum=$(openssl dgst -sha256 -r <"$1") ;;
  esac
  printf '%s\n' "${sum%% *}"
}

# find_release: sets version, from (its files), and checksums.
find_release() {
  pinned=${VERS_VERSION:-}
  pinned=${pinned#v}
  case $pinned in
    '') from=$releases/latest/download ;;
    *[!0-9A-Za-z.-]*) wrong_version ;;
    [0-9]*.[0-9]*.[0-9]*) from=$releases/download/v$pinned ;;
    *) wrong_version ;;
  esac
  checksums=$(download "$from/SHA256SUMS" -)
  version=$(
    while read -r _ name; do
      case ${name#\*} in
        vers-[0-9]*-"$target".tar.gz)
          name=${name#\*vers-} name=${name#vers-}
          printf '%s\n' "${name%-"$target".tar.gz}"
          break
          ;;
      esac
    done <<SUMS
$checksums
SUMS
  )
  [ -n "$version" ] ||
    fail "Cannot find vers for $target at $from" "look at $releases"
  [ "$version" = "${pinned:-$version}" ] ||
    fail "Cannot install vers $pinned: what is there is $version" \
      "look at $releases"
  # From here on no other release can come between.
  from=$releases/download/v$version
}

wrong_version() {
  fail "Cannot use VERS_VERSION: \"$pinned\" is not a version" \
    "name one as in VERS_VERSION=0.1.0, or none for the latest"
}

# checksum_of NAME: prints what the release says.
checksum_of() {
  while read -r sum name; do
    if [ "${name#\*}" = "$1" ]; then
      printf '%s\n' "$sum"
      break
    fi
  done <<SUMS
$checksums
SUMS
}

# verify NAME FILE: ends the installation when it is not what was released.
verify() {
  expected=$(checksum_of "$1")
  actual=$(sha256 "$2")
  [ "$actual" = "${expected:-none}" ] ||
    fail "Cannot use $1: its SHA-256 is $actual, and SHA256SUMS says ${expected:-nothing}" \
      "nothing was installed; run this again, and report it if it stays so"
}

# make_work: sets work, a folder on the same disk, gone at the end.
make_work() {
  work=$folder/.vers-install.$$
  if ! { mkdir -p "$folder" && mkdir "$work"; } 2>/dev/null; then
    fail "Cannot install to \"$folder\": it cannot be written" "$OTHER_FOLDER"
  fi
  trap 'rm -rf "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# try_out: ends the installation when the program does not run here.
try_out() {
  "$work/vers" --version >"$work/said" 2>&1 </dev/null || {
    status=$?
    said=$(cat "$work/said")
    fail "Cannot install: vers $version does not run here (exit $status): $said" \
      "nothing was installed; it needs glibc 2.27, libgcc, /proc, and a folder from which programs may be run"
  }
}

say_path() {
  case :${PATH:-}: in
    *:"$folder":*) ;;
    *) echo "to find it by its name: export PATH=\"$folder:\$PATH\"" ;;
  esac
}

main
