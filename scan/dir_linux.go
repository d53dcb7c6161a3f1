package scan

import (
	"io/fs"
	"syscall"
	"time"
)

// A system is what only the operating system says of a file.
type system struct {
	device, inode uint64
	// changed is when the file or what is said of it was touched, which no program can choose.
	changed time.Time
}

func systemOf(info fs.FileInfo) (system, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return system{}, false
	}
	return system{device: uint64(s.Dev), inode: s.Ino, changed: time.Unix(s.Ctim.Unix())}, true //nolint:unconvert // It is smaller on some.
}
