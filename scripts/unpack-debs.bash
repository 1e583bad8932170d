# Sourced by get-mysql and get-mariadb: unpacks Debian packages, with all that they depend on, into a folder.
# Nothing is installed: no root, no dpkg database, no change outside the folder. Signatures are checked by apt.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# Says plainly what is missing when this is not a Debian-like machine.
need_debian_tools() {
  local tool missing=()
  for tool in apt-get dpkg-deb dpkg; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} -eq 0 ] || die "this machine has no ${missing[*]}, so Debian's packages cannot be fetched here.
Install the server with the system's own package manager instead, or unpack the vendor's archive into a folder
that has bin/mysqld (or bin/mariadbd) and name that folder in CBTRADE_SERVER_HOMES."
}

# The address of the Debian mirror that this machine is set up with.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $3 !~ /security/ { print $1; exit }'
}

# unpack_debs WORK ROOT SUITE PACKAGE...: fetches the packages into WORK and unpacks them into ROOT. SUITE is one of
# Debian's, or "own" for what this machine is set up with. Writes the list of what was unpacked to ROOT.versions.
unpack_debs() {
  local work=$1 root=$2 suite=$3; shift 3
  local arch mirror keyring='' file sources=()
  arch=$(dpkg --print-architecture)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  if [ "$suite" != own ]; then
    mirror=${CBTRADE_DEBIAN_MIRROR:-$(debian_mirror)}
    [ -n "$mirror" ] || die "apt is not set up with a Debian mirror; name one in CBTRADE_DEBIAN_MIRROR"
    for file in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
      if [ -r "$file" ]; then keyring="signed-by=$file"; break; fi
    done
    printf 'deb [arch=%s %s] %s %s main\n' "$arch" "$keyring" "$mirror" "$suite" > "$work/sources"
    sources=(-o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null
      -o Dir::Etc::preferencesparts=/dev/null)
  fi
  # A perl that is "installed" keeps perl out: only helper scripts that are not used here want it.
  printf '%s\n' 'Package: perl' 'Status: install ok installed' 'Version: 99' "Architecture: $arch" \
    'Multi-Arch: allowed' 'Maintainer: none' 'Description: stands for perl' '' > "$work/status"
  # Container images clear apt's cache after each update; that hook must not run here.
  printf '%s\n' '#clear APT::Update::Post-Invoke;' '#clear APT::Update::Post-Invoke-Success;' \
    '#clear DPkg::Post-Invoke;' > "$work/config"
  local apt=(apt-get -qq -c "$work/config"
    -o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status"
    -o "Dir::Cache=$work/cache" "${sources[@]}" -o APT::Install-Recommends=false -o APT::Sandbox::User=
    -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  say "reading the package index ($suite)"
  "${apt[@]}" update || die "the package index ($suite) cannot be read"
  say "fetching $* and what they need"
  "${apt[@]}" --yes --download-only install "$@" > "$work/log" || die "the packages cannot be fetched; see $work/log"
  rm -rf "$root"; mkdir -p "$root"
  say "unpacking"
  for file in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$file" "$root" || die "$(basename "$file") cannot be unpacked"
    dpkg-deb --show "$file"
  done > "$root.versions"
  rm -rf "$root"/usr/share/{doc,man,locale,info,lintian,bash-completion} "$root"/etc "$root"/var
}

# write_wrapper DEST PROGRAM [FIXED OPTION...]: makes DEST/bin/PROGRAM, which runs the unpacked program with the
# unpacked loader and libraries, because the packages can need a newer C library than this machine's.
# Fixed options come after a leading --no-defaults or --defaults-file=. @ROOT@ in them is the unpacked tree.
write_wrapper() {
  local dest=$1 program=$2 loader triple path; shift 2
  path=$(cd "$dest/root" && ls usr/sbin/"$program" usr/bin/"$program" 2>/dev/null | head -n 1) || true
  [ -n "$path" ] || die "the packages hold no $program"
  loader=$(cd "$dest/root" && find . -name 'ld-linux-*.so.*' | sed 's|^\./||' | head -n 1)
  triple=$(basename "$(find "$dest/root/usr/lib" -maxdepth 1 -name '*-linux-gnu*' | head -n 1)")
  [ -n "$loader" ] && [ -n "$triple" ] || die "the packages hold no loader or no libraries"
  {
    echo '#!/bin/sh'
    echo '# Written by the fetching script; finds its own folder, so that the whole can be moved.'
    echo 'root=$(cd "$(dirname "$(readlink -f "$0")")/../root" && pwd) || exit 1'
    if [ $# -gt 0 ]; then
      echo '# An option that names the defaults files must stay the first.'
      echo 'first=--no-defaults'
      echo 'case "${1-}" in --no-defaults|--defaults-file=*|--defaults-extra-file=*) first=$1; shift ;; esac'
      echo "set -- \"\$first\" $(printf '"%s" ' "${@//@ROOT@/\$root}")\"\$@\""
    fi
    printf 'exec "$root/%s" --library-path "$root/usr/lib/%s:$root/usr/lib/mysql/private" \\\n' "$loader" "$triple"
    printf '  --argv0 "$root/%s" "$root/%s" "$@"\n' "$path" "$path"
  } > "$dest/bin/$program"
  chmod 755 "$dest/bin/$program"
}
