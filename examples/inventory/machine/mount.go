package machine

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A FileSystem is one that is mounted, as the program sees it.
type FileSystem struct {
	// Point is where it is mounted. Several may be at one point: the last one covers the others.
	Point string
	// Mount is the kernel's number of the mount, and Parent that of the one that Point is in. The root has
	// none: zero.
	Mount, Parent int
	Type          string
	// Source is what is mounted: a device, a remote folder, or whatever the type calls so.
	Source   string
	ReadOnly bool
}

// FileSystems yields the file systems. In a targeted reading there are none.
func (r *Reading) FileSystems(ctx context.Context) iter.Seq2[FileSystem, error] {
	return func(yield func(FileSystem, error) bool) {
		if r.only != nil {
			return
		}
		for line, err := range r.lines(ctx, "proc/self/mountinfo") {
			var f FileSystem
			if err == nil {
				f, err = parseMount(line)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// parseMount reads a line of mountinfo: number, parent's number, device, root, point, options, then any number
// of optional fields until a hyphen, then type, source and the options of the file system itself.
func parseMount(line string) (f FileSystem, err error) {
	fields := strings.Split(line, " ")
	const point, options, optional = 4, 5, 6
	end := -1
	if len(fields) > optional {
		end = slices.Index(fields[optional:], "-")
	}
	if end < 0 || len(fields) < optional+end+3 {
		return f, fmt.Errorf("/proc/self/mountinfo has a line that is no mount: %q", line)
	}
	rest := fields[optional+end+1:]
	if f.Mount, err = strconv.Atoi(fields[0]); err == nil {
		f.Parent, err = strconv.Atoi(fields[1])
	}
	if err != nil {
		return f, fmt.Errorf("/proc/self/mountinfo: %w", err)
	}
	f.Point = printable(unescaped(fields[point]))
	if f.Point == "/" {
		f.Parent = 0 // what it is in cannot be seen from here
	}
	f.Type, f.Source = printable(rest[0]), printable(withoutUser(unescaped(rest[1])))
	f.ReadOnly = slices.Contains(strings.Split(fields[options], ","), "ro")
	return f, nil
}

// withoutUser takes name and password out of the address of a remote file system.
func withoutUser(source string) string {
	if u, err := url.Parse(source); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return source
}
