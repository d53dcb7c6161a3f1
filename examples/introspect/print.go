package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

const (
	moment    = "2006-01-02 15:04:05"
	mostLines = 20 // of history; JSON has all
)

// write shows the report to a reader.
func (r *report) write(w io.Writer) error {
	p := newPage(w)
	p.heading("Node", r.Node.ID+", "+p.state(r.Node.State))
	p.table(r.Node.rows())
	if r.Facts != nil {
		p.heading("Facts", "read at "+r.Facts.ReadAt.Local().Format(moment))
		p.table(r.Facts.rows())
	}
	if len(r.Unread) > 0 {
		p.heading("Not read", "")
		p.table(unreadRows(r.Unread))
	}
	skipped := max(0, len(r.History)-mostLines)
	beside := ""
	if skipped > 0 {
		beside = fmt.Sprintf("the newest %d lines of %d; -json has all", mostLines, len(r.History))
	}
	p.heading("History", beside)
	p.table(historyRows(r.History[skipped:]))
	p.heading("Machine", "-diagram text also says what its states and events mean")
	p.text.WriteString(machine.Text(&fsm.Diagram[State]{Current: r.Node.State, Width: p.width, Brief: true}))
	_, err := io.WriteString(w, p.text.String())
	return err
}

func (n *nodeReport) rows() (out rows) {
	out.add("state", fmt.Sprintf("%s since %s, version %d", n.State, at(n.Since), n.Version))
	out.add("introspected", n.span())
	out.add("error", n.Error)
	if p := n.Properties; p != nil {
		out.add("processors", strconv.Itoa(p.CPUs))
		out.add("architecture", p.Architecture)
		out.add("memory", fmt.Sprintf("%d MB", p.MemoryMB))
		out.add("root disk", p.RootDisk)
		out.add("local disk", fmt.Sprintf("%d GB", p.LocalGB))
		out.add("boots from", p.BootMAC)
	}
	return out
}

// span says when the last introspection was, and how long it took.
func (n *nodeReport) span() string {
	if n.FinishedAt.IsZero() {
		return at(n.StartedAt)
	}
	return fmt.Sprintf("%s, in %v", at(n.StartedAt), n.FinishedAt.Sub(n.StartedAt).Round(time.Millisecond))
}

func (f *Facts) rows() (out rows) {
	out.add("host name", f.Hostname)
	out.add("operating system", words(f.System.Name, f.System.Version))
	out.add("kernel", words(f.System.Kernel, f.System.Architecture))
	out.add("virtualization", f.System.Virtualization)
	out.add("booted", at(f.System.BootedAt))
	out.add("hardware", words(f.Hardware.Vendor, f.Hardware.Product))
	out.add("serial number", f.Hardware.Serial)
	out.add("processors", f.Processors.String())
	out.add("memory", f.Memory.String())
	for _, d := range f.Disks {
		out.add("disk "+d.Name, d.String())
	}
	for _, i := range f.Interfaces {
		out.add("interface "+i.Name, i.String())
	}
	return out
}

func unreadRows(unread []Unread) (out rows) {
	for _, u := range unread {
		out.add(u.Fact, u.Reason)
	}
	return out
}

func historyRows(lines []lineReport) rows {
	out := rows{{"at", "event", "from", "to", "because of"}}
	for _, l := range lines {
		out.add(l.At.Local().Format(moment+".000"), string(l.Event), string(l.From), string(l.To), l.Cause)
	}
	return out
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(moment)
}
