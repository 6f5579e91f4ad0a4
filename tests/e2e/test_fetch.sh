#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# tools/fetch-particle-firmware with made-up packages and a fake npm: no network.
. "$(dirname "$0")/lib.sh"

# A package "widget" 1.0.0 in ./store, manifests alpha and beta that name its files, an empty cache.
setup() {
	export OTARIG_RELEASES="$PWD/releases" OTARIG_CACHE="$PWD/cache"
	mkdir -p releases store/package/fw bin
	echo one >'store/package/fw/one@1.0+a.bin'
	echo two >store/package/fw/two.bin
	echo other >store/package/other.js
	tar -czf store/widget-1.0.0.tgz -C store package
	one=$(sha256sum <'store/package/fw/one@1.0+a.bin' | cut -d ' ' -f 1)
	two=$(sha256sum <store/package/fw/two.bin | cut -d ' ' -f 1)
	manifest alpha 'fw/one@1.0+a.bin' "$one" fw/two.bin "$two"
	manifest beta fw/two.bin "$two"
	npm 'for spec; do :; done; echo "$spec" >>"$STORE/npm.log"
		cp "$STORE/${spec%@*}-${spec#*@}.tgz" .'
	export STORE="$PWD/store" PATH="$PWD/bin:$PATH"
}

npm() {
	printf '#!/bin/sh\n%s\n' "$1" >bin/npm
	chmod +x bin/npm
}

