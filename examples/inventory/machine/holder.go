package machine

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// The holdings are which process has which of the sockets open.
type holdings struct {
	sockets []Socket
	holders []Holder
	hidden  int // processes whose files may not be seen
}

// holdings reads them, the first time that it is asked.
func (r *Reading) holdings(ctx context.Context) (*holdings, error) {
	r.holding.Lock()
	defer r.holding.Unlock()
	if r.held != nil {
		return r.held, nil
	}
	all := map[uint64]Socket{}
	h := &holdings{}
	for s, err := range r.listening(ctx) {
		if err != nil {
			return nil, err
		}
		all[s.Inode] = s
	}
	placed := map[Socket]bool{}
	for p, err := range r.glances(ctx) {
		if err != nil {
			return nil, err
		}
		if r.only != nil && len(r.only.sockets) == 0 && !r.only.processes[p.ProcessID] {
			continue // nobody asks for the holders of a socket
		}
		switch inodes, err := r.socketsOf(p.PID); {
		case vanished(err):
		case errors.Is(err, fs.ErrPermission):
			h.hidden++
		case err != nil:
			return nil, err
		default:
			for inode := range inodes {
				s, listens := all[inode]
				if listens && r.only.has(p.ProcessID, s) {
					h.holders = append(h.holders, Holder{p.ProcessID, s})
					placed[s] = true
				}
			}
		}
	}
	for _, s := range all {
		if r.only == nil || r.only.sockets[s] || placed[s] {
			h.sockets = append(h.sockets, s)
		}
	}
	r.held = h
	return h, nil
}

// has reports whether a reading is about a process or a socket.
func (s *selection) has(p ProcessID, one Socket) bool {
	return s == nil || s.processes[p] || s.sockets[one]
}

// socketsOf returns the inodes of the sockets that a process has open.
func (m *Machine) socketsOf(pid int) (map[uint64]bool, error) {
	folder := procFile(pid, "fd")
	files, err := fs.ReadDir(m.Root, folder)
	if err != nil {
		return nil, err
	}
	inodes := map[uint64]bool{}
	for _, f := range files {
		to, err := fs.ReadLink(m.Root, folder+"/"+f.Name())
		if err != nil {
			continue // it was closed meanwhile
		}
		text, isSocket := strings.CutPrefix(to, "socket:[")
		if inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64); isSocket && err == nil {
			inodes[inode] = true
		}
	}
	return inodes, nil
}
