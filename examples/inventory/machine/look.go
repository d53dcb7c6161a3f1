package machine

import "context"

// A Look is what can be seen of processes and sockets at little cost. Two looks show what to read again.
type Look struct {
	processes map[ProcessID]Process
	sockets   map[Socket]bool
}

// Look takes one.
func (m *Machine) Look(ctx context.Context) (*Look, error) {
	l := &Look{map[ProcessID]Process{}, map[Socket]bool{}}
	for p, err := range m.glances(ctx) {
		if err != nil {
			return nil, err
		}
		l.processes[p.ProcessID] = p
	}
	for s, err := range m.listening(ctx) {
		if err != nil {
			return nil, err
		}
		l.sockets[s] = true
	}
	return l, nil
}

// Since returns the processes and sockets that began, ended or became others since an earlier look.
func (l *Look) Since(before *Look) (processes []ProcessID, sockets []Socket) {
	for id, p := range l.processes {
		if before.processes[id] != p {
			processes = append(processes, id)
		}
	}
	for id := range before.processes {
		if _, runs := l.processes[id]; !runs {
			processes = append(processes, id)
		}
	}
	for s := range l.sockets {
		if !before.sockets[s] {
			sockets = append(sockets, s)
		}
	}
	for s := range before.sockets {
		if !l.sockets[s] {
			sockets = append(sockets, s)
		}
	}
	return processes, sockets
}
