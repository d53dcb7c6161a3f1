#!/usr/bin/env bash
# Makes the databases in this folder, with the rpm of Debian 12 (apt-get install rpm): packages are built, and only their headers are installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000

# package NAME VERSION RELEASE ARCH LICENSE [LINE]
package() {
	printf '%s\n' "Name: $1" "Version: $2" "Release: $3" "License: $5" "Summary: The $1 that is not there" "URL: https://example.org/$1" \
		"Vendor: Example" "Packager: Ann <ann@example.org>" "Group: Tools" "BuildArch: $4" ${6+"$6"} "%description" "None." "%files" > "$work/$1-$2.spec"
	rpmbuild -bb --quiet --define "_topdir $work/top" --define "_buildhost example" --define "use_source_date_epoch_as_buildtime 1" "$work/$1-$2.spec"
}
package hello 2.10 3 noarch "GPL-3.0-or-later"
package kernel 5.14.0 70.el9 noarch "GPLv2 and Redistributable"
package kernel 5.14.0 162.el9 noarch "GPLv2 and Redistributable"
package tool 1.0 1 noarch "MIT" "Epoch: 2"

mkdir "$work/sqlite"
rpm --dbpath "$work/sqlite" --initdb
rpm --dbpath "$work/sqlite" --install --justdb --nodeps --noscripts --oldpackage --force-debian "$work"/top/RPMS/*/*.rpm
sqlite3 "$work/sqlite/rpmdb.sqlite" "PRAGMA wal_checkpoint(TRUNCATE); VACUUM" > "$work/said"

# ndb, which this rpm does not have: a head and slots, then each header as a blob with a head and a tail.
sqlite3 "$work/sqlite/rpmdb.sqlite" "SELECT hnum, hex(blob) FROM Packages" | python3 -c '
import struct, sys, zlib
rows = [line.strip().split("|") for line in sys.stdin]
slots, blobs = [], b""
for number, blob in rows:
    number, blob = int(number), bytes.fromhex(blob)
    head = b"BlbS" + struct.pack("<III", number, zlib.adler32(blob), len(blob))
    tail = struct.pack("<II", zlib.adler32(blob), len(blob)) + b"BlbE"
    blob = head + blob
    blob += bytes(-(len(blob) + len(tail)) % 16) + tail
    slots.append(b"Slot" + struct.pack("<III", number, (4096 + len(blobs)) // 16, len(blob) // 16))
    blobs += blob
while len(slots) < 254: slots.append(b"Slot" + bytes(12))
head = b"RpmP" + struct.pack("<III", 0, 1, 1) + struct.pack("<I", len(rows) + 1) + bytes(12)
sys.stdout.buffer.write(head + b"".join(slots) + blobs)' > "$work/Packages.db"

# BerkeleyDB, which it cannot write: what is in the other database, each header under its number, as the loader of it wants: in the machine's order of bytes.
sqlite3 "$work/sqlite/rpmdb.sqlite" "SELECT hnum, hex(blob) FROM Packages" | python3 -c '
import sys
rows = [line.strip().split("|") for line in sys.stdin]
print("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=" + sys.argv[1] + "\nHEADER=END")
print(" 00000000\n " + (len(rows) + 1).to_bytes(4, "little").hex())
for number, blob in rows:
    print(" " + int(number).to_bytes(4, "little").hex() + "\n " + blob.lower())
print("DATA=END")' 512 > "$work/dump"
db5.3_load -f "$work/dump" "$work/Packages"

cp "$work/sqlite/rpmdb.sqlite" "$work/Packages.db" "$work/Packages" "$here"
rpm --dbpath "$work/sqlite" -qa --qf '%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{LICENSE}\t%{SIZE}\n' | LC_ALL=C sort > "$here/rpm-qa.txt"
gzip -9nf "$here/rpmdb.sqlite" "$here/Packages.db" "$here/Packages"
