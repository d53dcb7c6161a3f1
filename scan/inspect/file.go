package inspect

import (
	"io/fs"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// newFile returns what a look at a file tells of it.
func newFile(info fs.FileInfo) *File {
	mode := info.Mode()
	f := &File{Type: typeOf(mode), Mode: octal(mode), Owner: ownerOf(info), ModTime: info.ModTime().UTC()}
	if y := f.ModTime.Year(); y < 0 || y > 9999 {
		f.ModTime = time.Time{}
	}
	if f.Type == RegularFile {
		f.Size = info.Size()
	}
	return f
}

func typeOf(mode fs.FileMode) FileType {
	switch {
	case mode.IsRegular():
		return RegularFile
	case mode.IsDir():
		return Folder
	case mode&fs.ModeSymlink != 0:
		return Link
	case mode&fs.ModeDevice != 0:
		return Device
	case mode&fs.ModeNamedPipe != 0:
		return FIFO
	case mode&fs.ModeSocket != 0:
		return Socket
	default:
		return OtherFile
	}
}

// octal returns the permissions as Unix has them, in four digits.
func octal(mode fs.FileMode) string {
	bits := mode.Perm()
	for bit, is := range [...]fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if mode&is != 0 {
			bits |= 0o1000 << bit
		}
	}
	return string([]byte{'0' + byte(bits>>9&7), '0' + byte(bits>>6&7), '0' + byte(bits>>3&7), '0' + byte(bits&7)})
}

// A writtenFile is a [File] as it becomes JSON, which takes a text with half the effort that it takes to ask a time for one.
type writtenFile struct {
	Type    FileType    `json:"type"`
	Mode    string      `json:"mode"`
	Size    int64       `json:"size,omitempty"`
	Owner   *Owner      `json:"owner,omitempty"`
	ModTime string      `json:"mtime,omitempty"`
	Target  string      `json:"target,omitempty"`
	Digest  scan.Digest `json:"digest,omitempty"`
	Changed bool        `json:"changed,omitempty"`
}

func (f *File) written() *writtenFile {
	w := &writtenFile{Type: f.Type, Mode: f.Mode, Size: f.Size, Owner: f.Owner, Target: f.Target, Digest: f.Digest, Changed: f.Changed}
	if !f.ModTime.IsZero() {
		w.ModTime = f.ModTime.Format(time.RFC3339Nano)
	}
	return w
}