# manifest NAME [FILE SHA256]...
manifest() {
	path=releases/$1.yaml
	cat >"$path" <<-END
		name: $1
		package: widget   # where the files come from
		package_version: "1.0.0"
		modules:
	END
	shift
	while [ $# -gt 0 ]; do
		cat >>"$path" <<-END
			  - name: module
			    file: "$1"
			    sha256: $(printf '%064d' 0)
			    file_sha256: $2
		END
		shift 2
	done
	echo 'config_code:' >>"$path"
	echo '  table: 1' >>"$path"
}

fetch() {
	run "$TOP/tools/fetch-particle-firmware" "$@"
}

# Nothing but finished files may lie in the cache.
expect_cache() {
	(cd cache && find . -type f) | sort >found
	printf '%s\n' "$@" | sed '/^$/d' | sort >expected
	expect_same expected found
	[ -z "$(find cache -name '.fetch*')" ] || fail "a temporary folder is left"
}

fetches_only_what_manifests_name() {
	setup
	fetch
	expect_status 0
	expect_lines stdout 1
	expect_stdout '^widget 1\.0\.0: fetched, 2 files$'
	expect_cache './widget-1.0.0/fw/one@1.0+a.bin' ./widget-1.0.0/fw/two.bin
	expect_same store/package/fw/two.bin cache/widget-1.0.0/fw/two.bin
}

asks_npm_once_and_not_again() {
	setup
	fetch
	fetch
	expect_status 0
	expect_stdout '^widget 1\.0\.0: complete, 2 files$'
	echo widget@1.0.0 >expected
	expect_same expected store/npm.log
}

one_release_alone() {
	setup
	fetch beta
	expect_status 0
	expect_cache ./widget-1.0.0/fw/two.bin
	fetch gamma
	expect_status 2
	expect_stderr 'no such release: gamma'
}

check_needs_no_npm() {
	setup
	npm 'echo "must not be called" >&2; touch "$STORE/called"; exit 1'
	fetch --check
	expect_status 1
	expect_stdout '^widget 1\.0\.0: missing: fw/two\.bin$'
	[ ! -e store/called ] || fail "npm was called"
	[ ! -e cache ] || fail "the cache was made"
}

check_says_what_is_wrong_and_fetch_mends_it() {
	setup
	fetch
	echo spoilt >cache/widget-1.0.0/fw/two.bin
	fetch --check
	expect_status 1
	expect_lines stdout 1
	expect_stdout '^widget 1\.0\.0: wrong: fw/two\.bin$'
	fetch
	expect_status 0
	expect_same store/package/fw/two.bin cache/widget-1.0.0/fw/two.bin
	fetch --check
	expect_status 0
	expect_stdout '^widget 1\.0\.0: complete, 2 files$'
}

wrong_hash_keeps_nothing() {
	setup
	wrong=$(printf '%064d' 7)
	manifest alpha 'fw/one@1.0+a.bin' "$one" fw/two.bin "$wrong"
	fetch alpha
	expect_status 1
	expect_lines stderr 1
	expect_stderr "fw/two\.bin: expected $wrong, found $two\$"
	expect_cache ''
}

file_not_in_the_package() {
	setup
	manifest alpha fw/three.bin "$one"
	fetch alpha
	expect_status 1
	expect_stderr 'fw/three\.bin'
	expect_cache ''
}

links_in_a_package_are_not_followed() {
	setup
	ln -s ../../../../releases/beta.yaml store/package/fw/link.bin
	tar -czf store/widget-1.0.0.tgz -C store package
	manifest alpha fw/link.bin "$(sha256sum <releases/beta.yaml | cut -d ' ' -f 1)"
	fetch alpha
	expect_status 1
	expect_stderr 'link\.bin is no ordinary file'
	expect_cache ''
}

tarball_put_there_by_hand() {
	setup
	npm 'exit 1'
	mkdir -p cache/tarballs
	cp store/widget-1.0.0.tgz cache/tarballs/
	fetch beta
	expect_status 0
	expect_cache ./tarballs/widget-1.0.0.tgz ./widget-1.0.0/fw/two.bin
}

half_a_tarball_keeps_nothing() {
	setup
	head -c 100 store/widget-1.0.0.tgz >store/half && mv store/half store/widget-1.0.0.tgz
	fetch
	expect_status 1
	expect_stderr 'widget-1\.0\.0\.tgz'
	expect_cache ''
}

without_network_it_says_what_to_do() {
	setup
	npm 'echo "npm ERR! code ENOTFOUND" >&2; exit 1'
	fetch
	expect_status 1
	expect_stderr 'cannot get package widget version 1\.0\.0: npm pack failed \(ENOTFOUND\)'
	expect_stderr 'widget-1\.0\.0\.tgz'
	expect_stderr "$PWD/cache/tarballs/"
	expect_stderr '^ *npm pack widget@1\.0\.0$'
	expect_cache ''
}

without_npm_it_says_what_to_do() {
	setup
	rm bin/npm
	for tool in sh awk basename dirname mkdir mktemp rm sort cut sha256sum wc cat; do
		ln -s "$(command -v "$tool")" bin/
	done
	run env PATH="$PWD/bin" "$TOP/tools/fetch-particle-firmware"
	expect_status 1
	expect_stderr 'version 1\.0\.0: npm is not installed$'
	expect_stderr 'widget-1\.0\.0\.tgz'
	expect_no_stderr 'not found'
}

lists_what_is_wanted() {
	setup
	fetch --list
	expect_status 0
	expect_lines stdout 3
	expect_stdout '^alpha widget 1\.0\.0 fw/one@1\.0\+a\.bin$'
	expect_stdout '^beta widget 1\.0\.0 fw/two\.bin$'
}

# refused TEXT-OF-ERROR: the manifest alpha is refused with its file and a line
refused() {
	fetch alpha
	expect_status 1
	expect_lines stderr 1
	expect_stderr "releases/alpha\.yaml:[0-9]+: $1"
	expect_cache ''
}

bad_manifests_are_refused() {
	setup
	mkdir cache
	manifest alpha ../../escape.bin "$one"
	refused 'file is missing or no plain path'
	manifest alpha /etc/passwd "$one"
	refused 'file is missing or no plain path'
	manifest alpha '' "$one"
	refused 'file is missing or no plain path'
	manifest alpha fw/two.bin 1234
	refused 'file_sha256 is missing or not 64'
	manifest alpha fw/two.bin "$two" && sed -i 's/^package:.*/package: ..\/up/' releases/alpha.yaml
	refused 'no package name'
	manifest alpha fw/two.bin "$two" && sed -i '/^package_version/d' releases/alpha.yaml
	refused 'package_version is missing'
}

manifests_must_agree() {
	setup
	manifest alpha fw/two.bin "$one"
	fetch
	expect_status 1
	expect_stderr 'alpha and beta disagree on the hash of fw/two\.bin'
	expect_cache ''
}

releases_of_no_package_need_nothing() {
	setup
	rm releases/beta.yaml
	sed -i '/^package/d; /file_sha256/d' releases/alpha.yaml
	fetch
	expect_status 0
	expect_lines stdout 0
	expect_cache ''
}

two_at_once() {
	setup
	"$TOP/tools/fetch-particle-firmware" >first.out 2>&1 &
	fetch
	expect_status 0
	wait $! || fail "the one beside failed: $(cat first.out)"
	expect_cache './widget-1.0.0/fw/one@1.0+a.bin' ./widget-1.0.0/fw/two.bin
}

testcase fetches_only_what_manifests_name
testcase asks_npm_once_and_not_again
testcase one_release_alone
testcase check_needs_no_npm
testcase check_says_what_is_wrong_and_fetch_mends_it
testcase wrong_hash_keeps_nothing
testcase file_not_in_the_package
testcase links_in_a_package_are_not_followed
testcase tarball_put_there_by_hand
testcase half_a_tarball_keeps_nothing
testcase without_network_it_says_what_to_do
testcase without_npm_it_says_what_to_do
testcase lists_what_is_wanted
testcase bad_manifests_are_refused
testcase manifests_must_agree
testcase releases_of_no_package_need_nothing
testcase two_at_once
finish
