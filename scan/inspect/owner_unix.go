//go:build unix

package inspect

import (
	"io/fs"
	"syscall"
)

// ownerOf returns whose a file is, if the file system is a real one.
func ownerOf(info fs.FileInfo) *Owner {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return &Owner{UID: s.Uid, GID: s.Gid}
	}
	return nil
}
