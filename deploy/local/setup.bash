# Makes a Debian 12 machine ready to build and test Canvass; sourced by deploy/local/run and
# tests/run. Asks the network only for what is missing, so a complete machine needs none.

# Works from any folder: callers may use paths relative to the repository's root.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# One "PACKAGE" or "PACKAGE:PROGRAM" each. With a program, any copy of it on PATH will do, from a
# package or not (a newer node, a go of one's own).
build_packages=(
  g++:g++ cmake:cmake ninja-build:ninja pkg-config:pkg-config ccache:ccache mold:mold
  libabsl-dev libgrpc++-dev libprotobuf-dev protobuf-compiler:protoc
  protobuf-compiler-grpc:grpc_cpp_plugin golang-github-gogo-googleapis-dev grpc-proto
  libssl-dev libicu-dev libpq-dev libpqxx-dev postgresql-15 libsqlite3-dev libboost-dev
  libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libjemalloc-dev prometheus-cpp-dev
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev
  clang-format-14:clang-format-14
  ca-certificates git:git golang-go:go npm:npm python3-pip:pip3
)
# Only tests/fuzz/run needs these.
fuzz_packages=(clang-14:clang++-14 libclang-rt-14-dev)

# Pinned, so that everyone checks with the same. grpcurl builds with Debian 12's go 1.19.
grpcurl_version=v1.8.9
buf_version=1.75.0
# Debian 12's clang-tidy 14 walks the headers of the system too, which takes three times as long.
clang_tidy_version=22.1.8

# What checks deploy/kubernetes: kustomize as in kubectl 1.27 and later, schemas of Kubernetes 1.25 to
# 1.34, and the definitions of the operators' resources, which lie in these Go modules.
kustomize_version=v5.0.3
kubernetes_validate_version=1.34.1
resource_definitions=(
  github.com/cloudnative-pg/cloudnative-pg@v1.27.0:config/crd/bases/postgresql.cnpg.io_{clusters,scheduledbackups}.yaml
  github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0:config/crd/bases/barmancloud.cnpg.io_objectstores.yaml
  github.com/cert-manager/cert-manager@v1.18.2:deploy/crds/crd-{certificates,issuers}.yaml
  github.com/prometheus-operator/prometheus-operator@v0.85.0:example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,podmonitors,prometheusrules}.yaml
)

# What every clone on this machine shares.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/canvass"
tools="$cache/tools"

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$0" "$*" >&2
  exit 1
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "needs root to run: $*. Install sudo, or run it as root and start again."
  fi
}

is_installed() {
  local package=${1%%:*} program=""
  [[ $1 == *:* ]] && program=${1#*:}
  if [[ -n $program ]]; then
    command -v "$program" >/dev/null
  else
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
  fi
}

# Installs those of the named packages that are missing.
install_packages() {
  local entry missing=()
  for entry in "$@"; do
    is_installed "$entry" || missing+=("${entry%%:*}")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null ||
    fail "missing: ${missing[*]} (Debian 12's names), and there is no apt-get to install them with."
  say "Installing ${missing[*]}"
  as_root apt-get update -qq
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
    install_postgresql
  fi
  apt_install "${missing[@]}"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

# Canvass runs a PostgreSQL of its own; without this, installing the package would also set up one
# for the whole machine, on port 5432 and at every boot.
install_postgresql() {
  local settings=/etc/postgresql-common/createcluster.d/canvass.conf
  apt_install postgresql-common
  as_root mkdir -p "${settings%/*}"
  say "create_main_cluster = false" | as_root tee "$settings" >/dev/null
  apt_install postgresql-15
  as_root rm "$settings"
}

# Puts grpcurl on PATH; one that is there already will do.
install_grpcurl() {
  PATH="$PATH:$tools/bin"
  command -v grpcurl >/dev/null && return
  say "Building grpcurl $grpcurl_version"
  GOBIN="$tools/bin" GOFLAGS=-trimpath \
    go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl_version"
}

# Puts buf's pinned version on PATH.
install_buf() {
  PATH="$tools/node_modules/.bin:$PATH"
  [[ -x $tools/node_modules/.bin/buf ]] &&
    grep -q "\"version\": \"$buf_version\"" "$tools/node_modules/@bufbuild/buf/package.json" && return
  say "Installing buf $buf_version"
  npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$tools" \
    "@bufbuild/buf@$buf_version"
}

# unpack_program PROGRAM PACKAGE: puts a program on PATH; one that is there already will do. It comes
# from Debian's package, which is not installed, because it would run a service on this machine.
unpack_program() {
  PATH="$PATH:$tools/bin"
  command -v "$1" >/dev/null && return
  say "Unpacking $1"
  local folder
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -qq "$2")
  mkdir -p "$tools/bin"
  dpkg-deb --fsys-tarfile "$folder/$2"_*.deb | tar -x -C "$tools/bin" --strip-components=3 "./usr/bin/$1"
  rm -r "$folder"
}
install_promtool() { unpack_program promtool prometheus; }
install_etcd() { unpack_program etcd etcd-server; }

# Sets $clang_tidy to the pinned version.
install_clang_tidy() {
  local folder="$tools/clang-tidy-$clang_tidy_version"
  clang_tidy="$folder/clang_tidy/data/bin/clang-tidy"
  [[ -x $clang_tidy ]] && return
  say "Installing clang-tidy $clang_tidy_version"
  rm -rf "$folder" "$folder.new"
  pip3 install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
    --only-binary :all: --target "$folder.new" "clang-tidy==$clang_tidy_version"
  mv "$folder.new" "$folder"
}

# Installs what tests/kubernetes/manifests_test.py needs, and sets its environment.
install_manifest_tools() {
  local folder file versions="$kustomize_version $kubernetes_validate_version ${resource_definitions[*]}"
  folder="$tools/manifests-$(sha256sum <<<"$versions" | cut -c -12)"
  export CANVASS_KUSTOMIZE="$folder/kustomize" CANVASS_CRDS="$folder/crds"
  export CANVASS_MANIFEST_PACKAGES="$folder/python"
  [[ -d $folder ]] && return
  say "Installing kustomize $kustomize_version and schemas of Kubernetes"
  rm -rf "$folder.new"
  mkdir -p "$folder.new/crds"
  GOBIN="$folder.new" GOFLAGS=-trimpath \
    go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize_version"
  pip3 install --quiet --disable-pip-version-check --root-user-action ignore \
    --only-binary :all: --target "$folder.new/python" \
    "kubernetes-validate==$kubernetes_validate_version"
  for file in "${resource_definitions[@]}"; do
    install --mode=644 -t "$folder.new/crds" "$(module_folder "${file%%:*}")/${file#*:}"
  done
  mv "$folder.new" "$folder"
}

# module_folder MODULE@VERSION: where the sources of a Go module are.
module_folder() { (cd / && go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

# configure PRESET [FOLDER]: configures a preset, by default in build/PRESET, the first time and when
# the presets changed; later builds notice by themselves when CMake files change.
configure() {
  local folder=${2:-build/$1}
  [[ $folder/build.ninja -nt CMakePresets.json ]] || cmake --preset "$1" -B "$folder"
}
