package inspect

import "io/fs"

// newFile returns what a look at a file tells of it.
func newFile(info fs.FileInfo) *File {
	mode := info.Mode()
	f := &File{Type: typeOf(mode), Mode: octal(mode), Owner: ownerOf(info), ModTime: info.ModTime().UTC()}
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
